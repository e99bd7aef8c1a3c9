import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import { sqlName, sqlText } from '../../duckdb.ts'
import { clampSql } from '../../vocabulary/clamp-sql.ts'
import { typedColumn } from '../../vocabulary/column-types.ts'
import type { ValueColumn } from '../../vocabulary/compile-checks.ts'
import {
  compileCondition,
  type Detail,
  subjectsOf,
  type Surroundings,
  surroundingsOf,
} from '../../vocabulary/compile-condition.ts'
import type { Rule } from './rule-set.ts'
import type { RuleEnv } from './rule-table.ts'

/** Actions that change a cell and let the row go on. */
const CHANGING: ReadonlySet<string> = new Set(['clear', 'clamp', 'set'])
export const changesCells = ({ action }: Pick<Rule, 'action'>): boolean => CHANGING.has(action)

/** The columns whose cells a rule changes. */
function changedColumns({ condition, around }: Pick<Rule, 'condition' | 'around'>): readonly string[] {
  return subjectsOf(surroundingsOf(condition, around))
}

/** Why a rule has no cell to change: code, message and hint; null where it has. */
export function changeFault(rule: Rule, lets: ReadonlySet<string>): readonly [string, string, string] | null {
  const { action, unique, outliers, condition } = rule
  if (unique !== null || outliers.length > 0) {
    const key = outliers[0]?.key ?? (unique?.similar ? 'similar' : 'unique')
    return ['no_cell', `"${action}" changes a cell, and ${key} is about rows beside others`, 'Let it filter, flag or warn.']
  }
  const columns = changedColumns(rule)
  if (columns.length === 0) return ['no_cell', `"${action}" does not say which cell to change`, 'Add column: NAME to the rule.']
  const named = columns.find((name) => lets.has(name))
  if (named !== undefined)
    return [
      'no_cell',
      `"${action}" would change "${named}", which let: works out and nothing writes`,
      'Name a column of the input.',
    ]
  if (action !== 'clamp' || condition.min !== undefined || condition.max !== undefined) return null
  return [
    'no_bound',
    '"clamp" has no bound to bring the value to',
    'Add min or max to the rule itself; above and below name no nearest value.',
  ]
}

/** What a rule does to the cells of one column, as SQL over the row before the change. */
export interface CellChange {
  readonly column: ValueColumn
  /** SQL boolean: the cell is not as the rule says. Never NULL. */
  readonly violated: string
  /** SQL boolean: the rule says something about the cell. */
  readonly checked: string
  readonly details: readonly Detail[]
  /** The text that the cell gets. */
  readonly text: string
}

/** Of several columns each is asked by itself: only the cells that are not as the rule says are changed. */
export function cellChanges(rule: Rule, env: RuleEnv): readonly CellChange[] {
  const here = surroundingsOf(rule.condition, rule.around)
  return changedColumns(rule).map((name) => {
    const column = env.column(name)
    const { ok, details } = compileCondition({ ...rule.condition, column: name, columns: undefined }, here, env)
    return {
      column,
      violated: `coalesce(NOT ${ok}, FALSE)`,
      checked: `(${ok} IS NOT NULL)`,
      details,
      text: textFor({ ...rule, as: here.as }, column, env),
    }
  })
}

function textFor({ as, ...rule }: Rule & Pick<Surroundings, 'as'>, column: ValueColumn, env: RuleEnv): string {
  if (rule.action === 'clear') return 'CAST(NULL AS VARCHAR)'
  return rule.action === 'set' ? sqlText(rule.put ?? '') : clampSql({ ...rule.condition, as }, column, env).text
}

/** The rows of `from` with changed cells. */
export function changedRows(
  changes: readonly CellChange[],
  options: {
    /** FROM item with the flags. */
    readonly from: string
    /** Columns that say whether a cell is to be changed. */
    readonly flags: readonly string[]
    /** SQL that a row must fulfil besides; empty for any. */
    readonly guard: string
    /** Names for the texts of the cells, changed or not. */
    readonly texts: readonly string[]
    /** A name for the number of cells of the row that got another text; null where nobody asks. */
    readonly count: string | null
  },
): string {
  const { from, flags, guard, texts, count } = options
  const when = flags.map((flag) => `${flag}${guard === '' ? '' : ` AND ${guard}`}`)
  const read = changes.map(({ column, text }, at) => `CASE WHEN ${when[at]} THEN ${text} ELSE ${column.text} END AS ${texts[at]}`)
  const values = changes.map(({ column: { name, type } }, at) => {
    const [bare, text = ''] = [sqlName(name), texts[at]]
    return type === null
      ? `${text} AS ${bare}`
      : `CASE WHEN ${when[at]} THEN ${typedColumn(type, text).value} ELSE ${bare} END AS ${bare}`
  })
  const counted = changes.map(({ column }, at) => `CAST(${texts[at]} IS DISTINCT FROM ${column.text} AS TINYINT)`)
  const more = count === null ? '' : `, ${counted.join(' + ')} AS ${count}`
  return `(SELECT * REPLACE (${values.join(', ')})${more} FROM (SELECT *, ${read.join(', ')} FROM ${from}))`
}

/** Throws CONFIG_INVALID where a text that a rule puts in is not of the type of its column, which holds for all cells. */
export async function refuseUnfit(rules: readonly Rule[], env: RuleEnv, connection: DuckDBConnection): Promise<void> {
  for (const rule of rules) {
    if (rule.put === null) continue
    for (const name of changedColumns(rule)) {
      const { type } = env.column(name)
      if (type === null) continue
      const reader = await connection.runAndReadAll(`SELECT coalesce(${typedColumn(type, sqlText(rule.put)).valid}, FALSE)`)
      if (reader.getRows()[0]?.[0] === true) continue
      throw new OnclockError('CONFIG_INVALID', `rule "${rule.id}" puts "${rule.put}" into "${name}", which is of type ${type}`, {
        hint: 'Put in a value of that type, or empty the cell with action: clear.',
      })
    }
  }
}
