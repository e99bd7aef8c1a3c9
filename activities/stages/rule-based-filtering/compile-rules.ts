import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import { sqlName } from '../../duckdb.ts'
import { type LoadedDataset, ROW_COLUMN } from '../../load-dataset.ts'
import { lookOf, type ValueColumn } from '../../vocabulary/compile-checks.ts'
import { compileCondition, type Detail } from '../../vocabulary/compile-condition.ts'
import { type Condition, conditionsIn } from '../../vocabulary/condition-schema.ts'
import { type Expr, parseExpr } from '../../vocabulary/expr-sql.ts'
import { bindFault } from './bind-fault.ts'
import { cellChanges, changedRows, changesCells, refuseUnfit } from './change-cells.ts'
import { type CompiledShape, compileShape } from './compile-shape.ts'
import { type CompiledSimilar, normalText } from './find-similar.ts'
import { type OrderSql, orderSql } from './order-sql.ts'
import { findRuleOutliers, type RuleOutliers } from './rule-outliers.ts'
import { type Rule, type RuleSet, stopsRows, type Unique } from './rule-set.ts'
import { type RuleEnv, RuleTable } from './rule-table.ts'

type Cells = readonly Pick<ValueColumn, 'name' | 'text'>[]

/** A rule as SQL over rows. */
export interface CompiledRule {
  readonly rule: Rule
  /** SQL boolean over `CompiledRules.source`, never NULL; for `unique` always FALSE, since it takes the other rows to tell. */
  readonly violated: string
  /** SQL over `source` of the rule. */
  readonly details: readonly Detail[]
  /** SQL over `source` of the rule. */
  readonly unique: CompiledUnique | null
  /** SQL over `CompiledRules.source`: equal for rows that may be the same by `unique`, NULL for those that take no part. */
  readonly hash: string | null
  /** SQL boolean over `CompiledRules.source`: the rule says something about the row; null where its budget does not ask. */
  readonly checked: string | null
  /** FROM item with the cells as the rule sees them. */
  readonly source: string
  /** The cells as they came in, over `source` of the rule. */
  readonly cells: Cells
  /** SQL over `CompiledRules.source`: how many cells of the row the rule changes; null where it changes none. */
  readonly changed: string | null
  /** The rule over the cells of the input, where rules before it change some; null: it sees them. */
  readonly alone: { readonly sql: string; readonly source: string; readonly unique: CompiledUnique | null } | null
}

export interface CompiledUnique {
  /** SQL VARCHARs that two rows must have in common; NULL where empty. */
  readonly keys: readonly string[]
  /** An ORDER BY that puts the row to be kept first. */
  readonly order: readonly OrderSql[]
  /** SQL boolean: the row is compared with others. Never NULL. */
  readonly takesPart: string
  /** Not even one of those that are the same stays. */
  readonly keepsNone: boolean
  /** Rows are the same when their texts are much alike. */
  readonly similar: CompiledSimilar | null
}

export interface CompiledRules {
  /** FROM item: the input with the values of `let`, and the cells that rules change until one stops the row. */
  readonly source: string
  /** FROM item of rows that no rule stops. */
  readonly kept: string
  /** The columns of `kept`, as the input has them. */
  readonly columns: readonly ValueColumn[]
  /** The cells as they came in, over `source`. */
  readonly cells: Cells
  readonly rules: readonly CompiledRule[]
  /** What happens to the rows that no rule stops; null: nothing. */
  readonly shape: CompiledShape | null
  /** Makes the SQL mean something on another connection too. */
  readonly share: (connection: DuckDBConnection) => Promise<void>
}

/** Turns the rules into SQL for this input. Throws COLUMN_MISSING or CONFIG_INVALID, with all that is missing at once. */
export async function compileRules(
  set: RuleSet,
  dataset: LoadedDataset,
  options: { readonly connection: DuckDBConnection; readonly now: Date; readonly projectDir: string },
): Promise<CompiledRules> {
  const exprs = await parseAll(set, options.connection)
  const { connection, now, projectDir } = options
  const table = new RuleTable(set, dataset, { exprs, now, projectDir })
  const outliers = await findRuleOutliers(connection, set.rules, table)
  const compiled: CompiledRules = new RuleCompiler(table, dataset, outliers).compile(set.rules)
  table.refuseMissing()
  await tryOut(compiled, connection)
  await refuseUnfit(set.rules, table.env, connection)
  const isShaped = Object.values(set.shape.spec).some((part) => part !== undefined)
  return { ...compiled, shape: isShaped ? await compileShape(table, set.shape, connection) : null }
}

async function parseAll(set: RuleSet, connection: DuckDBConnection): Promise<ReadonlyMap<string, Expr>> {
  const inRules = set.rules.flatMap((rule) => [...conditionsIn(rule.condition)].map(({ condition }) => condition.expr))
  const inLets = [...set.lets, ...set.shape.derives].map(({ spec }) => spec.expr)
  const parsed = new Map<string, Expr>()
  for (const text of [...inRules, ...inLets]) {
    if (text === undefined || parsed.has(text)) continue
    const result = await parseExpr(connection, text)
    if ('fault' in result) throw new OnclockError('CONFIG_INVALID', `the expression ${result.fault.message}`)
    parsed.set(text, result.expr)
  }
  return parsed
}

