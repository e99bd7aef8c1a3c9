import { typedColumn } from '../../vocabulary/column-types.ts'
import type { ValueColumn } from '../../vocabulary/compile-checks.ts'

/** A term of an ORDER BY. */
export interface OrderSql {
  readonly sql: string
  readonly direction: string
}

/** Numbers in text are ordered as numbers; an empty value is never preferred. */
export function orderSql(column: ValueColumn, descending: boolean): readonly OrderSql[] {
  const direction = `${descending ? 'DESC' : 'ASC'} NULLS LAST`
  const values = column.type === null ? [typedColumn('decimal', column.text).value, column.text] : [column.value]
  return values.map((sql) => ({ sql, direction }))
}
