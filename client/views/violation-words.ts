import type { LeftOutRow, Violation } from '../../activities/left-out/read-left-out.ts'
import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import { fit } from './text-width.ts'
import { visible } from './visible.ts'

/** By rule: how it is written in the pipeline. */
export type Rules = ReadonlyMap<string, JsonObject>

const LONGEST_CELL = 60

/** The columns of a row that its rules look at, in the order they are worth reading: what is wrong first. */
export function columnsThatMatter(row: LeftOutRow, rules: Rules): string[] {
  const columns = Object.keys(row.cells ?? {})
  const named = row.violations.flatMap(({ rule, column, message }) => {
    const written = rules.get(rule)
    return [
      ...(column === null ? [] : [column]),
      ...(written?.['message'] === undefined ? namedIn(message ?? '', columns) : []),
      ...(written === undefined ? [] : columnsOf(written, columns)),
    ]
  })
  return [...new Set(named)].filter((column) => columns.includes(column))
}

/** What is wrong, with the values that were compared: `likes 77355 is above 0.5 × views 140877`. */
export function violationWords(violation: Violation, row: LeftOutRow, rules: Rules): string {
  const { column, message } = violation
  const written = rules.get(violation.rule)
  const cells = row.cells ?? {}
  const value = (name: string): string => `${name} ${cellWords(cells[name] ?? null)}`
  const others = columnsThatMatter({ ...row, violations: [violation] }, rules).filter((name) => name !== column)
  const own = written?.['message'] !== undefined
  const told = own ? [] : namedIn(message ?? '', others)
  const words = told.length === 0 ? (message ?? '') : (message ?? '').replaceAll(wordsOf(told), value)
  const subject = column === null ? '' : violation.value === null ? `${column} ` : `${column} ${cellWords(violation.value)} `
  const rest = column === null || own ? others.filter((name) => !told.includes(name)).map(value) : []
  return `${subject}${words}${rest.length === 0 ? '' : `${words === '' ? '' : ': '}${rest.join(', ')}`}`.trim()
}

/** A cell on one line, cut where it is long, quoted where it has spaces. */
function cellWords(value: string | null): string {
  if (value === null || value === '') return 'empty'
  const text = fit(visible(value), LONGEST_CELL)
  return /^\S+$/.test(text) ? text : `"${text}"`
}

/** Keys of a rule under which columns stand. */
const COLUMN_KEYS = new Set(['column', 'columns', 'by', 'per', 'except_in', 'order_by'])

function columnsOf(rule: JsonValue, columns: readonly string[], key = ''): string[] {
  if (typeof rule === 'string') {
    if (key === 'expr') return namedIn(rule, columns)
    return COLUMN_KEYS.has(key) ? columns.filter((column) => column === rule.replace(/^-/, '')) : []
  }
  if (Array.isArray(rule)) return (rule as readonly JsonValue[]).flatMap((item) => columnsOf(item, columns, key))
  if (typeof rule !== 'object' || rule === null) return []
  return Object.entries(rule).flatMap(([name, item]) => columnsOf(item, columns, name))
}

function namedIn(text: string, columns: readonly string[]): string[] {
  if (columns.length === 0) return []
  return [...text.matchAll(wordsOf(columns))].map(([name]) => name)
}

/** Any of the names as a whole word, the longest first. */
function wordsOf(names: readonly string[]): RegExp {
  const longest = [...names].sort((a, b) => b.length - a.length)
  const either = longest.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)).join('|')
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${either})(?![\\p{L}\\p{N}_])`, 'gu')
}