/** Lets DuckDB bind the rules over no rows, so that what does not fit is said with the rule's name. */
async function tryOut({ source, rules }: CompiledRules, connection: DuckDBConnection): Promise<void> {
  const bind = (sql: readonly string[], from: string): Promise<unknown> =>
    connection.run(`SELECT ${['TRUE', ...sql].join(', ')} FROM ${from} LIMIT 0`)
  const asked = ({ unique, details }: CompiledRule): readonly string[] =>
    unique === null
      ? details.map(({ ok }) => ok)
      : [unique.takesPart, ...unique.keys, ...(unique.similar === null ? [] : [unique.similar.text, ...unique.similar.groups])]
  const fits = await bind(
    rules.flatMap((rule) => (rule.source === source ? asked(rule) : [rule.hash ?? rule.violated])),
    source,
  ).then(
    () => true,
    () => false,
  )
  for (const rule of fits ? [] : rules) {
    try {
      await bind(asked(rule), rule.source)
    } catch (error) {
      throw new OnclockError('CONFIG_INVALID', `rule "${rule.rule.id}" cannot be run on these columns: ${bindFault(error)}`, {
        hint: 'Columns are text unless the intake gives them a type, such as views: {type: integer}.',
        cause: error,
      })
    }
  }
}

/** The rules in their order; where one changes cells, those after it see the changed ones. */
class RuleCompiler {
  readonly #table: RuleTable
  readonly #dataset: LoadedDataset
  readonly #outliers: RuleOutliers
  /** The cells as they came in, over the table as it is by now. */
  readonly #cells: Pick<ValueColumn, 'name' | 'text'>[]

  constructor(table: RuleTable, dataset: LoadedDataset, outliers: RuleOutliers) {
    this.#table = table
    this.#dataset = dataset
    this.#outliers = outliers
    this.#cells = [...dataset.columns]
  }

