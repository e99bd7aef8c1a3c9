import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCsv, type LoadCsvOptions, type LoadedCsv } from '../../../activities/csv/load-csv.ts'
import { type Database, openDatabase, sqlName } from '../../../activities/duckdb.ts'

export interface CsvBench {
  readonly dir: string
  readonly database: Database
  close(): Promise<void>
}

export interface ReadCsv extends LoadedCsv {
  readonly rows: readonly (readonly (string | null)[])[]
  /** `[record, line, byte]` of each row. */
  readonly places: readonly (readonly number[])[]
  readonly bad: readonly {
    readonly rule: string
    readonly record: number
    readonly line: number
    readonly byte: number
    readonly raw: string
    readonly message: string
  }[]
}

export async function openBench(): Promise<CsvBench> {
  const dir = await mkdtemp(join(tmpdir(), 'onclock-csv-'))
  const database = await openDatabase({ spillDir: join(dir, 'spill'), threads: 2 })
  return {
    dir,
    database,
    async close() {
      database.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Loads bytes, or a file by its path, and reads everything back. */
export async function readCsv(
  bench: CsvBench,
  input: string | Buffer | { path: string },
  options: Partial<LoadCsvOptions> = {},
): Promise<ReadCsv> {
  const path = typeof input === 'object' && 'path' in input ? input.path : join(bench.dir, 'input.csv')
  if (typeof input === 'string' || Buffer.isBuffer(input)) await writeFile(path, input)
  const connection = await bench.database.connect()
  try {
    const loaded = await loadCsv(connection, {
      path,
      shown: 'input.csv',
      workDir: bench.dir,
      database: bench.database,
      ...options,
    })
    const cells = loaded.columns.map(sqlName).join(', ')
    const reader = await connection.runAndReadAll(`SELECT __record, __line, __byte, ${cells} FROM ${loaded.table}`)
    const rows = reader.getRows()
    const bad = await connection.runAndReadAll(
      `SELECT __rule, __record, __line, __byte, __raw, __message FROM ${loaded.malformed}`,
    )
    await loaded.discard()
    return {
      ...loaded,
      rows: rows.map((row) => row.slice(3)) as (string | null)[][],
      places: rows.map((row) => row.slice(0, 3).map(Number)),
      bad: bad.getRows().map(([rule, record, line, byte, raw, message]) => ({
        rule: String(rule),
        record: Number(record),
        line: Number(line),
        byte: Number(byte),
        raw: String(raw),
        message: String(message),
      })),
    }
  } finally {
    connection.closeSync()
  }
}
