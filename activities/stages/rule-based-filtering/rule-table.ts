import { OnclockError } from '../../../pipeline/errors.ts'
import { didYouMean } from '../../../pipeline/suggest.ts'
import { sqlName } from '../../duckdb.ts'
import type { LoadedDataset } from '../../load-dataset.ts'
import { timestampSql } from '../../vocabulary/bound-sql.ts'
import type { CompileEnv, ValueColumn } from '../../vocabulary/compile-checks.ts'
import type { Expr } from '../../vocabulary/expr-sql.ts'
import { createWordLists } from '../../vocabulary/word-lists.ts'
import type { RuleSet } from './rule-set.ts'
import { columnOf, valueSql } from './value-sql.ts'

/** What rules may refer to; a missing column gets a stand-in, so that all that are missing are found. */
export interface RuleEnv extends CompileEnv {
  column(name: string): ValueColumn
  expr(text: string): string
}

interface Compiling {
  readonly exprs: ReadonlyMap<string, Expr>
  readonly now: Date
  readonly projectDir: string
}

/** The columns as rules see them: those of the input, the values of `let`, and what rules have changed. */
export class RuleTable {
  readonly env: RuleEnv
  readonly #set: RuleSet
  readonly #dataset: LoadedDataset
  readonly #exprs: ReadonlyMap<string, Expr>
  readonly #columns: Map<string, ValueColumn>
  readonly #missing = new Map<string, Set<string>>()
  readonly #asText = new Map<string, Set<string>>()
  /** Whether a rule found its column. */
  #recognised = false
  /** FROM item for the rules. */
  source: string
  /** FROM item for rows that no rule stops: what only the judgement of rules needs is not worked out again. */
  kept: string
  /** Who asks for columns: the ID of a rule, or the like. */
  asking = ''

  constructor(set: RuleSet, dataset: LoadedDataset, { exprs, now, projectDir }: Compiling) {
    this.#set = set
    this.#dataset = dataset
    this.#exprs = exprs
    this.#columns = new Map(dataset.columns.map((column) => [column.name, column]))
    this.source = dataset.table
    this.kept = dataset.table
    this.env = {
      now,
      projectDir,
      lists: createWordLists(set.lists, projectDir),
      column: (name) => this.#column(name),
      expr: (text) => this.#expr(text),
    }
    if ([...exprs.values()].some(({ columns }) => columns.includes('now')) && !this.#columns.has('now'))
      this.addColumn('now', timestampSql(now), 'datetime')
    this.#addLets()
  }

  /** The columns of the input as they are by now. */
  get columns(): readonly ValueColumn[] {
    return this.#dataset.columns.map((column) => this.#columns.get(column.name) ?? column)
  }

  /** Whether there is such a column, or value of `let`. */
  has(name: string): boolean {
    return this.#columns.has(name)
  }

  /** A name that differs from this one by small and capital letters alone. */
  alike(name: string): string | undefined {
    return [...this.#columns.keys()].find((known) => known !== name && known.toLowerCase() === name.toLowerCase())
  }

  /** Notes that a column which is asked for is not there. */
  miss(name: string): void {
    note(this.#missing, name, this.asking)
  }

  addColumn(name: string, sql: string, type: ValueColumn['type']): void {
    this.wrap((from) => `(SELECT *, ${sql} AS ${sqlName(name)} FROM ${from})`)
    this.setColumn({ name, text: `CAST(${sqlName(name)} AS VARCHAR)`, type, value: sqlName(name) })
  }

  setColumn(column: ValueColumn): void {
    this.#columns.set(column.name, column)
  }

  wrap(layer: (from: string) => string): void {
    this.source = layer(this.source)
    this.kept = layer(this.kept)
  }

  /** Works the values of `let` out again that read one of these columns. */
  refreshLets(changed: readonly string[]): void {
    const stale = new Set(changed.map((name) => name.toLowerCase()))
    for (const { name, spec, around } of this.#set.lets) {
      const read = spec.expr === undefined ? [columnOf(spec, around) ?? ''] : (this.#exprs.get(spec.expr)?.columns ?? [])
      if (!read.some((column) => stale.has(column.toLowerCase()))) continue
      stale.add(name.toLowerCase())
      const { sql } = letSql(valueSql(spec, around, this.env))
      this.wrap((from) => `(SELECT * REPLACE (${sql} AS ${sqlName(name)}) FROM ${from})`)
    }
  }

  /** Throws COLUMN_MISSING with all columns that were asked for and are not there, or CONFIG_INVALID for text that is counted with. */
  refuseMissing(): void {
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

  #addLets(): void {
    for (const { name, spec, around } of this.#set.lets) {
      this.asking = `let ${name}`
      if ([...this.#columns.keys()].some((known) => known.toLowerCase() === name.toLowerCase()))
        throw new OnclockError('CONFIG_INVALID', `let: the input has a column "${name}" already`)
      const { sql, type } = letSql(valueSql(spec, around, this.env))
      this.addColumn(name, sql, type)
    }
  }

  #column(name: string): ValueColumn {
    const column = this.#columns.get(name)
    this.#recognised ||= column !== undefined
    if (column !== undefined) return column
    note(this.#missing, name, this.asking)
    return { name, text: 'CAST(NULL AS VARCHAR)', type: null, value: 'CAST(NULL AS VARCHAR)' }
  }

  #expr(text: string): string {
    const expr = this.#exprs.get(text)
    if (expr === undefined) throw new Error('an expression was not parsed')
    const known = new Map([...this.#columns.values()].map((column) => [column.name.toLowerCase(), column]))
    this.#recognised ||= expr.columns.some((name) => known.has(name.toLowerCase()))
    for (const name of expr.columns) if (!known.has(name.toLowerCase())) note(this.#missing, name, this.asking)
    for (const name of expr.asNumbers) if (known.get(name.toLowerCase())?.type === null) note(this.#asText, name, this.asking)
    return expr.sql
  }
}

/** The value of a `let` is a number, whatever its expression gives. */
function letSql({ sql, type }: ReturnType<typeof valueSql>): { readonly sql: string; readonly type: 'integer' | 'decimal' } {
  if (type === null) return { sql: `CAST(${sql} AS DOUBLE)`, type: 'decimal' }
  return { sql, type }
}

function note(notes: Map<string, Set<string>>, name: string, rule: string): void {
  notes.set(name, (notes.get(name) ?? new Set()).add(rule))
}
