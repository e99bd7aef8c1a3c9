import type { DuckDBConnection } from '@duckdb/node-api'
import { ROW_COLUMN } from '../../load-dataset.ts'
import { lookedAt } from '../../vocabulary/compile-checks.ts'
import { compileCondition, type Detail, subjectsOf, surroundingsOf } from '../../vocabulary/compile-condition.ts'
import { findOutliers } from './find-outliers.ts'
import { namesOf, type Rule } from './rule-set.ts'
import type { RuleTable } from './rule-table.ts'

/** The outlier checks of all rules. */
export interface RuleOutliers {
  /** By the place of the rule. */
  readonly details: ReadonlyMap<number, readonly Detail[]>
  /** Makes their SQL mean something on another connection too. */
  readonly share: (connection: DuckDBConnection) => Promise<void>
}

/** Finds out what is usual for every outlier check, among the rows as they came in. */
export async function findRuleOutliers(
  connection: DuckDBConnection,
  rules: readonly Rule[],
  table: RuleTable,
): Promise<RuleOutliers> {
  const details = new Map<number, readonly Detail[]>()
  const shares: ((other: DuckDBConnection) => Promise<void>)[] = []
  const asked = rules.flatMap((rule, index) => (rule.outliers.length === 0 ? [] : [{ rule, index }]))
  const last = asked.length === 0 ? 0 : await lastRow(connection, table.source)
  for (const { rule, index } of asked) {
    table.asking = rule.id
    const here = surroundingsOf(rule.condition, rule.around)
    const found: Detail[] = []
    for (const [at, { key, spec }] of rule.outliers.entries())
      for (const [place, name] of subjectsOf(here).entries()) {
        const [column, ...per] = [name, ...namesOf(spec.per ?? [])].map((one) => lookedAt(table.env.column(one), here.as ?? []))
        if (column === undefined || [name, ...namesOf(spec.per ?? [])].some((one) => !table.has(one))) continue
        const check = { rule: rule.id, key, spec, column, per, nullsFail: here.nulls === 'fail' }
        const variable = `usual_${index}_${at}_${place}`
        const outliers = await findOutliers(connection, check, { source: table.source, name: variable, last })
        found.push({ ...guardedBy(rule, outliers.detail, table), value: table.env.column(name).text })
        shares.push(outliers.share)
      }
    details.set(index, found)
  }
  return {
    details,
    share: async (other) => {
      for (const share of shares) await share(other)
    },
  }
}

function guardedBy({ condition, around }: Rule, detail: Detail, { env }: RuleTable): Detail {
  if (condition.when === undefined) return detail
  const when = compileCondition(condition.when, { ...surroundingsOf(condition, around), nulls: undefined }, env).ok
  return { ...detail, ok: `(CASE WHEN ${when} THEN ${detail.ok} END)` }
}

async function lastRow(connection: DuckDBConnection, source: string): Promise<number> {
  const reader = await connection.runAndReadAll(`SELECT coalesce(max(${ROW_COLUMN}), 0) FROM ${source}`)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
