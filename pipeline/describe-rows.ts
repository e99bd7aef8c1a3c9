import type { RowCounts } from './record.ts'

/** `19,382 in = 19,084 out + 298 rejected`: the balance of a stage in words; zeros other than `out` are left out. */
export function describeRows(rows: RowCounts): string {
  const parts = [`${count(rows.out)} out`]
  if (rows.rejected > 0) parts.push(`${count(rows.rejected)} rejected`)
  if (rows.filtered > 0) parts.push(`${count(rows.filtered)} filtered`)
  if (rows.duplicates > 0) parts.push(`${count(rows.duplicates)} ${rows.duplicates === 1 ? 'duplicate' : 'duplicates'}`)
  return `${count(rows.in)} in = ${parts.join(' + ')}`
}

function count(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}
