import type { LeftOutRow } from '../../activities/left-out/read-left-out.ts'
import type { View } from '../command.ts'
import { count } from './numbers.ts'
import type { Page } from './page.ts'
import { type Cell, type Column, table } from './table.ts'
import { columnsThatMatter, type Rules, violationWords } from './violation-words.ts'
import { visible } from './visible.ts'

/** Rows of one stage and kind, or the first of them. */
export interface RowGroup {
  readonly stage: string
  readonly kind: 'rejected' | 'filtered' | 'duplicates' | 'flagged'
  readonly rows: readonly LeftOutRow[]
  readonly total: number
  readonly rules: Rules
  /** Where the stage failed: the rows are those of its last attempt. */
  readonly failed: boolean
}

const COLUMNS: readonly Column[] = [
  { title: 'place' },
  { title: 'rule', shrinkTo: 12 },
  { title: 'why', shrinkTo: 16, droppable: 1 },
  { title: 'cells', shrinkTo: 20 },
]

/** The rows that did not come through, a table for each stage and kind. */
export function leftOutView(groups: readonly RowGroup[]): View {
  return (page) => groups.map((group) => groupLines(group, page).join('\n')).join('\n\n')
}

function groupLines(group: RowGroup, page: Page): string[] {
  const { stage, kind, rows, total, failed } = group
  const shown = rows.length < total ? `, the first ${count(rows.length)}` : ''
  const note = failed ? page.colours.dim(' · the stage did not end well; these are of its last attempt') : ''
  return [
    `${page.colours.bold(stage)} · ${count(total)} ${total === 1 && kind === 'duplicates' ? 'duplicate' : kind}${shown}${note}`,
    ...table(
      COLUMNS,
      rows.map((row) => cellsOf(row, group, page)),
      page,
      '  ',
    ),
  ]
}

function cellsOf(row: LeftOutRow, { rules }: RowGroup, { colours }: Page): Cell[] {
  const ids = [...new Set(row.violations.map(({ rule }) => rule))]
  const more = ids.length > 1 ? ` +${ids.length - 1}` : ''
  return [
    { text: placeOf(row), colour: colours.dim },
    { text: `${ids[0] ?? ''}${more}`, colour: colours.yellow },
    { text: visible(whyOf(row)) },
    { text: contentOf(row, rules) },
  ]
}

/** `data/videos.csv:17`, as terminals make links of; without a line, the record. */
function placeOf({ file, record, line }: LeftOutRow): string {
  if (line !== null) return `${file ?? ''}:${line}`
  return record === null ? (file ?? '') : `${file ?? ''} record ${record}`
}

function whyOf({ violations }: LeftOutRow): string {
  return violations.flatMap(({ column, message }) => (message === null ? [] : [`${column ?? ''} ${message}`.trim()])).join('; ')
}

/** The cells that the rules look at, then the others. */
function contentOf(row: LeftOutRow, rules: Rules): string {
  if (row.cells === undefined) return visible(row.raw ?? '')
  const first = columnsThatMatter(row, rules)
  const names = [...first, ...Object.keys(row.cells).filter((name) => !first.includes(name))]
  return names.map((name) => `${visible(name)}=${visible(row.cells?.[name] ?? '')}`).join('  ')
}

/** A row that a rule stopped, as `try` shows it: place, and what is wrong with the values that were compared. */
export function exampleLine(row: LeftOutRow, rules: Rules, rule: string): string {
  const broken = row.violations.filter((violation) => violation.rule === rule)
  const why = broken.map((violation) => violationWords(violation, row, rules)).filter((words) => words !== '')
  const told = why.length > 0 ? why.join('; ') : contentOf({ ...row, violations: broken }, rules)
  return visible(`${placeOf(row)}  ${row.raw === undefined || why.length === 0 ? told : `${told}: ${row.raw}`}`)
}
