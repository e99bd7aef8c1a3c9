import { sqlText } from '../duckdb.ts'
import type { ColumnType } from './column-type-schema.ts'
import { durationSql } from './duration-sql.ts'

/** What a type may be told besides its name. */
export interface TypeOptions {
  /** The decimal mark of numbers: `.` unless said. */
  readonly decimal?: '.' | ','
  /** The mark between groups of three digits; none unless said. */
  readonly group?: '.' | ',' | ' ' | "'"
  /** Numbers may end in K, M or B: `541.2K`. */
  readonly units?: boolean
  /** strptime formats of dates and datetimes, tried in order; ISO 8601 unless said. */
  readonly formats?: readonly string[]
  /** The values of an `enum`. */
  readonly values?: readonly string[]
}

export interface TypedColumn {
  /** SQL boolean: the text is of the type. NULL for NULL. */
  readonly valid: string
  /** SQL value of `sqlType`; NULL when not valid. */
  readonly value: string
  readonly sqlType: string
}

const INTEGER = String.raw`[+-]?[0-9]+(?:\.0*)?`
const DECIMAL = String.raw`[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?`
const PERCENT = String.raw`[+-]?[0-9]+(?:\.[0-9]+)?\s*%`
const ISO_DATE = '[0-9]{4}-[0-9]{2}-[0-9]{2}'
const ISO_TIME = String.raw`(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?`
/** An offset needs the seconds before it: DuckDB reads no other form. */
const ISO_OFFSET = String.raw`[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}(?::[0-9]{2})?)`
const ISO_DATETIME = `${ISO_DATE}(?:[T ]${ISO_TIME}|${ISO_OFFSET})?`
const EMAIL = String.raw`[\pL\pN_!#$%&'*+/=?^{|}~-]+(?:\.[\pL\pN_!#$%&'*+/=?^{|}~-]+)*@(?:[\pL\pN](?:[\pL\pN-]*[\pL\pN])?\.)+(?:\pL{2,}|xn--[a-zA-Z0-9-]+)`
const URL = String.raw`(?i)[a-z][a-z0-9+.-]*://[^\s/?#]+(?:[/?#]\S*)?`
const TRUE = ['true', 'yes', 't', 'y', '1']
const FALSE = ['false', 'no', 'f', 'n', '0']

/** The SQL type in which each type is kept and compared. A duration is its seconds, a percentage its share (3 % = 0.03). */
export const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  id: 'VARCHAR',
  email: 'VARCHAR',
  url: 'VARCHAR',
  enum: 'VARCHAR',
  integer: 'BIGINT',
  decimal: 'DOUBLE',
  percent: 'DOUBLE',
  duration: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  datetime: 'TIMESTAMP',
}

/**
 * The strict reading of a text as a type. DuckDB's casts are lenient (`1.5` → 2, `0x1F` → 31, `1_000` → 1000), so the form
 * is checked by an anchored regex first. A whole number may have a fraction of zeros (`12345.0`), as programs with floats
 * write it; it fits 64 bits. A datetime with an offset is turned to UTC. Text, id and enum are what they are.
 */
export function typedColumn(type: ColumnType, textSql: string, options: TypeOptions = {}): TypedColumn {
  return { ...READERS[type](textSql, options), sqlType: SQL_TYPES[type] }
}

/** The value of a text that is known to be of the type: no need to look at its form again. */
export function checkedValue(type: ColumnType, textSql: string): string {
  const plain = type === 'integer' || type === 'decimal' || type === 'date'
  return plain ? `CAST(${textSql} AS ${SQL_TYPES[type]})` : typedColumn(type, textSql).value
}

type Reading = Pick<TypedColumn, 'valid' | 'value'>
type Reader = (textSql: string, options: TypeOptions) => Reading

