import { sqlText } from '../duckdb.ts'
import { cleanText } from './clean-text.ts'
import type { ColumnForm } from './column-form-schema.ts'
import type { ColumnType } from './column-type-schema.ts'
import { durationSql } from './duration-sql.ts'
import { hasNumberForm, numberText, percentText } from './number-form.ts'
import { timeText } from './time-form.ts'

/** What a type may be told besides its name: how its values are written, and those of an `enum`. */
export interface TypeOptions extends ColumnForm {
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
const PERCENT = String.raw`[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)[\s\x{A0}\x{2009}\x{202F}]*%`
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
  const normal = normalText(type, textSql, options) ?? textSql
  return { ...READERS[type](normal, options), sqlType: SQL_TYPES[type] }
}

/**
 * The text of a cell that is written as the options say (`1.234,5`, `541.2K`, `29.02.2024`, `ja`) in the form in which every
 * stage reads it (`1234.5`, `541200`, `2024-02-29`, `true`); NULL where it is not so written. Null: the options say nothing
 * about the type, whose texts are normal as they are.
 */
export function normalText(type: ColumnType, textSql: string, options: ColumnForm): string | null {
  if (type === 'boolean') return wordsText(textSql, options)
  if (type === 'date' || type === 'datetime') {
    return options.format === undefined ? null : timeText(textSql, options.format, type)
  }
  if (!hasNumberForm(options)) return null
  if (type === 'percent') return percentText(textSql, { ...options, units: false })
  return type === 'integer' || type === 'decimal' ? numberText(textSql, options) : null
}

function wordsText(textSql: string, { true_words: yes, false_words: no }: ColumnForm): string | null {
  if (yes === undefined && no === undefined) return null
  const among = (words: readonly string[]): string =>
    isOneOf(
      `lower(${textSql})`,
      words.map((word) => cleanText(['lower'], word)),
    )
  return `CASE WHEN ${among(['true', ...(yes ?? TRUE)])} THEN 'true' WHEN ${among(['false', ...(no ?? FALSE)])} THEN 'false' END`
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
  integer: (text) => cast(INTEGER, text, 'BIGINT'),
  decimal: (text) => cast(DECIMAL, text, 'DOUBLE'),
  // The exponent moves the point: a division would give 0.033 another last digit than it has when it is written so.
  percent: (text) => when(fullMatch(text, PERCENT), `TRY_CAST(regexp_extract(${text}, '^[^%\\s]*[0-9]') || 'e-2' AS DOUBLE)`),
  duration: (text) => ({ valid: `(${durationSql(text)}) IS NOT NULL`, value: durationSql(text) }),
  boolean: (text) => when(isOneOf(`lower(${text})`, [...TRUE, ...FALSE]), isOneOf(`lower(${text})`, TRUE)),
  date: (text) => timeColumn(text, ISO_DATE, 'DATE'),
  datetime: (text) => timeColumn(text, ISO_DATETIME, 'TIMESTAMP'),
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

function timeColumn(textSql: string, form: string, sqlType: 'DATE' | 'TIMESTAMP'): Reading {
  // TIMESTAMP drops an offset without a word; TIMESTAMPTZ reads it, and the session's zone is UTC.
  const iso = `CAST(TRY_CAST(${textSql} AS ${sqlType === 'DATE' ? 'DATE' : 'TIMESTAMPTZ'}) AS ${sqlType})`
  const value = `CASE WHEN ${fullMatch(textSql, form)} THEN ${iso} END`
  return { valid: `(${value}) IS NOT NULL`, value }
}
