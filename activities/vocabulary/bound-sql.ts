import { OnclockError } from '../../pipeline/errors.ts'
import { sqlText } from '../duckdb.ts'
import type { Bound, OtherColumn } from './column-checks-schema.ts'
import { type ColumnType } from './column-type-schema.ts'
import { isNumeric, typedColumn } from './column-types.ts'
import type { CompileEnv, ValueColumn } from './compile-env.ts'
import { durationSeconds } from './duration-sql.ts'

/** What two values are compared as. */
export type Kind = 'number' | 'time' | 'text'

/** The other side of a comparison. */
export interface BoundSql {
  readonly kind: Kind
  readonly sql: string
  /** As people read it: `1000`, `0.5 × video_view_count`. */
  readonly words: string
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const PERCENT = /^([+-]?\d+(?:\.\d+)?)\s*%$/
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATETIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/

/** What a bound compares, by the column's type where that is known and else by how the bound is written. */
export function boundSql(bound: Bound, column: ValueColumn, env: CompileEnv): BoundSql {
  if (typeof bound === 'object') {
    return 'text' in bound
      ? { kind: 'text', sql: sqlText(bound.text), words: `"${bound.text}"` }
      : otherColumn(bound, column, env)
  }
  if (bound === 'now') return { kind: 'time', sql: timestampSql(env.now), words: 'now' }
  const literal = literalSql(bound)
  if (literal === null) {
    throw new OnclockError('CONFIG_INVALID', `"${bound}" is neither a number, a date, a duration nor a share`, {
      hint: 'To compare with another column write {column: name}.',
    })
  }
  return literal
}

/** Null when a bound as written can be compared with nothing. */
export function boundFault(bound: Bound): string | null {
  if (typeof bound === 'object') {
    if ('text' in bound) return null
    const { plus } = bound
    const good = typeof plus !== 'string' || durationSeconds(plus) !== null || NUMBER.test(plus)
    return good ? null : `plus: "${plus}" is neither a number nor a duration such as 7d`
  }
  if (bound === 'now' || literalSql(bound) !== null) return null
  return `"${bound}" is neither a number, a date, a duration nor a share; another column is {column: name}`
}

/** What is wrong with bounds that no value can be between; null where it takes a row to tell. */
export function boundsFault(bounds: Readonly<Partial<Record<'min' | 'max' | 'above' | 'below', unknown>>>): string | null {
  for (const low of ['min', 'above'] as const) {
    for (const high of ['max', 'below'] as const) {
      const [from, to] = [literalValue(bounds[low]), literalValue(bounds[high])]
      if (from === null || to === null || from.kind !== to.kind) continue
      if (from.value > to.value || (from.value === to.value && !(low === 'min' && high === 'max')))
        return `no value can fit: ${low}: ${String(bounds[low])} leaves nothing for ${high}: ${String(bounds[high])}`
    }
  }
  return null
}

function literalValue(bound: unknown): { readonly kind: Kind; readonly value: number } | null {
  if (typeof bound !== 'number' && typeof bound !== 'string') return null
  const literal = bound === 'now' ? null : literalSql(bound)
  if (literal === null) return null
  const text = String(bound)
  if (literal.kind === 'number') return { kind: 'number', value: NUMBER.test(text) ? Number(text) : Number(literal.sql) }
  const value = Date.parse(/^TIMESTAMP '(?<at>.*)'$/.exec(literal.sql)?.groups?.['at'] ?? '')
  return Number.isNaN(value) ? null : { kind: 'time', value }
}

/** The value of a column as a kind: typed columns are what they are, text is read strictly. */
export function valueSql(column: ValueColumn, kind: Kind): string {
  if (kindOf(column.type) === kind && column.type !== null) return column.value
  if (kind === 'text') return column.text
  if (kind === 'number') return typedColumn('decimal', column.text).value
  if (column.type === 'date') return column.value
  return typedColumn('datetime', column.text, column.form).value
}

/** What a type is compared as; null where the type is not known. */
export function kindOf(type: ColumnType | null): Kind | null {
  if (type === null) return null
  if (isNumeric(type)) return 'number'
  return type === 'date' || type === 'datetime' ? 'time' : 'text'
}

/** A moment as an SQL literal, in UTC. */
export const timestampSql = (date: Date): string => `TIMESTAMP ${sqlText(date.toISOString().slice(0, 23).replace('T', ' '))}`

function literalSql(bound: number | string): BoundSql | null {
  const text = String(bound)
  if (NUMBER.test(text)) return { kind: 'number', sql: numberSql(text), words: text }
  const share = PERCENT.exec(text)?.[1]
  if (share !== undefined) return { kind: 'number', sql: String(Number(`${share}e-2`)), words: text }
  if (DATE.test(text) && !Number.isNaN(Date.parse(text))) return { kind: 'time', sql: `TIMESTAMP ${sqlText(text)}`, words: text }
  if (DATETIME.test(text)) {
    const date = new Date(/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text.replace(' ', 'T')}Z`)
    return Number.isNaN(date.getTime()) ? null : { kind: 'time', sql: timestampSql(date), words: text }
  }
  const seconds = durationSeconds(text)
  return seconds === null ? null : { kind: 'number', sql: String(seconds), words: text }
}

/** Whole numbers as they are, so that 19 digits are compared exactly; others as doubles, which is what decimals are kept as. */
export const numberSql = (text: string): string => (/^[+-]?\d+$/.test(text) ? text : `CAST(${sqlText(text)} AS DOUBLE)`)

function otherColumn(bound: OtherColumn, column: ValueColumn, env: CompileEnv): BoundSql {
  const other = env.column(bound.column)
  if (other === undefined) throw new OnclockError('COLUMN_MISSING', `the input has no column "${bound.column}"`)
  const kind = comparedKind(bound, column, other)
  const times = bound.times === undefined ? '' : ` * ${bound.times}`
  // A column that says how its dates are written is compared with one that is written so too.
  const read = other.type === null && column.form !== undefined ? { ...other, form: column.form } : other
  return {
    kind,
    sql: `(${valueSql(read, kind)}${times}${plusSql(bound.plus, kind)})`,
    words: `${bound.times === undefined ? '' : `${bound.times} × `}${bound.column}${bound.plus === undefined ? '' : ` + ${bound.plus}`}`,
  }
}

/** What two columns are compared as: by their types, else by what is added to the other one. */
function comparedKind(bound: OtherColumn, column: ValueColumn, other: ValueColumn): 'number' | 'time' {
  if (bound.times !== undefined || typeof bound.plus === 'number') return 'number'
  const byPlus = typeof bound.plus === 'string' && durationSeconds(bound.plus) !== null ? 'time' : 'number'
  const known = kindOf(column.type) ?? (column.form === undefined ? null : 'time') ?? kindOf(other.type) ?? byPlus
  return known === 'text' ? byPlus : known
}

function plusSql(plus: number | string | undefined, kind: Kind): string {
  if (plus === undefined) return ''
  const amount = typeof plus === 'number' ? plus : (durationSeconds(plus) ?? Number(plus))
  return kind === 'time' ? ` + to_microseconds(${Math.round(amount * 1_000_000)})` : ` + ${amount}`
}
