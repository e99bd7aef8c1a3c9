import { PLACE_COLUMNS } from '../../duckdb.ts'
import { VIOLATIONS_TYPE } from './intake-query.ts'
import type { IntakeColumn } from './intake-columns.ts'
import type { IntakeSource } from './intake-source.ts'

const PLACES = PLACE_COLUMNS.join(', ')

/** Rows that broke a rule, with their cells as delivered, and malformed records, in the order of the source. */
export function rejectedQuery(source: IntakeSource, columns: readonly IntakeColumn[]): string {
  const cells = columns.map(({ text }, index) => `__cells[${index + 1}] AS ${text}`)
  const rows = `SELECT ${cells.join(', ')}, ${PLACES}, NULL::VARCHAR AS __raw, __violations FROM ${source.table} WHERE __violations IS NOT NULL`
  if (source.malformed === null || source.malformedCount === 0) return `${rows} ORDER BY __record`
  const none = columns.map(({ text }) => `NULL::VARCHAR AS ${text}`)
  const violation = `[{'rule': __rule, 'column': NULL::VARCHAR, 'value': NULL::VARCHAR, 'message': __message}]::${VIOLATIONS_TYPE}`
  return `SELECT * FROM (${rows} UNION ALL
    SELECT ${none.join(', ')}, ${PLACES}, __raw, ${violation} AS __violations FROM ${source.malformed}) ORDER BY __record`
}

/** Rows that equal an earlier one, with the record that was kept, in the order of the source. */
export function duplicatesQuery(source: IntakeSource, duplicates: string, columns: readonly IntakeColumn[]): string {
  const cells = columns.map(({ text }) => text)
  const violation = `[{'rule': 'exact_duplicate', 'column': NULL::VARCHAR, 'value': NULL::VARCHAR, 'message': 'equals record ' || __kept_record}]`
  return `SELECT ${cells.join(', ')}, ${PLACES}, NULL::VARCHAR AS __raw, ${violation}::${VIOLATIONS_TYPE} AS __violations, __kept_record
    FROM ${source.table} JOIN ${duplicates} USING (__record) ORDER BY __record`
}

/** FROM item of the rows that are kept. */
export function keptRows(source: IntakeSource, duplicates: string | null): string {
  const sound = `(SELECT * FROM ${source.table} WHERE __violations IS NULL)`
  return duplicates === null ? sound : `(SELECT * FROM ${sound} ANTI JOIN ${duplicates} USING (__record))`
}
