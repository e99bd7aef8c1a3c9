import { sqlText } from '../../duckdb.ts'
import { boundSql } from '../../vocabulary/bound-sql.ts'
import type { ColumnType } from '../../vocabulary/column-type-schema.ts'
import type { CompileEnv, ValueColumn } from '../../vocabulary/compile-env.ts'
import type { ColumnConfig } from './column-config.ts'

/** A column whose values are brought within bounds. */
export interface ColumnClamp {
  /** SQL over the row: the text within the bounds. */
  readonly text: string
  /** SQL boolean over the row: the value is out of them. */
  readonly out: string
}

/** Types that have bounds to be brought within. */
export const CLAMPED_TYPES: readonly ColumnType[] = ['integer', 'decimal', 'percent', 'duration', 'date', 'datetime']

/** Bounds of the config refer to nothing. */
const NO_COLUMNS: CompileEnv = { column: () => undefined, lists: { entries: () => [] }, now: new Date(0), projectDir: '' }

/** The clamp of a column with constant bounds. */
export function clampOf({ min, max, type }: ColumnConfig, column: ValueColumn): ColumnClamp | null {
  if (type === undefined) return null
  const sides = [
    { bound: min, compared: '<' },
    { bound: max, compared: '>' },
  ].flatMap(({ bound, compared }) => {
    if (bound === undefined || typeof bound === 'object') return []
    const { sql } = boundSql(bound, column, NO_COLUMNS)
    return [{ isOut: `(${column.value}) ${compared} ${sql}`, to: sqlText(boundText(bound, type)) }]
  })
  if (sides.length === 0) return null
  const cases = sides.map(({ isOut, to }) => `WHEN ${isOut} THEN ${to}`)
  return {
    text: `CASE ${cases.join(' ')} ELSE ${column.text} END`,
    out: `coalesce(${sides.map(({ isOut }) => isOut).join(' OR ')}, FALSE)`,
  }
}

/** A bound as a cell of the type: `0.05` of a percentage is `5%`, `90` of a duration `90s`. */
export function boundText(bound: string | number, type: ColumnType): string {
  const text = String(bound)
  const isNumber = /^[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?$/.test(text)
  if (type === 'percent' && isNumber) return `${Number(`${text}e2`)}%`
  return type === 'duration' && isNumber ? `${text}s` : text
}
