import type { DuckDBConnection } from '@duckdb/node-api'
import { PLACE_COLUMNS, sqlName, sqlText } from '../../duckdb.ts'
import { VIOLATIONS_TYPE } from '../../left-out/violations-type.ts'
import type { IntakeRows } from './intake-rows.ts'
import type { SameRows } from './same-rows.ts'

const PLACES = PLACE_COLUMNS.join(', ')

/** Rows that broke a rule, with their cells as delivered, and malformed records, in the order of the source. */
export function rejectedQuery({ rejected, delivered }: IntakeRows, malformed: string | null): string {
  const cells = delivered.map(({ name }) => sqlName(name))
  const rows = `SELECT ${cells.join(', ')}, ${PLACES}, NULL::VARCHAR AS __raw, __violations, __row FROM ${rejected}`
  if (malformed === null) return `${rows} ORDER BY __row`
  const none = cells.map((text) => `NULL::VARCHAR AS ${text}`)
  const violation = `[{'rule': __rule, 'column': NULL::VARCHAR, 'value': NULL::VARCHAR, 'message': __message}]::${VIOLATIONS_TYPE}`
  return `SELECT * EXCLUDE __row FROM (${rows} UNION ALL
    SELECT ${none.join(', ')}, ${PLACES}, __raw, ${violation} AS __violations, __row FROM ${malformed}) ORDER BY __row`
}

/** Two rows that differ have the same hash. */
export const COLLISION = Symbol('collision')

/**
 * Rows that are the same as another one, with the record that was kept, in the order of the source; null when there are none,
 * and COLLISION when some are not: rows with the same hash are few, and those are compared by value, since a hash proves nothing.
 */
export async function duplicatesQuery(connection: DuckDBConnection, rows: IntakeRows): Promise<string | typeof COLLISION | null> {
  const { alike, columns, same, held } = rows
  if (same === null || (await numberOf(connection, `SELECT count(*) FROM ${alike}`)) === 0) return null
  const cells = columns.map(({ text }) => text)
  if (!held && (await namesKept(connection, rows, same)) === COLLISION) return COLLISION
  const violation = `[{'rule': ${sqlText(same.rule)}, 'column': NULL::VARCHAR, 'value': NULL::VARCHAR, 'message': ${sqlText(`${same.message} `)} || __kept_record || CASE WHEN __kept_file <> __file THEN ' of ' || __kept_file ELSE '' END}]`
  return `SELECT ${cells.join(', ')}, ${PLACES}, NULL::VARCHAR AS __raw, ${violation}::${VIOLATIONS_TYPE} AS __violations, __kept_record
    FROM ${held ? alike : `${alike} JOIN alike_kept USING (__kept)`} ORDER BY __row`
}

/** Makes the table `alike_kept` of the rows of the output that others are like: their numbers, records and keys. */
async function namesKept(
  connection: DuckDBConnection,
  { alike, copies }: IntakeRows,
  { keys, takesPart }: SameRows,
): Promise<typeof COLLISION | null> {
  const files = copies.map((path, file) => `(${sqlText(path)}, ${file})`).join(', ')
  // The number of a row in the output is that of its file and its place in it.
  await connection.run(`CREATE OR REPLACE TEMP TABLE alike_kept AS
    WITH sizes AS (
      SELECT path, coalesce(sum(rows) OVER (ORDER BY file ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS before
      FROM (VALUES ${files}) v(path, file)
      JOIN (SELECT file_name, sum(num_rows) AS rows FROM parquet_file_metadata([${copies.map(sqlText).join(', ')}]) GROUP BY file_name) ON file_name = path
    )
    SELECT before + file_row_number AS __kept, __record AS __kept_record, __file AS __kept_file, ${keys.map((key, at) => `${key} AS __c${at}`).join(', ')}
    FROM read_parquet([${copies.map(sqlText).join(', ')}], file_row_number = true, filename = '__path') JOIN sizes ON __path = path
    WHERE before + file_row_number IN (SELECT __kept FROM ${alike})`)
  const equal = [...keys.map((key, at) => `${key} IS NOT DISTINCT FROM __c${at}`), ...(takesPart === null ? [] : [takesPart])]
  const others = `SELECT count(*) FROM ${alike} JOIN alike_kept USING (__kept) WHERE NOT (${equal.join(' AND ')})`
  return (await numberOf(connection, others)) > 0 ? COLLISION : null
}

async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