const READERS: Readonly<Record<ColumnType, Reader>> = {
  text: (text) => ({ valid: `(${text}) IS NOT NULL`, value: text }),
  id: (text) => ({ valid: `(${text}) IS NOT NULL`, value: text }),
  enum: (text, { values }) => when(values === undefined ? `(${text}) IS NOT NULL` : isOneOf(text, values), text),
  email: (text) => when(fullMatch(text, EMAIL), text),
  url: (text) => when(fullMatch(text, URL), text),
  integer: (text, options) => cast(INTEGER, numberText(text, options), 'BIGINT'),
  decimal: (text, options) => cast(DECIMAL, numberText(text, options), 'DOUBLE'),
  percent(text, options) {
    const number = decimalText(text, options)
    return when(fullMatch(number, PERCENT), `TRY_CAST(rtrim(${number}, '% ') AS DOUBLE) / 100`)
  },
  duration: (text) => ({ valid: `(${durationSql(text)}) IS NOT NULL`, value: durationSql(text) }),
  boolean: (text) => when(isOneOf(`lower(${text})`, [...TRUE, ...FALSE]), isOneOf(`lower(${text})`, TRUE)),
  date: (text, { formats }) => timeColumn(text, { form: ISO_DATE, sqlType: 'DATE', formats }),
  datetime: (text, { formats }) => timeColumn(text, { form: ISO_DATETIME, sqlType: 'TIMESTAMP', formats }),
}

const when = (valid: string, value: string): Reading => ({ valid, value: `CASE WHEN ${valid} THEN ${value} END` })
const isOneOf = (sql: string, values: readonly string[]): string => `(${sql}) IN (${values.map(sqlText).join(', ')})`

/** Whether two types are compared as numbers. */
export const isNumeric = (type: ColumnType | null): boolean =>
  type === 'integer' || type === 'decimal' || type === 'percent' || type === 'duration'

const fullMatch = (sql: string, pattern: string): string => `regexp_full_match(${sql}, ${sqlText(pattern)})`

/** The form by regex, then the cast: both must hold, since a whole number may be beyond 64 bits and a date not exist. */
function cast(pattern: string, text: string, sqlType: string): Reading {
  const read = `TRY_CAST(${text} AS ${sqlType})`
  const finite = sqlType === 'DOUBLE' ? ` AND isfinite(${read})` : ''
  const value = `CASE WHEN ${fullMatch(text, pattern)}${finite} THEN ${read} END`
  return { valid: `(${value}) IS NOT NULL`, value }
}

function timeColumn(
  textSql: string,
  options: { readonly form: string; readonly sqlType: string; readonly formats: readonly string[] | undefined },
): Reading {
  const { form, sqlType, formats } = options
  // TIMESTAMP drops an offset without a word; TIMESTAMPTZ reads it, and the session's zone is UTC.
  const iso = `CAST(TRY_CAST(${textSql} AS ${sqlType === 'DATE' ? 'DATE' : 'TIMESTAMPTZ'}) AS ${sqlType})`
  const value =
    formats === undefined || formats.length === 0
      ? `CASE WHEN ${fullMatch(textSql, form)} THEN ${iso} END`
      : `CAST(try_strptime(${textSql}, [${formats.map(sqlText).join(', ')}]) AS ${sqlType})`
  return { valid: `(${value}) IS NOT NULL`, value }
}

/** The number with a point and without groups; a text that is not grouped in threes stays as it is and fails the form. */
function numberText(textSql: string, options: TypeOptions): string {
  const plain = decimalText(textSql, options)
  if (options.units !== true) return plain
  const factor = `CASE upper(right(${plain}, 1)) WHEN 'K' THEN 1000 WHEN 'M' THEN 1000000 WHEN 'B' THEN 1000000000 END`
  const head = `left(${plain}, length(${plain}) - 1)`
  const scaled = `CAST(TRY_CAST(${head} AS DECIMAL(38, 9)) * ${factor} AS VARCHAR)`
  return `CASE WHEN ${fullMatch(plain, String.raw`[+-]?[0-9]+(?:\.[0-9]{1,9})?[KkMmBb]`)} THEN ${scaled} ELSE ${plain} END`
}

/** What is not a number in the locale's form must not pass as a number of another locale: it gets a mark that no form allows. */
function decimalText(textSql: string, options: TypeOptions): string {
  const { group } = options
  const decimal = options.decimal ?? '.'
  if (group === undefined && decimal === '.') return textSql
  const mark = `[${decimal}]`
  const grouped = group === undefined ? '[0-9]+' : `(?:[0-9]{1,3}(?:[${group}][0-9]{3})+|[0-9]+)`
  const form = `[+-]?${grouped}(?:${mark}[0-9]*)?(?:[eE][+-]?[0-9]+)?[KkMmBb]?(?:\\s*%)?`
  const bare = group === undefined ? textSql : `replace(${textSql}, ${sqlText(group)}, '')`
  return `CASE WHEN ${fullMatch(textSql, form)} THEN replace(${bare}, ${sqlText(decimal)}, '.') ELSE ${textSql} || '?' END`
}
