import type { DuckDBConnection } from '@duckdb/node-api'

/** What is known of the rows that equal an earlier one. */
export interface Duplicates {
  /** Table `__row, __kept_record`. */
  readonly table: string
  /** SQL condition over a row: it is none of them. */
  readonly others: string
}

/**
 * Finds rows that equal an earlier one in every column; null when there are none. Rows with the same hash are few, and those
 * are compared by value: a hash alone proves nothing. `rows` has `__row` (a small number, in order), `__record` and `__hash` (NULL:
 * not to be compared).
 */
export async function findExactDuplicates(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly string[],
): Promise<Duplicates | null> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE same_hash AS
    SELECT __hash FROM ${rows} WHERE __hash IS NOT NULL GROUP BY __hash HAVING count(*) > 1`)
  if ((await number(connection, 'SELECT count(*) FROM same_hash')) === 0) return null
  // NULLs are the same in a partition, as they are in a row that is written.
  await connection.run(`CREATE OR REPLACE TEMP TABLE duplicates AS
    SELECT __row, __kept_record FROM (
      SELECT __row, first_value(__record) OVER same AS __kept_record, row_number() OVER same AS copy
      FROM ${rows} SEMI JOIN same_hash USING (__hash)
      WINDOW same AS (PARTITION BY ${columns.join(', ')} ORDER BY __row)
    ) WHERE copy > 1`)
  if ((await number(connection, 'SELECT count(*) FROM duplicates')) === 0) return null
  const last = await number(connection, 'SELECT max(__row) FROM duplicates')
  // A join would lose the order of the rows; looking up one bit keeps it.
  await connection.run(`SET VARIABLE duplicate_rows = (SELECT bitstring_agg(__row, 0, ${last}) FROM duplicates)`)
  return {
    table: 'duplicates',
    others: `(__row > ${last} OR get_bit(getvariable('duplicate_rows'), least(__row, ${last})::INTEGER) = 0)`,
  }
}

async function number(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