  compile(specs: readonly Rule[]): CompiledRules {
    const table = this.#table
    const start = table.source
    const rules = specs.map((rule, index) => this.#compileRule(rule, index))
    const { share } = this.#outliers
    const cells = this.#cells
    const first = specs.findIndex(changesCells)
    if (first === -1)
      return { source: table.source, kept: this.#dataset.table, columns: this.#dataset.columns, cells, rules, shape: null, share }
    for (const [index, spec] of specs.entries()) {
      const alone = rules[index]
      if (alone === undefined || index < first) continue
      // What a rule is by itself is worked out before the first change.
      const carried = index === first ? this.#carryAlone(rules, first) : []
      if (index > first) rules[index] = { ...this.#compileRule(spec, index), alone: aloneOf(alone, index, start) }
      if (changesCells(spec)) this.#change({ rules, index, carried })
    }
    return { source: table.source, kept: table.kept, columns: table.columns, cells, rules, shape: null, share }
  }

  #carryAlone(rules: readonly CompiledRule[], first: number): readonly string[] {
    return rules.flatMap((rule, index) => (index > first ? [`${rule.hash ?? rule.violated} AS __alone_${index}`] : []))
  }

  /** Adds the change of a rule to the table. What was said of the cells before it is kept in columns of its own. */
  #change({ rules, index, carried }: Change): void {
    const table = this.#table
    const cells = this.#cells
    const rule = rules[index]
    if (rule === undefined) return
    const changes = cellChanges(rule.rule, table.env)
    const flags = changes.map((_, at) => `__broken_${index}_${at}`)
    const asked = changes.map(({ violated }, at) => `${violated} AS ${flags[at]}`)
    const before = rules.slice(0, index)
    const guards = before.flatMap((other, at) => (other.unique === null && stopsRows(other.rule) ? [`__broken_${at}`] : []))
    const texts = changes.map((_, at) => `__text_${index}_${at}`)
    const columns = [...before.flatMap(carriedColumns), ...carried, ...asked]
    const was: string[] = []
    for (const { column } of changes) {
      const at = cells.findIndex((cell) => cell.name === column.name)
      if (cells[at]?.text !== column.text || at === -1) continue
      was.push(`${column.text} AS __was_${at}`)
      cells[at] = { name: column.name, text: `__was_${at}` }
    }
    for (const [at, other] of before.entries()) rules[at] = asCarried(other, at)
    if (rule.checked !== null) columns.push(`${changes.map(({ checked }) => checked).join(' OR ')} AS __checked_${index}`)
    const guard = guards.length === 0 ? '' : `NOT (${guards.join(' OR ')})`
    rules[index] = {
      ...rule,
      violated: `(${flags.join(' OR ')})`,
      details: changes.flatMap(({ details }) => details),
      checked: rule.checked === null ? null : `__checked_${index}`,
      changed: `__changed_${index}`,
    }
    const judged = `(SELECT ${['*', ...columns, ...was].join(', ')} FROM ${table.source})`
    const kept = `(SELECT ${['*', ...asked].join(', ')} FROM ${table.kept})`
    table.source = changedRows(changes, { from: judged, flags, guard, texts, count: `__changed_${index}` })
    table.kept = changedRows(changes, { from: kept, flags, guard: '', texts, count: null })
    for (const [at, { column }] of changes.entries())
      table.setColumn({ ...column, text: texts[at] ?? column.text, value: sqlName(column.name) })
    table.refreshLets(changes.map(({ column }) => column.name))
  }

  #compileRule(rule: Rule, index: number): CompiledRule {
    const { env, source } = this.#table
    this.#table.asking = rule.id
    const base = { rule, source, cells: [...this.#cells], changed: null, alone: null }
    if (rule.unique !== null) {
      const unique = this.#compileUnique(rule.unique, rule, env)
      const checked = rule.budget.of === 'checked' ? unique.takesPart : null
      return { ...base, violated: 'FALSE', details: [], unique, hash: unique.similar === null ? hashSql(unique) : null, checked }
    }
    const outliers = this.#outliers.details.get(index) ?? []
    const own =
      rule.outliers.length > 0 && saysNothing(rule.condition) ? null : compileCondition(rule.condition, rule.around, env)
    const details = [...(own?.details ?? []), ...outliers]
    const ok =
      outliers.length === 0 && own !== null
        ? own.ok
        : `(${[...(own === null ? [] : [own]), ...outliers].map((part) => part.ok).join(' AND ')})`
    const checked = rule.budget.of === 'checked' ? `(${ok} IS NOT NULL)` : null
    return { ...base, violated: `coalesce(NOT ${ok}, FALSE)`, details, unique: null, hash: null, checked }
  }

  #compileUnique(unique: Unique, rule: Rule, env: RuleEnv): CompiledUnique {
    const keys = unique.by.map((name) => lookOf(env.column(name), { as: [...unique.as] }).text)
    const order = unique.orderBy.flatMap(({ column, descending }) =>
      orderSql(env.column(column), descending !== (unique.keep === 'last')),
    )
    const when = unique.when === null ? 'TRUE' : compileCondition(unique.when, rule.around, env).ok
    return {
      keys,
      order: [...order, { sql: ROW_COLUMN, direction: unique.keep === 'last' ? 'DESC' : 'ASC' }],
      takesPart: `(coalesce(${when}, FALSE) AND (${unique.emptyIsSame ? 'TRUE' : keys.map((key) => `(${key}) IS NOT NULL`).join(' OR ')}))`,
      keepsNone: unique.keep === 'none',
      similar: unique.similar === null ? null : this.#compileSimilar(unique.by, unique.similar),
    }
  }

  #compileSimilar(by: readonly string[], { per, atLeast }: NonNullable<Unique['similar']>): CompiledSimilar {
    const { env } = this.#table
    const [whole = '', decimals = ''] = atLeast.slice(0, -1).trim().split('.')
    const texts = by.map((name) => env.column(name).text)
    return {
      text: normalText(texts.length === 1 ? (texts[0] ?? '') : `concat_ws(' ', ${texts.join(', ')})`),
      groups: per.map((name) => env.column(name).text),
      percent: Number(whole + decimals),
      scale: 10 ** decimals.length,
    }
  }
}

const saysNothing = ({ column: _c, columns: _cs, as: _a, match: _m, nulls: _n, when: _w, ...checks }: Condition): boolean =>
  Object.values(checks).every((check) => check === undefined)

interface Change {
  readonly rules: CompiledRule[]
  readonly index: number
  readonly carried: readonly string[]
}

/** Rows without a key are not compared. Equal hashes are compared by value afterwards. */
const hashSql = ({ keys, takesPart }: CompiledUnique): string => `CASE WHEN ${takesPart} THEN hash(${keys.join(', ')}) END`

const aloneOf = ({ unique }: CompiledRule, index: number, source: string): CompiledRule['alone'] => ({
  sql: `__alone_${index}`,
  source,
  unique,
})

/** What a rule says of cells that are about to change, in columns; nothing where it has them already. */
function carriedColumns({ violated, unique, hash, checked }: CompiledRule, index: number): readonly string[] {
  const asked: readonly (readonly [string | null, string])[] = [
    [unique === null ? violated : null, `__broken_${index}`],
    [hash, `__same_${index}`],
    [checked, `__checked_${index}`],
  ]
  return asked.flatMap(([sql, name]) => (sql === null || sql === name ? [] : [`${sql} AS ${name}`]))
}

function asCarried(rule: CompiledRule, index: number): CompiledRule {
  return {
    ...rule,
    violated: rule.unique === null ? `__broken_${index}` : rule.violated,
    hash: rule.hash === null ? null : `__same_${index}`,
    checked: rule.checked === null ? null : `__checked_${index}`,
  }
}
