import { OnclockError } from '../../pipeline/errors.ts'
import type { RowCounts } from '../../pipeline/record.ts'

/**
 * Holds a stage of one's own to its promise. Numbers are counted apart, so a row that was forgotten shows: it is the stage's
 * fault, not the engine's.
 */
export function assertAccounted(
  stage: string,
  promise: 'one-to-one' | 'filter',
  rows: RowCounts,
  unread: readonly string[],
): void {
  const told = rows.out + rows.rejected + rows.filtered + rows.duplicates
  if (told === rows.in) return
  const lost = rows.in - told
  const sum =
    promise === 'one-to-one' ? `${rows.out} out` : `${rows.out} out + ${rows.rejected} rejected + ${rows.filtered} filtered`
  const what = lost > 0 ? `${lost} rows are unaccounted for` : `${-lost} rows more came out than went in`
  const why = unread.length > 0 ? `; ${unread.join('; ')}` : ''
  throw new OnclockError('ROWS_UNACCOUNTED', `stage "${stage}": ${what}: ${rows.in} in, ${sum}${why}`, {
    hint:
      promise === 'one-to-one'
        ? `A stage with rows: 'one-to-one' writes one row for each it reads. If it leaves rows out, declare rows: 'filter'.`
        : `Call reject or filter for each row that is left out, and await it; for joins and aggregates declare rows: 'free'.`,
  })
}
