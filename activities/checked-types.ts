import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlText } from './duckdb.ts'
import { type ColumnType, columnTypeSchema } from './vocabulary/column-type-schema.ts'
import { SQL_TYPES } from './vocabulary/column-types.ts'

/** Where a Parquet copy, whose cells are all text, says what they were checked for: `{"views": {"type": "integer"}}`. */
const KEY = 'onclock_columns'

/** The metadata of a Parquet copy: the types that the texts were found to be of. Types that are text anyway say nothing. */
export function checkedTypes(
  columns: readonly { readonly name: string; readonly type: ColumnType | null }[],
): Readonly<Record<string, string>> {
  const typed = columns.flatMap(({ name, type }) => (type === null || SQL_TYPES[type] === 'VARCHAR' ? [] : [[name, { type }]]))
  return { [KEY]: JSON.stringify(Object.fromEntries(typed)) }
}

/** The types that a Parquet copy was checked for, by column; null when the file was not written by a built-in stage. */
export async function readCheckedTypes(
  connection: DuckDBConnection,
  path: string,
): Promise<ReadonlyMap<string, ColumnType> | null> {
  const reader = await connection.runAndReadAll(
    `SELECT decode(value) FROM parquet_kv_metadata(${sqlText(path)}) WHERE decode(key) = ${sqlText(KEY)}`,
  )
  const json = reader.getRows()[0]?.[0]
  if (typeof json !== 'string') return null
  const columns = JSON.parse(json) as Readonly<Record<string, { readonly type: unknown }>>
  return new Map(Object.entries(columns).map(([name, { type }]) => [name, columnTypeSchema.parse(type)]))
}

/** Says in a Parquet copy that the CSV beside it has the same rows and cells, as `CsvBuffer` writes them. */
export const PLAIN_CSV = { onclock_csv: 'plain' } as const

/** Whether the CSV beside a Parquet copy can be taken for its rows. */
export async function hasPlainCsv(connection: DuckDBConnection, path: string): Promise<boolean> {
  const reader = await connection.runAndReadAll(
    `SELECT 1 FROM parquet_kv_metadata(${sqlText(path)}) WHERE decode(key) = 'onclock_csv' AND decode(value) = 'plain'`,
  )
  return reader.currentRowCount > 0
}
