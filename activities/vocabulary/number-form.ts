import { sqlText } from '../duckdb.ts'
import type { ColumnForm } from './column-form-schema.ts'

/** As people and programs type them: the plain space, the hard ones, the thin one; the straight apostrophe and the curly one. */
const MARKS = {
  '.': '[.]',
  ',': '[,]',
  apostrophe: String.raw`['\x{2019}]`,
  space: String.raw`[ \x{A0}\x{2009}\x{202F}]`,
} as const
const BLANKS = String.raw`[\s\x{A0}\x{2009}\x{202F}]`
/** How far each unit moves the point. */
const UNITS = { K: 3, M: 6, B: 9 } as const

/** Whether numbers in this form look other than numbers do. */
export function hasNumberForm({ decimal, group, units }: ColumnForm): boolean {
  return decimal === ',' || (group !== undefined && group !== 'none') || units === true
}

/**
 * A number in the form of a locale as its normal text: a point, no groups, no unit. NULL where it is not in that form: groups
 * stand three by three or not at all, so that `1.23,4` is no number. All of it is done on the text, so no digit is lost.
 */
export function numberText(textSql: string, form: ColumnForm): string {
  const written = `${numberPattern(form)}(?:[eE][+-]?[0-9]+)?`
  const plain = plainText(textSql, form)
  const cases = [`WHEN ${fullMatch(textSql, written)} THEN ${plain}`]
  if (form.units === true) cases.push(`WHEN ${fullMatch(textSql, `${numberPattern(form)}[KkMmBb]`)} THEN ${withoutUnit(plain)}`)
  return `CASE ${cases.join(' ')} END`
}

/** The same of a percentage; its sign stays, behind a plain space if there is any. */
export function percentText(textSql: string, form: ColumnForm): string {
  const number = `regexp_extract(${textSql}, ${sqlText('^[^%]*[0-9]')})`
  const tail = `CASE WHEN regexp_matches(${textSql}, '[0-9]%$') THEN '%' ELSE ' %' END`
  return `CASE WHEN ${fullMatch(textSql, `${numberPattern(form)}${BLANKS}*%`)} THEN ${plainText(number, form)} || ${tail} END`
}

function numberPattern({ decimal = '.', group = 'none' }: ColumnForm): string {
  const whole = group === 'none' ? '[0-9]+' : `(?:[0-9]{1,3}(?:${MARKS[group]}[0-9]{3})+|[0-9]+)`
  const mark = MARKS[decimal]
  return `[+-]?(?:${whole}(?:${mark}[0-9]+)?|${mark}[0-9]+)`
}

function plainText(textSql: string, { decimal = '.', group = 'none' }: ColumnForm): string {
  const ungrouped = group === 'none' ? textSql : `regexp_replace(${textSql}, ${sqlText(MARKS[group])}, '', 'g')`
  return decimal === '.' ? ungrouped : `replace(${ungrouped}, ',', '.')`
}

/** `541.2K` as `541200`: the point moves, digit by digit. */
function withoutUnit(plain: string): string {
  const cases = Object.entries(UNITS).map(([unit, places]) => `WHEN '${unit}' THEN ${places}`)
  const places = `CASE upper(right(${plain}, 1)) ${cases.join(' ')} END`
  const number = `ltrim(left(${plain}, length(${plain}) - 1), '+-')`
  const [whole, fraction] = [`split_part(${number}, '.', 1)`, `split_part(${number}, '.', 2)`]
  const moved = `ltrim(${whole} || rpad(${fraction}, ${places}, '0'), '0')`
  const rest = `rtrim(substr(${fraction}, ${places} + 1), '0')`
  return `(CASE WHEN ${plain}[1] = '-' THEN '-' ELSE '' END || CASE WHEN ${moved} = '' THEN '0' ELSE ${moved} END
    || CASE WHEN ${rest} = '' THEN '' ELSE '.' || ${rest} END)`
}

const fullMatch = (sql: string, pattern: string): string => `regexp_full_match(${sql}, ${sqlText(pattern)})`
