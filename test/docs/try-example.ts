import { readFile, mkdtemp, rm, symlink, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'csv-parse/sync'
import { stringify } from 'yaml'
import { type Database, openDatabase } from '../../activities/duckdb.ts'
import { createProjectCatalog } from '../../activities/planning/project-catalog.ts'
import { runStageAlone } from '../../activities/run-alone.ts'
import { ruleBasedFiltering } from '../../activities/stages/rule-based-filtering/stage.ts'
import { takeInputCsvSchema } from '../../activities/stages/take-input-csv/config.ts'
import { takeInputCsv } from '../../activities/stages/take-input-csv/stage.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import { parsePipeline } from '../../pipeline/parse-pipeline.ts'
import { configOf, runStage } from '../activities/stages/rule-based-filtering/run-rules.ts'
import { write } from '../support/stage-project.ts'
import { fencesOf, readPage, type RowTable } from './pages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A project with the files that a page shows. */
export interface DocsProject {
  readonly dir: string
  readonly database: Database
  close(): Promise<void>
}

/** Files are those of fences that name one, in their first line or behind their language. */
export async function openDocsProject(page: string): Promise<DocsProject> {
  const dir = await mkdtemp(join(tmpdir(), 'onclock-docs-'))
  await mkdir(join(dir, 'node_modules'))
  await symlink(root, join(dir, 'node_modules', 'onclock'))
  for (const { file, text } of fencesOf(readPage(page))) {
    const named = file === '' ? /^(?:\/\/|#) ((?:stages|src|scripts|config|lists)\/\S+)\n/.exec(text)?.[1] : file
    if (named !== undefined) write(dir, { [named]: text })
  }
  const database = await openDatabase({ spillDir: join(dir, 'spill'), threads: 1 })
  return {
    dir,
    database,
    close: async () => {
      database.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

const INTAKE_KEYS = Object.keys(takeInputCsvSchema.shape)
const PIPELINE_KEYS = ['params', 'execution', 'stages', 'schedules']

/** The module whose config a fence holds: the intake where it says `columns:` or other words of the intake alone. */
function moduleOf(config: object): string {
  const keys = Object.keys(config)
  return !keys.includes('rules') && keys.every((key) => INTAKE_KEYS.includes(key)) ? 'take_input_csv' : 'rule_based_filtering'
}

/** A fence in the frame that it needs: whole pipelines are left as they are. */
function framed(text: string): string {
  const value = configOf(text)
  if (Array.isArray(value)) return pipelineText({ stages: [...stubs(value), ...value] })
  const mapping = value as Record<string, unknown>
  if ('pipeline' in mapping) return text
  if (Object.keys(mapping).every((key) => PIPELINE_KEYS.includes(key)))
    return pipelineText({ stages: [{ name: 'only', module: 'take_input_csv', config: { input_file: 'rows.csv' } }], ...mapping })
  return pipelineText({ stages: [{ name: 'only', module: moduleOf(mapping), config: { input_file: 'rows.csv', ...mapping } }] })
}

const pipelineText = (content: object): string => stringify({ pipeline: { name: 'example', ...content } })

/** Stages that the shown ones work on. */
function stubs(stages: readonly { name?: unknown; input?: unknown; needs?: unknown }[]): object[] {
  const named = stages.flatMap(({ input, needs }) => [input, needs].flatMap(namesIn)).map((name) => name.split('.')[0])
  const missing = [...new Set(named)].filter((name) => !stages.some((stage) => stage.name === name))
  return missing.map((name) => ({ name, module: 'take_input_csv', config: { input_file: 'rows.csv' } }))
}

const namesIn = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(namesIn) : []

/** What validation says of a fence: nothing when it is fine. */
export async function faultsOf(project: DocsProject, text: string): Promise<readonly string[]> {
  const catalog = createProjectCatalog(project.dir, { code: true })
  const parsed = await parsePipeline(framed(text), { file: 'docs.yaml', catalog, env: {} })
  return parsed.ok ? [] : parsed.faults.map(({ line, message }) => `${line}: ${message}`)
}

/** Runs the stage that a fence configures on the rows of its table, and says in the table's words what happened to each. */
export async function whatHappens(project: DocsProject, text: string, table: RowTable): Promise<readonly string[]> {
  const csv = [table.columns, ...table.rows.map(({ cells }) => cells)]
  const lines = csv.map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
  write(project.dir, { 'rows.csv': `${lines.join('\n')}\n` })
  const config = configOf(text) as JsonObject
  try {
    const { outDir, outputs } = await (Object.keys(table.types).length > 0 ? runTyped : runAlone)(project, config, table)
    return await verdicts(outDir, outputs, table)
  } catch (error) {
    if (error instanceof OnclockError && (error.code === 'RULE_FAILED' || error.code === 'CHECK_FAILED'))
      return table.rows.map(() => 'stops the stage')
    throw error
  }
}

const NOW = new Date('2026-11-24T00:00:00Z')
/** So that the few rows of a table exceed no budget. */
const LENIENT = { min_output: '0 rows', budget: { warn: '100%', fail: '100%' } }

interface Ran {
  readonly outDir: string
  readonly outputs: readonly Output[]
}

async function runAlone(project: DocsProject, config: JsonObject): Promise<Ran> {
  const outDir = await mkdtemp(join(project.dir, 'out-'))
  const result = await runStageAlone({
    projectDir: project.dir,
    module: moduleOf(config),
    config: { ...LENIENT, ...config, input_file: 'rows.csv' },
    outDir,
    database: () => Promise.resolve(project.database),
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    signal: new AbortController().signal,
    now: NOW,
  })
  return { outDir, outputs: result['outputs'] as unknown as readonly Output[] }
}

/** On the rows of an intake that gave the columns their types. */
async function runTyped({ dir: projectDir, database }: DocsProject, config: JsonObject, { types }: RowTable): Promise<Ran> {
  const project = { projectDir, database, close: () => Promise.resolve() }
  const columns = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]))
  const intake = { ...LENIENT, input_file: 'rows.csv', columns }
  const { dataset } = await runStage(takeInputCsv, project, intake, { stage: 'clean', stageNumber: 1 })
  const ran = await runStage(ruleBasedFiltering, project, { ...LENIENT, ...config }, { inputs: { input: dataset }, now: NOW })
  const outputs = ran.result.outputs.map(({ dataset: name, format, file }) => ({ dataset: name, format, path: file }))
  return { outDir: ran.context.outDir, outputs }
}

interface Output {
  readonly dataset: string
  readonly format: string
  readonly path: string
}

const WORDS: Readonly<Record<string, string>> = { rejected: 'rejected', filtered: 'filtered', duplicates: 'duplicate' }

async function verdicts(outDir: string, outputs: readonly Output[], table: RowTable): Promise<readonly string[]> {
  const said = table.rows.map(() => '')
  let kept: readonly Record<string, string>[] = []
  for (const { dataset, format, path } of outputs.filter((output) => output.format === 'csv')) {
    const records = parse<Record<string, string>>(await readFile(join(outDir, path)), { columns: true, bom: true })
    if (dataset === 'output') kept = records
    else
      for (const { _record: record, _rule: rule } of records)
        said[Number(record) - 1] = `${WORDS[dataset] ?? format} by \`${rule}\``
  }
  const passing = said.flatMap((verdict, index) => (verdict === '' ? [index] : []))
  if (passing.length !== kept.length) throw new Error(`${kept.length} rows came out where ${passing.length} are not left out`)
  for (const [order, index] of passing.entries()) {
    const flags = kept[order]?.['_flags'] ?? ''
    const row = table.rows[index]
    const changed = row?.happens.startsWith('leaves with ') === true ? changesOf(table.columns, row.cells, kept[order] ?? {}) : ''
    said[index] = flags !== '' ? `flagged by \`${flags}\`` : changed === '' ? 'passes' : `leaves with ${changed}`
  }
  return said
}

/** What a row has in its output that it did not have in the table, in the order of the output: `views: 541200`. */
function changesOf(columns: readonly string[], cells: readonly string[], kept: Readonly<Record<string, string>>): string {
  return Object.entries(kept)
    .filter(([name, value]) => !columns.includes(name) || cells[columns.indexOf(name)] !== value)
    .map(([name, value]) => `${name}: ${value === '' ? '(empty)' : value}`)
    .join(', ')
}
