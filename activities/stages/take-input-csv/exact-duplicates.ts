import type { DuckDBConnection } from '@duckdb/node-api'

/**
 * Finds rows that equal an earlier one in every column. Rows with the same hash are few, and those are compared by value: a
 * hash alone proves nothing. Gives a table `__record, __kept_record`, null when there are none. `rows` has `__hash` (NULL: not to be compared) and `__record`.
 */
export async function findExactDuplicates(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly string[],
): Promise<string | null> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE same_hash AS
    SELECT __hash FROM ${rows} WHERE __hash IS NOT NULL GROUP BY __hash HAVING count(*) > 1`)
  if ((await count(connection, 'same_hash')) === 0) return null
  // NULLs are the same in a partition, as they are in a row that is written.
  await connection.run(`CREATE OR REPLACE TEMP TABLE duplicates AS
    SELECT __record, __kept_record FROM (
      SELECT __record, min(__record) OVER (PARTITION BY ${columns.join(', ')}) AS __kept_record
      FROM ${rows} SEMI JOIN same_hash USING (__hash)
    ) WHERE __record > __kept_record`)
  return (await count(connection, 'duplicates')) === 0 ? null : 'duplicates'
}

async function count(connection: DuckDBConnection, table: string): Promise<number> {
  const reader = await connection.runAndReadAll(`SELECT count(*) FROM ${table}`)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
