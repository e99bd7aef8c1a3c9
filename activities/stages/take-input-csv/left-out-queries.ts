import { PLACE_COLUMNS } from '../../duckdb.ts'
import type { Duplicates } from './exact-duplicates.ts'
import { VIOLATIONS_TYPE } from './intake-query.ts'
import type { IntakeColumn } from './intake-columns.ts'
import type { IntakeSource } from './intake-source.ts'

const PLACES = PLACE_COLUMNS.join(', ')

/** Rows that broke a rule, with their cells as delivered, and malformed records, in the order of the source. */
export function rejectedQuery(source: IntakeSource, columns: readonly IntakeColumn[]): string {
  const cells = columns.map(({ text }, index) => `__cells[${index + 1}] AS ${text}`)
  const rows = `SELECT ${cells.join(', ')}, ${PLACES}, NULL::VARCHAR AS __raw, __violations, __row FROM ${source.table} WHERE __violations IS NOT NULL`
  if (source.malformed === null) return `${rows} ORDER BY __row`
  const none = columns.map(({ text }) => `NULL::VARCHAR AS ${text}`)
  const violation = `[{'rule': __rule, 'column': NULL::VARCHAR, 'value': NULL::VARCHAR, 'message': __message}]::${VIOLATIONS_TYPE}`
  return `SELECT * EXCLUDE __row FROM (${rows} UNION ALL
    SELECT ${none.join(', ')}, ${PLACES}, __raw, ${violation} AS __violations, __record AS __row FROM ${source.malformed}) ORDER BY __row`
}

/** Rows that equal an earlier one, with the record that was kept, in the order of the source. */
export function duplicatesQuery(source: IntakeSource, duplicates: Duplicates, columns: readonly IntakeColumn[]): string {
  const cells = columns.map(({ text }) => text)
  const violation = `[{'rule': 'exact_duplicate', 'column': NULL::VARCHAR, 'value': NULL::VARCHAR, 'message': 'equals record ' || __kept_record}]`
  return `SELECT ${cells.join(', ')}, ${PLACES}, NULL::VARCHAR AS __raw, ${violation}::${VIOLATIONS_TYPE} AS __violations, __kept_record
    FROM ${source.table} JOIN ${duplicates.table} USING (__row) ORDER BY __row`
}

/** FROM item of the rows that are kept, in order. */
export function keptRows(source: IntakeSource, duplicates: Duplicates | null): string {
  const others = duplicates === null ? '' : ` AND ${duplicates.others}`
  return `(SELECT * FROM ${source.table} WHERE __violations IS NULL${others})`
}
