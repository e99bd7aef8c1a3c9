import { sqlText } from '../duckdb.ts'
import { type BoundSql, boundSql, valueSql } from './bound-sql.ts'
import type { Bound } from './column-checks-schema.ts'
import type { ColumnType } from './column-type-schema.ts'
import { lookedAt, lookingThrough } from './compile-checks.ts'
import type { CompileEnv, ValueColumn } from './compile-env.ts'
import type { Look } from './text-checks.ts'

interface Bounds {
  readonly min?: Bound | undefined
  readonly max?: Bound | undefined
  readonly as?: Look['as'] | undefined
}

/** A cell brought within bounds. */
export interface ClampSql {
  /** SQL over the row: the text within them, as the steps of `as` look at it; what cannot be compared with them stays as it is. */
  readonly text: string
  /** SQL boolean over the row: the value is out of them. Never NULL. */
  readonly out: string
}

/** What becomes of a cell that is out of bounds. At least one of the bounds is given. */
export function clampSql({ min, max, as = [] }: Bounds, cell: ValueColumn, env: CompileEnv): ClampSql {
  const [column, others] = [lookedAt(cell, as), lookingThrough(env, as)]
  const sides = [
    { bound: min, compared: '<', rounded: 'ceil' },
    { bound: max, compared: '>', rounded: 'floor' },
  ] as const
  const cases = sides.flatMap(({ bound, compared, rounded }) => {
    if (bound === undefined) return []
    const other = boundSql(bound, column, others)
    const isOut = `(${valueSql(column, other.kind)} ${compared} ${other.sql})`
    const text = boundText(bound, other, { type: column.type, rounded })
    const isWritten = typeof bound !== 'object' || 'text' in bound
    return [{ isOut: isWritten ? isOut : `${isOut} AND ${isCell(other, column.type)}`, text }]
  })
  return {
    text: `CASE ${cases.map(({ isOut, text }) => `WHEN ${isOut} THEN ${text}`).join(' ')} ELSE ${cell.text} END`,
    out: `coalesce(${cases.map(({ isOut }) => isOut).join(' OR ')}, FALSE)`,
  }
}

/** Whether what another column gives can be a cell of the type. */
function isCell({ kind, sql }: BoundSql, type: ColumnType | null): string {
  if (kind !== 'number') return 'TRUE'
  const most = type === 'integer' ? 9e18 : Number.MAX_VALUE
  return `CAST(${sql} AS DOUBLE) BETWEEN ${type === 'duration' ? 0 : -most} AND ${most}`
}

interface Form {
  readonly type: ColumnType | null
  /** Where the column has whole numbers or days: which of them is still within the bound. */
  readonly rounded: 'ceil' | 'floor'
}

/** A bound as the text of a cell: as it is written where that can be, so that `1.50` stays `1.50`. */
function boundText(bound: Bound, { kind, sql }: BoundSql, { type, rounded }: Form): string {
  const written = typeof bound === 'object' || bound === 'now' ? null : String(bound)
  if (kind === 'text') return sql
  if (kind === 'time') {
    if (type === 'date') return dayText(sql, rounded)
    return written === null ? timeText(sql) : sqlText(written)
  }
  return written === null ? computedText(sql, { type, rounded }) : writtenText(written, sql, { type, rounded })
}

function writtenText(written: string, sql: string, form: Form): string {
  const unit = /[%a-z]$/i.exec(written)?.[0] ?? null
  const isOwnUnit =
    form.type === 'percent' ? unit === '%' : form.type === 'duration' ? unit !== null && unit !== '%' : unit === null
  const isCellText = isOwnUnit && (form.type !== 'integer' || /^[+-]?\d+$/.test(written))
  return isCellText ? sqlText(written) : computedText(sql, form)
}

function computedText(sql: string, { type, rounded }: Form): string {
  if (type === 'percent') return `${numberText(`round((${sql}) * 100, 10)`)} || '%'`
  if (type === 'duration') return `${numberText(sql)} || 's'`
  return type === 'integer' ? `CAST(TRY_CAST(${rounded}(${sql}) AS BIGINT) AS VARCHAR)` : numberText(sql)
}

/** `12` and not `12.0`. */
const numberText = (sql: string): string =>
  `CASE WHEN (${sql}) = trunc(${sql}) AND abs(${sql}) < 1e15 THEN CAST(CAST(${sql} AS BIGINT) AS VARCHAR) ELSE CAST(${sql} AS VARCHAR) END`

/** `2026-01-31` where it is a whole day. */
const timeText = (sql: string): string =>
  `CASE WHEN (${sql}) = CAST(${sql} AS DATE) THEN CAST(CAST(${sql} AS DATE) AS VARCHAR) ELSE CAST(${sql} AS VARCHAR) END`

function dayText(sql: string, rounded: Form['rounded']): string {
  const day = `CAST(${sql} AS DATE)`
  return rounded === 'floor'
    ? `CAST(${day} AS VARCHAR)`
    : `CAST(CASE WHEN (${sql}) > ${day} THEN ${day} + 1 ELSE ${day} END AS VARCHAR)`
}
