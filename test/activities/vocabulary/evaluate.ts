import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase, sqlName, sqlText } from '../../../activities/duckdb.ts'
import type { ColumnChecks, Entries } from '../../../activities/vocabulary/column-checks-schema.ts'
import { columnChecksSchema } from '../../../activities/vocabulary/column-checks-schema.ts'
import type { ColumnType } from '../../../activities/vocabulary/column-type-schema.ts'
import { typedColumn } from '../../../activities/vocabulary/column-types.ts'
import { compileChecks, type CompileEnv, type ValueColumn } from '../../../activities/vocabulary/compile-checks.ts'
import { createWordLists } from '../../../activities/vocabulary/word-lists.ts'

const NOW = new Date('2026-11-24T12:00:00Z')

/** A DuckDB for one test file. */
export const openTestDatabase = (): Promise<Database> =>
  openDatabase({ spillDir: join(tmpdir(), 'onclock-test-spill'), threads: 1 })

/** The first value of a one-row query. */
export async function valueOf(database: Database, sql: string): Promise<unknown> {
  const connection = await database.connect()
  try {
    const reader = await connection.runAndReadAll(sql)
    return reader.getRowsJson()[0]?.[0]
  } finally {
    connection.closeSync()
  }
}

export interface Row {
  readonly [column: string]: string | null
}

/** Columns of text, some of them with a type, and lists by name. */
export function testEnv(
  columns: readonly string[],
  options: { types?: Record<string, ColumnType>; lists?: Record<string, Entries>; projectDir?: string } = {},
): CompileEnv {
  const column = (name: string): ValueColumn | undefined => {
    if (!columns.includes(name)) return undefined
    const text = `nullif(${sqlName(name)}, '')`
    const type = options.types?.[name] ?? null
    return { name, text, type, value: type === null ? text : typedColumn(type, text).value }
  }
  const projectDir = options.projectDir ?? tmpdir()
  return { column, lists: createWordLists(options.lists ?? {}, projectDir), now: NOW, projectDir }
}

/** The keys of the checks that the row does not pass; the spec goes through its schema first. */
export async function violatedChecks(
  database: Database,
  options: { spec: unknown; row: Row; column: string; env: CompileEnv },
): Promise<string[]> {
  const spec: ColumnChecks = columnChecksSchema.parse(options.spec)
  const column = options.env.column(options.column)
  if (column === undefined) throw new Error('no such column in the test')
  const checks = compileChecks(spec, column, options.env)
  const cells = Object.entries(options.row).map(
    ([name, cell]) => `CAST(${cell === null ? 'NULL' : sqlText(cell)} AS VARCHAR) AS ${sqlName(name)}`,
  )
  const connection = await database.connect()
  try {
    const list = checks.map((check, index) => `${check.violated} AS c${index}`).join(', ')
    const reader = await connection.runAndReadAll(`SELECT ${list} FROM (SELECT ${cells.join(', ')})`)
    const values = reader.getRows()[0] ?? []
    if (values.some((value) => typeof value !== 'boolean')) throw new Error('a check is NULL')
    return checks.filter((_, index) => values[index] === true).map((check) => check.check)
  } finally {
    connection.closeSync()
  }
}
