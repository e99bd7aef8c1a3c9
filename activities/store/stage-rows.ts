import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import type { StageInput } from '../../pipeline/pipeline.ts'
import type { CommitRecord } from '../../pipeline/record.ts'
import type { LeftOutKind } from '../left-out/write-left-out.ts'
import { copiesOf } from '../write-output.ts'
import type { RunStore } from './run-store.ts'
import type { Generation } from './stored.ts'
import { withRunId } from './take-over.ts'

/** Where the rows of a stage lie: those that went on and those that did not. Paths are absolute. */
export interface StageRows {
  readonly name: string
  readonly module: string
  /** Without a commit there is no output, and the left-out rows are those of its last attempt. */
  readonly committed: boolean
  readonly leftOut: readonly LeftOutFile[]
  /** The datasets it works on; none where it reads files. */
  readonly takes: readonly StageInput[]
  /** The Parquet copy where there is one, else the CSV; null: no table. */
  readonly output: StageOutput | null
  /** By rule: how it is written in the pipeline. Empty for rules in a file of their own. */
  readonly rules: ReadonlyMap<string, JsonObject>
  /** Rules that flag rows, which stay in the output. */
  readonly flagRules: readonly string[]
}

export interface LeftOutFile {
  readonly kind: LeftOutKind
  /** JSON lines. */
  readonly path: string
  /** As its record says; null where a stage failed. */
  readonly rows: number | null
  /** The file for people, which another stage may have read. */
  readonly csvName: string
  readonly renamed: RenamedFiles
}

/** Of rows that were taken over from another run: files as they name them, and as this run calls them. */
export type RenamedFiles = readonly { readonly from: string; readonly to: string }[]

export interface StageOutput {
  /** In order: a copy may have several files. */
  readonly paths: readonly string[]
  readonly format: 'parquet' | 'csv'
  /** The CSV that people know, and by which stages without places name where their rows stood. */
  readonly csvName: string
  readonly renamed: RenamedFiles
}

const KINDS: readonly LeftOutKind[] = ['rejected', 'filtered', 'duplicates']

/** The rows of every stage of a run as its newest generation left them, in the order of the pipeline. */
export async function stageRows(store: RunStore, runId: string): Promise<StageRows[]> {
  const newest = (await store.generations(runId)).at(-1)
  if (newest === undefined) return []
  return Promise.all(newest.plan.stages.map((stage) => rowsOf(store, newest, stage)))
}

async function rowsOf(
  store: RunStore,
  generation: Generation,
  stage: { readonly name: string; readonly number: number; readonly module: string },
): Promise<StageRows> {
  const { run_id: runId, generation: id } = generation.plan
  const { dir } = store.layout(runId)
  const record = await store.readRecord(runId, stage.name, id)
  const written = generation.pipeline.stages.find(({ name }) => name === stage.name)
  return {
    name: stage.name,
    module: stage.module,
    committed: record !== null,
    leftOut: record === null ? await ofFailedAttempt(dir, runId, stage.number) : committedFiles(record, dir),
    output: record === null ? null : outputOf(record, dir),
    takes: Object.values(written?.inputs ?? {}),
    rules: rulesOf(written?.config ?? {}),
    flagRules: record === null ? [] : flagRulesOf(record.metadata),
  }
}

function committedFiles(record: CommitRecord, dir: string): LeftOutFile[] {
  const { outputs } = record
  const renamed = renamedFiles(record)
  return KINDS.flatMap((kind) => {
    const files = outputs.filter(({ dataset }) => dataset === kind)
    const csvName = files.find(({ format }) => format === 'csv')?.public_name ?? ''
    return files
      .filter(({ format }) => format === 'jsonl')
      .map(({ path, rows }) => ({ kind, path: join(dir, path), rows, csvName, renamed }))
  })
}

/** A stage that failed has no record; what it wrote of the rows that stopped it was kept. */
async function ofFailedAttempt(dir: string, runId: string, number: number): Promise<LeftOutFile[]> {
  const names = new Set(await readdir(dir).catch(() => []))
  return KINDS.map((kind) => ({ kind, stem: `stage${number}_${kind}_${runId}` }))
    .filter(({ stem }) => names.has(`${stem}.jsonl`))
    .map(({ kind, stem }) => ({ kind, path: join(dir, `${stem}.jsonl`), rows: null, csvName: `${stem}.csv`, renamed: [] }))
}

/** Rows without a place of their own name the file that they stood in, which has the ID of the run that did the work. */
function renamedFiles({ run_id: runId, reused_from_run: origin, inputs }: CommitRecord): RenamedFiles {
  if (origin === undefined) return []
  return inputs.flatMap(({ path, stage }) => (stage === undefined ? [] : [{ from: withRunId(path, runId, origin), to: path }]))
}

function outputOf(record: CommitRecord, dir: string): StageOutput | null {
  const { outputs } = record
  const renamed = renamedFiles(record)
  const files = outputs.filter(({ dataset }) => dataset === 'output')
  const csv = files.find(({ format }) => format === 'csv')
  const copies = copiesOf(files)
  const csvName = csv?.public_name ?? files.find(({ public_name: name }) => name !== '')?.public_name ?? ''
  if (copies.length > 0) return { paths: copies.map(({ path }) => join(dir, path)), format: 'parquet', csvName, renamed }
  return csv === undefined ? null : { paths: [join(dir, csv.path)], format: 'csv', csvName, renamed }
}

/** The rules of a stage's config by their IDs, as they are written there. */
export function rulesOf(config: JsonObject): Map<string, JsonObject> {
  const { rules } = config
  const entries = Array.isArray(rules) ? (rules as readonly JsonValue[]).filter(isObject) : []
  return new Map(entries.flatMap((rule) => (typeof rule['id'] === 'string' ? [[rule['id'], rule]] : [])))
}

function flagRulesOf({ rules }: JsonObject): string[] {
  const entries = Array.isArray(rules) ? (rules as readonly JsonValue[]).filter(isObject) : []
  return entries.flatMap(({ id, action }) => (action === 'flag' && typeof id === 'string' ? [id] : []))
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
