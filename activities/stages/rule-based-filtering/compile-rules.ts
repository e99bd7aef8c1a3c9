import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import { didYouMean } from '../../../pipeline/suggest.ts'
import { sqlName, sqlText } from '../../duckdb.ts'
import { type LoadedDataset, ROW_COLUMN } from '../../load-dataset.ts'
import { timestampSql } from '../../vocabulary/bound-sql.ts'
import { type CompileEnv, lookOf, type ValueColumn } from '../../vocabulary/compile-checks.ts'
import { compileCondition, type Detail } from '../../vocabulary/compile-condition.ts'
import { conditionsIn } from '../../vocabulary/condition-schema.ts'
import { type Expr, parseExpr } from '../../vocabulary/expr-sql.ts'
import { typedColumn } from '../../vocabulary/column-types.ts'
import { createWordLists } from '../../vocabulary/word-lists.ts'
import type { Rule, RuleSet, Unique } from './rule-set.ts'
import { valueSql } from './value-sql.ts'

/** A rule as SQL over the rows of `source`. */
export interface CompiledRule {
  readonly rule: Rule
  /** SQL boolean, never NULL; for `unique` always FALSE, since it takes the other rows to tell. */
  readonly violated: string
  readonly details: readonly Detail[]
  readonly unique: CompiledUnique | null
  /** SQL boolean: the rule says something about the row; null where its budget does not ask. */
  readonly checked: string | null
}

export interface CompiledUnique {
  /** SQL VARCHARs that two rows must have in common; NULL where empty. */
  readonly keys: readonly string[]
  /** An ORDER BY that puts the row to be kept first. */
  readonly order: readonly { readonly sql: string; readonly direction: string }[]
  /** SQL boolean: the row is compared with others. Never NULL. */
  readonly takesPart: string
  /** Not even one of those that are the same stays. */
  readonly keepsNone: boolean
}

export interface CompiledRules {
  /** FROM item: the input with the values of `let`. */
  readonly source: string
  readonly rules: readonly CompiledRule[]
}

/** Turns the rules into SQL for this input. Throws COLUMN_MISSING or CONFIG_INVALID, with all that is missing at once. */
export async function compileRules(
  set: RuleSet,
  dataset: LoadedDataset,
  options: { readonly connection: DuckDBConnection; readonly now: Date; readonly projectDir: string },
): Promise<CompiledRules> {
  const exprs = await parseAll(set, options.connection)
  const compiler = new RuleCompiler(set, dataset, { exprs, now: options.now, projectDir: options.projectDir })
  const compiled = compiler.compile()
  await tryOut(compiled, options.connection)
  return compiled
}

async function parseAll(set: RuleSet, connection: DuckDBConnection): Promise<ReadonlyMap<string, Expr>> {
  const inRules = set.rules.flatMap((rule) => [...conditionsIn(rule.condition)].map(({ condition }) => condition.expr))
  const inLets = set.lets.map(({ spec }) => spec.expr)
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
  const all = rules.map(({ violated, unique }) => (unique === null ? violated : [unique.takesPart, ...unique.keys].join(', ')))
  const bind = (sql: string): Promise<unknown> => connection.run(`SELECT ${sql} FROM ${source} LIMIT 0`)
  const fits = await bind(all.join(', ')).then(
    () => true,
    () => false,
  )
  for (const [index, { rule }] of (fits ? [] : rules).entries()) {
    try {
      await bind(all[index] ?? 'TRUE')
    } catch (error) {
      throw new OnclockError('CONFIG_INVALID', `rule "${rule.id}" cannot be run on these columns: ${bindFault(error)}`, {
        hint: 'Columns are text unless the intake gives them a type, such as views: {type: integer}.',
        cause: error,
      })
    }
  }
}

function bindFault(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  return /^\w+ Error: (?<why>[^\n]*)/.exec(message)?.groups?.['why'] ?? 'it does not fit them'
}

interface Compiling {
  readonly exprs: ReadonlyMap<string, Expr>
  readonly now: Date
  readonly projectDir: string
}

class RuleCompiler {
  readonly #set: RuleSet
  readonly #dataset: LoadedDataset
  readonly #compiling: Compiling
  readonly #columns: Map<string, ValueColumn>
  readonly #missing = new Map<string, Set<string>>()
  /** Whether a rule found its column. */
  #recognised = false
  readonly #asText = new Map<string, Set<string>>()
  #source: string
  #rule = ''

  constructor(set: RuleSet, dataset: LoadedDataset, compiling: Compiling) {
    this.#set = set
    this.#dataset = dataset
    this.#compiling = compiling
    this.#columns = new Map(dataset.columns.map((column) => [column.name, column]))
    this.#source = dataset.table
  }

