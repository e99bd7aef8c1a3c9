import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase, PLACE_COLUMNS, sqlName, sqlText } from '../../activities/duckdb.ts'
import type { BuiltinStage, Dataset, StageResult } from '../../activities/stage.ts'

/** One DuckDB and a folder for all stages of a test or a fuzzing session. Knows nothing of vitest. */
export interface StageBench {
  readonly dir: string
  readonly database: Database
  close(): Promise<void>
}

export interface LeftOutLine {
  readonly record: number
  readonly line: number
  readonly byte: number
  readonly raw?: string
  readonly cells?: Readonly<Record<string, string | null>>
  readonly kept_record?: number
  readonly violations: readonly { readonly rule: string; readonly column: string | null }[]
}

/** One attempt of a stage; `discard` removes its files. */
export interface Attempt {
  readonly result: StageResult
  readonly rows: NonNullable<StageResult['rows']>
  readonly output: Dataset
  /** The bytes of every file by its name, for comparing two attempts. */
  files(): Promise<ReadonlyMap<string, Buffer>>
  csv(dataset: 'output' | 'rejected' | 'filtered' | 'duplicates'): Promise<Buffer>
  leftOut(dataset: 'rejected' | 'filtered' | 'duplicates'): Promise<readonly LeftOutLine[]>
  discard(): Promise<void>
}

export async function openStageBench(): Promise<StageBench> {
  const dir = await mkdtemp(join(tmpdir(), 'onclock-properties-'))
  const database = await openDatabase({ spillDir: join(dir, 'spill'), threads: 1 })
  return {
    dir,
    database,
    async close() {
      database.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Runs a built-in stage alone, on bytes (`input.csv`), a file that the config names, or the rows of an attempt before it. */
export async function attemptStage<Config>(
  bench: StageBench,
  stage: BuiltinStage<Config>,
  config: Readonly<Record<string, unknown>>,
  input: Uint8Array | Dataset | null,
): Promise<Attempt> {
  const outDir = await mkdtemp(join(bench.dir, 'attempt-'))
  try {
    const isBytes = input instanceof Uint8Array
    if (isBytes) await writeFile(join(outDir, 'input.csv'), input)
    await mkdir(join(outDir, 'out'))
    const result = await stage.run(stage.schema.parse({ ...config, ...(isBytes ? { input_file: 'input.csv' } : {}) }), {
      runId: '20260102_030405',
      stage: 'tried',
      stageNumber: 1,
      attempt: 1,
      projectDir: outDir,
      now: new Date('2026-01-02T03:04:05Z'),
      inputs: input === null || isBytes ? {} : { input },
      outDir: join(outDir, 'out'),
      database: () => Promise.resolve(bench.database),
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      progress: () => undefined,
      signal: new AbortController().signal,
    })
    return attemptOf(result, outDir)
  } catch (error) {
    await rm(outDir, { recursive: true, force: true })
    throw error
  }
}

function attemptOf(result: StageResult, outDir: string): Attempt {
  if (result.rows === null) throw new Error('the stage gave no account of its rows')
  const pathOf = (file: string): string => join(outDir, 'out', file)
  const found = (dataset: string, format: string): string | null => {
    const file = result.outputs.find((output) => output.dataset === dataset && output.format === format)
    return file === undefined ? null : pathOf(file.file)
  }
  const files = result.outputs
    .filter(({ dataset }) => dataset === 'output')
    .map(({ dataset, file, publicName, format, rows }) => {
      return { dataset, format, rows, path: pathOf(file), public_name: publicName ?? '', bytes: 0, sha256: '' }
    })
  return {
    result,
    rows: result.rows,
    output: { stage: 'tried', dataset: 'output', files },
    async files() {
      return new Map(await Promise.all(result.outputs.map(async ({ file }) => [file, await readFile(pathOf(file))] as const)))
    },
    async csv(dataset) {
      const path = found(dataset, 'csv')
      return path === null ? Buffer.alloc(0) : readFile(path)
    },
    async leftOut(dataset) {
      const path = found(dataset, 'jsonl')
      if (path === null) return []
      const text = await readFile(path, 'utf8')
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as LeftOutLine)
    },
    discard: () => rm(outDir, { recursive: true, force: true }),
  }
}

/** A cell with a dot before it: the client takes a byte order mark at the begin of a text away. */
const cellSql = (column: string): string => `'.' || coalesce(${sqlName(column)}, '')`
const textOf = (cell: unknown): string => (typeof cell === 'string' ? cell.slice(1) : '')

/** A row of an output's Parquet copy. */
export interface PlacedRow {
  readonly cells: readonly string[]
  readonly record: number
  readonly line: number
  readonly byte: number
}

/** The rows of an output with their places, as the next stage gets them; an empty cell is the empty text. */
export async function readCopy(bench: StageBench, { files }: Dataset, columns: readonly string[]): Promise<readonly PlacedRow[]> {
  const paths = files.filter(({ format }) => format === 'parquet').map(({ path }) => sqlText(path))
  const selected = [...PLACE_COLUMNS.slice(1), ...columns.map(cellSql)].join(', ')
  const rows = await query(bench, `SELECT ${selected} FROM read_parquet([${paths.join(', ')}])`)
  return rows.map(([record, line, byte, ...cells]) => {
    return { record: Number(record), line: Number(line), byte: Number(byte), cells: cells.map(textOf) }
  })
}

/** A CSV file as DuckDB's own reader takes it, every cell as text. */
export async function readByDuckDb(
  bench: StageBench,
  { files }: Dataset,
  columns: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const path = files.find(({ format }) => format === 'csv')?.path ?? ''
  const types = columns.map((name) => `${sqlText(name)}: 'VARCHAR'`).join(', ')
  const rows = await query(
    bench,
    `SELECT ${columns.map(cellSql).join(', ')} FROM read_csv(${sqlText(path)}, auto_detect = false, header = true, columns = {${types}}, delim = ',', quote = '"',
      escape = '"', parallel = false, max_line_size = 8000000, buffer_size = 16000000)`,
  )
  return rows.map((cells) => cells.map(textOf))
}

async function query(bench: StageBench, sql: string): Promise<readonly (readonly unknown[])[]> {
  const connection = await bench.database.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRows()
  } finally {
    connection.closeSync()
  }
}
