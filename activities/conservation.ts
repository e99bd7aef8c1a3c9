import { OnclockError } from '../pipeline/errors.ts'
import type { RowCounts } from '../pipeline/record.ts'

/** Throws ROWS_NOT_CONSERVED unless in = out + rejected + filtered + duplicates. Every number was counted by itself. */
export function assertConserved(rows: RowCounts): void {
  const accounted = rows.out + rows.rejected + rows.filtered + rows.duplicates
  if (rows.in === accounted && Object.values(rows).every((count) => Number.isSafeInteger(count) && count >= 0)) return
  throw new OnclockError(
    'ROWS_NOT_CONSERVED',
    `${rows.in} rows in, but ${rows.out} out + ${rows.rejected} rejected + ${rows.filtered} filtered + ${rows.duplicates} duplicates = ${accounted}`,
    { hint: 'This is a bug of onclock: nothing of this attempt is kept. Please report it with the log.' },
  )
}