  compile(): CompiledRules {
    const env = this.#env()
    if ([...this.#compiling.exprs.values()].some(({ columns }) => columns.includes('now')) && !this.#columns.has('now')) {
      this.#addColumn('now', timestampSql(this.#compiling.now), 'datetime')
    }
    for (const { name, spec, around } of this.#set.lets) {
      this.#rule = `let ${name}`
      if ([...this.#columns.keys()].some((known) => known.toLowerCase() === name.toLowerCase()))
        throw new OnclockError('CONFIG_INVALID', `let: the input has a column "${name}" already`)
      const { sql, type } = valueSql(spec, around, env)
      this.#addColumn(name, type === null ? `CAST(${sql} AS DOUBLE)` : sql, type ?? 'decimal')
    }
    const rules = this.#set.rules.map((rule) => this.#compileRule(rule, env))
    this.#refuseMissing()
    return { source: this.#source, rules }
  }

  #addColumn(name: string, sql: string, type: ValueColumn['type']): void {
    this.#source = `(SELECT *, ${sql} AS ${sqlName(name)} FROM ${this.#source})`
    this.#columns.set(name, { name, text: `CAST(${sqlName(name)} AS VARCHAR)`, type, value: sqlName(name) })
  }

  #compileRule(rule: Rule, env: RuleEnv): CompiledRule {
    this.#rule = rule.id
    if (rule.unique !== null) {
      const unique = this.#compileUnique(rule.unique, rule, env)
      return { rule, violated: 'FALSE', details: [], unique, checked: rule.budget.of === 'checked' ? unique.takesPart : null }
    }
    const { ok, details } = compileCondition(rule.condition, rule.around, env)
    const checked = rule.budget.of === 'checked' ? `(${ok} IS NOT NULL)` : null
    return { rule, violated: `coalesce(NOT ${ok}, FALSE)`, details, unique: null, checked }
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
    }
  }

  #env(): RuleEnv {
    const { now, projectDir } = this.#compiling
    return {
      now,
      projectDir,
      lists: createWordLists(this.#set.lists, projectDir),
      column: (name) => this.#column(name),
      expr: (text) => this.#expr(text),
    }
  }

  /** A missing column gets a stand-in, so that all that are missing are found. */
  #column(name: string): ValueColumn {
    const column = this.#columns.get(name)
    this.#recognised ||= column !== undefined
    if (column !== undefined) return column
    note(this.#missing, name, this.#rule)
    return { name, text: 'CAST(NULL AS VARCHAR)', type: null, value: 'CAST(NULL AS VARCHAR)' }
  }

  #expr(text: string): string {
    const expr = this.#compiling.exprs.get(text)
    if (expr === undefined) throw new Error('an expression was not parsed')
    const known = new Map([...this.#columns.values()].map((column) => [column.name.toLowerCase(), column]))
    this.#recognised ||= expr.columns.some((name) => known.has(name.toLowerCase()))
    for (const name of expr.columns) if (!known.has(name.toLowerCase())) note(this.#missing, name, this.#rule)
    for (const name of expr.asNumbers) if (known.get(name.toLowerCase())?.type === null) note(this.#asText, name, this.#rule)
    return expr.sql
  }

  #refuseMissing(): void {
    if (this.#missing.size > 0) {
      const names = [...this.#columns.keys()]
      const said = [...this.#missing].map(([name, rules]) => `"${name}" (${[...rules].join(', ')})`).join(', ')
      const guesses = [...this.#missing.keys()].map((name) => didYouMean(name, names)).filter((guess) => guess !== null)
      // A header in which the rules find nothing may be a row of data, whose cells stay out of an error.
      const isHeader = this.#recognised || guesses.length > 0
      throw new OnclockError('COLUMN_MISSING', `the input has no column ${said}`, {
        hint: isHeader
          ? [...guesses, `Its columns: ${this.#dataset.columns.map(({ name }) => name).join(', ')}`].join(' ')
          : 'It has none of the columns that the rules name. Was its first row taken for a header? Then: header: false.',
      })
    }
    for (const [name, rules] of this.#asText) {
      throw new OnclockError(
        'CONFIG_INVALID',
        `rule "${[...rules].join(', ')}": the expression counts with "${name}", which is text`,
        {
          hint: `Give it a type in the intake (columns: {${name}: {type: integer}}), or write TRY_CAST(${name} AS DOUBLE).`,
        },
      )
    }
  }
}

interface RuleEnv extends CompileEnv {
  column(name: string): ValueColumn
  expr(text: string): string
}

function note(notes: Map<string, Set<string>>, name: string, rule: string): void {
  notes.set(name, (notes.get(name) ?? new Set()).add(rule))
}

/** Numbers in text are ordered as numbers; an empty value is never preferred. */
function orderSql(column: ValueColumn, descending: boolean): CompiledUnique['order'] {
  const direction = `${descending ? 'DESC' : 'ASC'} NULLS LAST`
  const values = column.type === null ? [typedColumn('decimal', column.text).value, column.text] : [column.value]
  return values.map((sql) => ({ sql, direction }))
}

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

export const VIOLATIONS_TYPE = 'STRUCT(rule VARCHAR, "column" VARCHAR, "value" VARCHAR, message VARCHAR)[]'
