import { OnclockError } from '../../pipeline/errors.ts'
import { sqlName, sqlText } from '../duckdb.ts'
import { boundSql, kindOf, numberSql, timestampSql, valueSql } from './bound-sql.ts'
import type { Bound, Entries, OtherColumn } from './column-checks-schema.ts'
import { cleanText } from './clean-text.ts'
import { isNumeric, typedColumn } from './column-types.ts'
import type { CompileEnv, ValueColumn } from './compile-env.ts'
import { durationSeconds } from './duration-sql.ts'
import { type Look, OPERATORS, type Outcome, resolveEntries } from './text-checks.ts'

type Limit = 'min' | 'max' | 'above' | 'below'

/** `min max above below`: a text that cannot be read as what it is compared with does not pass. */
export function limitOutcome(limit: Limit, bound: Bound, column: ValueColumn, env: CompileEnv): Outcome {
  const other = boundSql(bound, column, env)
  const value = other.kind === 'text' ? column.text : valueSql(column, other.kind)
  const compared = `${value} ${OPERATORS[limit]} ${other.sql}`
  const readable = other.kind === 'text' || (column.type !== null && kindOf(column.type) === other.kind)
  // An empty other column says nothing; a text that is no number is wrong whatever the other one is.
  const ok = readable
    ? `(${compared})`
    : `(CASE WHEN ${column.text} IS NOT NULL AND (${value}) IS NULL THEN FALSE ELSE ${compared} END)`
  const notOf = readable ? '' : ` or is not a ${other.kind === 'time' ? 'date' : 'number'}`
  return { ok, fails: `${FAILS[limit]} ${other.words}${notOf}`, holds: `${HOLDS[limit]} ${other.words}` }
}

const FAILS = { min: 'is below', max: 'is above', above: 'is not above', below: 'is not below' } as const
const HOLDS = { min: 'is at least', max: 'is at most', above: 'is above', below: 'is below' } as const

/** `equals`: numbers and dates by value, text and IDs by their text. */
export function equalsOutcome(
  operand: number | string | boolean | OtherColumn,
  column: ValueColumn,
  look: Look,
  env: CompileEnv,
): Outcome {
  if (typeof operand === 'object') return equalsColumn(operand, column, look, env)
  const [literal = 'NULL'] = literals([isText(column) ? cleanText(look.as, String(operand)) : String(operand)], column)
  const shown = typeof operand === 'string' ? `"${operand}"` : String(operand)
  const side = comparedAs(column, look)
  return { ok: `(${side} = ${literal})`, fails: `is not ${shown}`, holds: `is ${shown}` }
}

/** `in`: as `equals` with several values. */
export function inOutcome(entries: Entries, column: ValueColumn, look: Look, env: CompileEnv): Outcome {
  const values = resolveEntries(entries, isText(column) ? look.as : [], env)
  const few = values.length <= 6 && values.every((value) => value.length <= 30)
  const named = few ? values.join(', ') : `the ${values.length} values given`
  const ok =
    isText(column) && values.length > MANY
      ? lookup(look.text, values)
      : (integerLookup(column, values) ?? `(${comparedAs(column, look)} IN (${literals(values, column).join(', ')}))`)
  return { ok, fails: `is none of ${named}`, holds: `is one of ${named}` }
}

/** From here on a lookup by hash costs less than one comparison after the other. */
const MANY = 100

/** A cast to an ENUM finds its value by hash; a join would too, but it loses the order of the rows. */
function lookup(text: string, values: readonly string[]): string {
  return `(CASE WHEN ${text} IS NOT NULL THEN TRY_CAST(${text} AS ENUM(${values.map(sqlText).join(', ')})) IS NOT NULL END)`
}

/** Many whole numbers are looked up in the one form that a BIGINT prints as. Null: the values are few, or not all of that form. */
function integerLookup(column: ValueColumn, values: readonly string[]): string | null {
  if (column.type !== 'integer' || values.length <= MANY || !values.every((value) => /^[+-]?\d+$/.test(value))) return null
  return lookup(`CAST(${column.value} AS VARCHAR)`, [...new Set(values.map((value) => String(BigInt(value))))])
}

