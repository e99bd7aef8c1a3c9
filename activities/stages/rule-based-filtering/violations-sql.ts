import { sqlText } from '../../duckdb.ts'
import { VIOLATIONS_TYPE } from '../../left-out/violations-type.ts'
import type { Detail } from '../../vocabulary/compile-condition.ts'
import type { CompiledRule } from './compile-rules.ts'

/** The violations of a rule as an SQL list: one entry for each of its checks that the row does not pass. */
export function violationsSql({ rule, details }: CompiledRule, fallback: string): string {
  const entry = (detail: Pick<Detail, 'column' | 'value'> & { readonly message: string }): string => {
    const column = detail.column === null ? 'NULL' : sqlText(detail.column)
    const message = rule.message === null ? detail.message : sqlText(rule.message)
    return `{'rule': ${sqlText(rule.id)}, 'column': ${column}, 'value': ${detail.value}, 'message': ${message}}`
  }
  if (details.length === 0) return `[${entry({ column: null, value: 'NULL', message: fallback })}]::${VIOLATIONS_TYPE}`
  const entries = details.map((detail) => entry({ ...detail, message: sqlText(detail.message) }))
  if (entries.length === 1) return `[${entries[0]}]::${VIOLATIONS_TYPE}`
  const tested = entries.map((sql, index) => `CASE WHEN coalesce(NOT ${details[index]?.ok}, FALSE) THEN ${sql} END`)
  return `list_filter([${tested.join(', ')}], lambda __v: __v IS NOT NULL)::${VIOLATIONS_TYPE}`
}
