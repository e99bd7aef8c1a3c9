import type { DuckDBConnection } from '@duckdb/node-api'
import { describeDifference } from '../../pipeline/fingerprint.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { CommitRecord, RowCounts } from '../../pipeline/record.ts'
import type { StoredRun } from '../store/project-runs.ts'
import { type StageRows, stageRows } from '../store/stage-rows.ts'
import type { Generation } from '../store/stored.ts'
import type { KnownFiles } from './compared-rows.ts'
import { diffStage, type RowsDiff } from './diff-stage.ts'

/** A stage that both runs have finished, or why its rows cannot be compared. */
export interface StageDiff {
  readonly stage: string
  /** What of it was changed between the runs: module, config, files, inputs. */
  readonly changes: readonly string[]
  readonly was: RowCounts | null
  readonly now: RowCounts | null
  /** `same files`: every file has the same bytes, so that nothing differs. */
  readonly rows: RowsDiff | 'same files' | { readonly notCompared: string }
}

/** Compares two runs stage by stage from what is on file; `only` narrows it to one stage. */
export async function diffRuns(
  connection: DuckDBConnection,
  runs: readonly [StoredRun, StoredRun],
  options: { readonly limit: number; readonly only: string | null },
): Promise<StageDiff[]> {
  const was = await readSide(runs[0])
  const now = await readSide(runs[1])
  const names = [...now.stages.keys(), ...[...was.stages.keys()].filter((name) => !now.stages.has(name))]
  const diffs: StageDiff[] = []
  for (const name of names.filter((stage) => options.only === null || stage === options.only))
    diffs.push(await diffOf(connection, name, { was, now, limit: options.limit }))
  return diffs
}

/** A run of the two. */
interface Side {
  readonly runId: string
  readonly newest: Generation | undefined
  readonly stages: ReadonlyMap<string, SideStage>
  readonly known: KnownFiles
}

interface SideStage {
  readonly rows: StageRows
  readonly record: CommitRecord | null
}

async function readSide({ store, runId }: StoredRun): Promise<Side> {
  const newest = (await store.generations(runId)).at(-1)
  const stages = new Map<string, SideStage>()
  const known = new Map<string, string>()
  for (const rows of newest === undefined ? [] : await stageRows(store, runId)) {
    const record = await store.readRecord(runId, rows.name, newest?.plan.generation ?? '')
    const planned = newest?.plan.stages.find(({ name }) => name === rows.name)
    if (planned?.action === 'skip') continue
    stages.set(rows.name, { rows, record })
    for (const { path, sha256 } of record?.inputs ?? []) known.set(path, sha256)
  }
  return { runId, newest, stages, known }
}

interface Sides {
  readonly was: Side
  readonly now: Side
  readonly limit: number
}

async function diffOf(connection: DuckDBConnection, stage: string, sides: Sides): Promise<StageDiff> {
  const { was, now } = sides
  const [before, after] = [was.stages.get(stage), now.stages.get(stage)]
  return {
    stage,
    changes: before === undefined || after === undefined ? [] : changesOf(stage, was, now),
    was: before?.record?.rows ?? null,
    now: after?.record?.rows ?? null,
    rows: await rowsDiff(connection, [before, after], sides),
  }
}

async function rowsDiff(
  connection: DuckDBConnection,
  [before, after]: readonly [SideStage | undefined, SideStage | undefined],
  { was, now, limit }: Sides,
): Promise<StageDiff['rows']> {
  if (before === undefined) return { notCompared: `only in run ${now.runId}` }
  if (after === undefined) return { notCompared: `only in run ${was.runId}` }
  const why = notComparable(before, was.runId) ?? notComparable(after, now.runId)
  if (why !== null) return { notCompared: why }
  if (sameFiles(before.record, after.record)) return 'same files'
  const [old, present] = [
    { rows: before.rows, known: was.known },
    { rows: after.rows, known: now.known },
  ]
  return (await diffStage(connection, old, present, limit)) ?? { notCompared: 'the runs have no column in common' }
}

function notComparable({ record, rows }: SideStage, runId: string): string | null {
  if (record === null) return `not finished in run ${runId}`
  return rows.output === null && rows.leftOut.length === 0 ? `no table in run ${runId}` : null
}

/** Files of rows alone: others may tell the run's ID or the time. */
function sameFiles(before: CommitRecord | null, after: CommitRecord | null): boolean {
  const hashes = (record: CommitRecord | null): string =>
    JSON.stringify(
      record?.outputs
        .filter(({ format }) => format === 'parquet' || format === 'jsonl' || format === 'csv')
        .map(({ dataset, format, sha256 }) => [dataset, format, sha256]),
    )
  return hashes(before) === hashes(after)
}

/** In the words of a plan. */
function changesOf(stage: string, was: Side, now: Side): string[] {
  const [before, after] = [meaningOf(stage, was), meaningOf(stage, now)]
  // What went in is known of a finished stage alone.
  if ('inputs' in before && 'inputs' in after) return describeDifference(before, after)
  const { inputs: _was, ...known } = before
  const { inputs: _now, ...present } = after
  return describeDifference(known, present)
}

/** The meaning of a stage with its inputs under the names of the stages that gave them. */
function meaningOf(stage: string, { newest, stages }: Side): JsonObject {
  const record = stages.get(stage)?.record ?? null
  if (record === null) return newest?.meanings[stage] ?? {}
  const inputs = newest?.pipeline.stages.find(({ name }) => name === stage)?.inputs ?? {}
  const named = Object.entries((record.meaning['inputs'] ?? {}) as JsonObject).map(([name, hashes]) => [
    inputs[name]?.stage ?? name,
    hashes,
  ])
  return { ...record.meaning, inputs: Object.fromEntries(named) as JsonObject }
}