/** `within`: a date no further from now than this, in either direction. */
export function withinOutcome(duration: string, column: ValueColumn, env: CompileEnv): Outcome {
  const seconds = durationSeconds(duration) ?? 0
  const now = env.now.getTime()
  const [from, to] = [new Date(now - seconds * 1000), new Date(now + seconds * 1000)]
  const value = valueSql(column, 'time')
  const compared = `CAST(${value} AS TIMESTAMP) BETWEEN ${timestampSql(from)} AND ${timestampSql(to)}`
  const ok =
    kindOf(column.type) === 'time'
      ? `(${compared})`
      : `(CASE WHEN ${column.text} IS NOT NULL THEN coalesce(${compared}, FALSE) END)`
  return { ok, fails: `is not within ${duration} of now`, holds: `is within ${duration} of now` }
}

/** `type`: the strict form. */
export function typeOutcome(
  type: NonNullable<ValueColumn['type']>,
  column: ValueColumn,
  values: readonly string[] | undefined,
): Outcome {
  const known = type === column.type ? column.valid : undefined
  const options = { ...column.form, ...(values === undefined ? {} : { values }) }
  const valid = known ?? typedColumn(type, column.text, options).valid
  const what = known === undefined ? TYPE_WORDS[type] : `${TYPE_WORDS[type]} in the form given`
  return { ok: `(CASE WHEN ${column.text} IS NOT NULL THEN ${valid} END)`, fails: `is not ${what}`, holds: `is ${what}` }
}

const TYPE_WORDS = {
  text: 'a text',
  id: 'an ID',
  integer: 'a whole number',
  decimal: 'a number',
  boolean: 'true or false',
  date: 'a date',
  datetime: 'a date with a time',
  duration: 'a duration',
  percent: 'a percentage',
  email: 'an e-mail address',
  url: 'a URL',
  enum: 'one of the values given',
} as const

const isText = (column: ValueColumn): boolean =>
  column.type === null || (kindOf(column.type) === 'text' && column.type !== 'boolean')
const comparedAs = (column: ValueColumn, look: Look): string => (isText(column) ? look.text : column.value)

/** Values of the config as SQL of the column's type; one that cannot be of it is a fault of the config. */
function literals(values: readonly string[], column: ValueColumn): readonly string[] {
  return values.map((value) => {
    if (isText(column)) return sqlText(value)
    if (column.type === 'boolean') return booleanSql(value, column)
    const bound = boundSql(value, column, EMPTY_ENV)
    if (bound.kind !== kindOf(column.type)) throw notOfType(value, column)
    return isNumeric(column.type) && /^[+-]?\d+$/.test(value) ? numberSql(value) : bound.sql
  })
}

function booleanSql(value: string, column: ValueColumn): string {
  if (/^(?:true|yes|t|y|1)$/i.test(value)) return 'TRUE'
  if (/^(?:false|no|f|n|0)$/i.test(value)) return 'FALSE'
  throw notOfType(value, column)
}

const notOfType = (value: string, column: ValueColumn): OnclockError =>
  new OnclockError(
    'CONFIG_INVALID',
    `"${value}" is not ${TYPE_WORDS[column.type ?? 'text']}, which the column "${column.name}" is`,
  )

/** Literals refer to nothing. */
const EMPTY_ENV: CompileEnv = { column: () => undefined, lists: { entries: () => [] }, now: new Date(0), projectDir: '' }

function equalsColumn(operand: OtherColumn, column: ValueColumn, look: Look, env: CompileEnv): Outcome {
  const other = env.column(operand.column)
  if (other === undefined) throw new OnclockError('COLUMN_MISSING', `the input has no column ${sqlName(operand.column)}`)
  const plain = operand.times === undefined && operand.plus === undefined
  const words = { fails: `is not equal to ${operand.column}`, holds: `is equal to ${operand.column}` }
  if (plain && (isText(column) || isText(other))) return { ok: `(${look.text} = ${other.text})`, ...words }
  const bound = boundSql(operand, column, env)
  const value = valueSql(column, bound.kind)
  const unreadable = `${column.text} IS NOT NULL AND (${value}) IS NULL`
  return { ok: `(CASE WHEN ${unreadable} THEN FALSE ELSE ${value} = ${bound.sql} END)`, ...words }
}
