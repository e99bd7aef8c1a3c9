import { type ClampSql, clampSql } from '../../vocabulary/clamp-sql.ts'
import type { Bound } from '../../vocabulary/column-checks-schema.ts'
import type { ColumnType } from '../../vocabulary/column-type-schema.ts'
import type { CompileEnv, ValueColumn } from '../../vocabulary/compile-env.ts'
import type { ColumnConfig } from './column-config.ts'

/** Types that have bounds to be brought within. */
export const CLAMPED_TYPES: readonly ColumnType[] = ['integer', 'decimal', 'percent', 'duration', 'date', 'datetime']

/** Bounds of the config refer to nothing. */
const NO_COLUMNS: CompileEnv = { column: () => undefined, lists: { entries: () => [] }, now: new Date(0), projectDir: '' }

/** The clamp of a column with constant bounds; null where it has none. */
export function clampOf({ min, max, type }: ColumnConfig, column: ValueColumn): ClampSql | null {
  const bounds = { min: constant(min), max: constant(max) }
  const hasNone = bounds.min === undefined && bounds.max === undefined
  return type === undefined || hasNone ? null : clampSql(bounds, column, NO_COLUMNS)
}

const constant = (bound: Bound | undefined): Bound | undefined => (typeof bound === 'object' ? undefined : bound)

/** A bound as a cell of the type: `0.05` of a percentage is `5%`, `90` of a duration `90s`. */
export function boundText(bound: string | number, type: ColumnType): string {
  const text = String(bound)
  const isNumber = /^[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?$/.test(text)
  if (type === 'percent' && isNumber) return `${Number(`${text}e2`)}%`
  return type === 'duration' && isNumber ? `${text}s` : text
}
