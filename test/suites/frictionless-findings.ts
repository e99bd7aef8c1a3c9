import type { Outcome, Ran } from './run-product.ts'

/** An error of a kind, in a row (the header is row 1) or of the whole table. */
export interface Finding {
  readonly type: string
  readonly row: number | null
}

interface Judged {
  readonly taken: Outcome
  readonly judged: Outcome | null
  readonly hasHeader: boolean
}

/** What our stages report, in the words of the suite. */
export function findingsOf({ taken, judged, hasHeader }: Judged): readonly Finding[] {
  if (taken.ran === null) return [{ type: faultType(taken.fault), row: null }]
  const offset = hasHeader ? 1 : 0
  return [
    ...taken.ran.warnings.flatMap((warning) => headerType(warning)),
    ...taken.ran.rejected.flatMap(({ record, raw, violations }) =>
      violations.map(({ rule }) => placed(raw === '' ? 'blank-row' : rowType(rule), record, offset)),
    ),
    ...flaggedRows(taken.ran, judged?.ran ?? null).flatMap(({ record, flags }) =>
      flags.map((rule) => placed(rowType(rule), record, offset)),
    ),
    ...(judged?.fault === null || judged === null ? [] : [{ type: 'check-error', row: null }]),
    ...(judged?.ran?.warnings ?? []).flatMap((warning) => checkType(warning)),
  ]
}

/** A file that is not in its encoding is one error for the suite, wherever it begins. */
const placed = (type: string, record: number | null, offset: number): Finding => ({
  type,
  row: record === null || type === 'encoding-error' ? null : record + offset,
})

/** The rows that rules flag, by their place among those that intake has let through. */
function flaggedRows(taken: Ran, judged: Ran | null): readonly { readonly record: number; readonly flags: readonly string[] }[] {
  const rejected = new Set(taken.rejected.map(({ record }) => record))
  const kept = Array.from({ length: taken.rows.length + rejected.size }, (_, index) => index + 1).filter(
    (record) => !rejected.has(record),
  )
  return (judged?.rows ?? []).flatMap((row, index) => {
    const flags = (row['_flags'] ?? '').split(',').filter((flag) => flag !== '')
    return flags.length === 0 ? [] : [{ record: kept[index] ?? 0, flags }]
  })
}

function faultType({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === 'COLUMN_MISSING') return 'missing-label'
  if (code === 'COLUMN_UNEXPECTED') return /does not name/.test(message) ? 'extra-label' : 'missing-label'
  if (/is empty/.test(message)) return 'source-error'
  if (code === 'INPUT_UNREADABLE') return /byte|UTF-8|encod/i.test(message) ? 'encoding-error' : 'source-error'
  return code === 'CONFIG' ? 'check-error' : code
}

function headerType(warning: string): readonly Finding[] {
  if (/has no name in the header/.test(warning)) return [{ type: 'blank-label', row: null }]
  return /has a name that is taken/.test(warning) ? [{ type: 'duplicate-label', row: null }] : []
}

const OF_ROWS: Readonly<Record<string, string>> = {
  too_few_fields: 'missing-cell',
  too_many_fields: 'extra-cell',
  invalid_byte: 'encoding-error',
}

/** Rules of the checklist have the suite's own words in their IDs; checks of columns are the constraints. */
function rowType(rule: string): string {
  const own = /^(?<type>[a-z]+(?:-[a-z]+)+)(?:\.\d+)?$/.exec(rule)?.groups?.['type']
  if (own !== undefined) return own
  return OF_ROWS[rule] ?? (rule.endsWith('.type') ? 'type-error' : 'constraint-error')
}

function checkType(warning: string): readonly Finding[] {
  const type = /"(?<type>[a-z]+(?:-[a-z]+)+)(?:\.\d+)?"/.exec(warning)?.groups?.['type']
  return type === undefined ? [] : [{ type, row: null }]
}
