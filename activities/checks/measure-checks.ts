import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../pipeline/errors.ts'
import { didYouMean } from '../../pipeline/suggest.ts'
import { kindOf, timestampSql, valueSql } from '../vocabulary/bound-sql.ts'
import { type CompileEnv, lookOf, ternaryChecks, type ValueColumn } from '../vocabulary/compile-checks.ts'
import { compileCondition } from '../vocabulary/compile-condition.ts'
import { type Expr, parseExpr } from '../vocabulary/expr-sql.ts'
import { conditionsIn } from '../vocabulary/condition-schema.ts'
import type { WordLists } from '../vocabulary/word-lists.ts'
import { isOfDates, LIMIT_WORDS, limitsOf, parseLimit, type Unit, unitOf } from './check-limits.ts'
import type { CheckSpec } from './check-schema.ts'

/** Rows that checks look at. */
export interface CheckedRows {
  /** FROM item. */
  readonly table: string
  readonly columns: readonly ValueColumn[]
}

/** What a check found. A share is `value` of `total`. */
export interface Measured {
  readonly unit: Unit
  /** Null: there was nothing to measure. Moments in milliseconds since 1970, ages in seconds. */
  readonly value: number | null
  readonly total: number | null
  /** Texts that are no number or date, and so were not measured. */
  readonly unread: number
}

interface MeasureSql {
  readonly unit: Unit
  readonly value: string
  readonly total: string
  readonly unread: string
}

export interface Measuring {
  readonly connection: DuckDBConnection
  readonly lists: WordLists
  readonly now: Date
  readonly projectDir: string
}

/** Measures all checks in one pass over the rows. Throws COLUMN_MISSING or CONFIG_INVALID with the name of the check. */
export async function measureChecks(
  checks: readonly CheckSpec[],
  rows: CheckedRows,
  measuring: Measuring,
): Promise<readonly Measured[]> {
  if (checks.length === 0) return []
  const compiler = new CheckCompiler(rows, await expressionsOf(checks, measuring.connection), measuring)
  const compiled = checks.map((check) => compiler.compile(check))
  const sql = compiled.map(({ value, total, unread }) => `[CAST(${value} AS DOUBLE), ${total}, ${unread}]`)
  const reader = await measuring.connection.runAndReadAll(`SELECT ${sql.join(', ')} FROM ${compiler.table}`)
  const found = reader.getRowsJson()[0] ?? []
  return compiled.map(({ unit }, index) => {
    const [value = null, total = null, unread = null] = (found[index] ?? []) as readonly (number | string | null)[]
    return { unit, value: asNumber(value), total: asNumber(total), unread: Number(unread ?? 0) }
  })
}

const asNumber = (value: number | string | null): number | null => (value === null ? null : Number(value))

async function expressionsOf(checks: readonly CheckSpec[], connection: DuckDBConnection): Promise<ReadonlyMap<string, Expr>> {
  const texts = checks.flatMap(({ where }) =>
    where === undefined ? [] : conditionsIn(where).map(({ condition }) => condition.expr),
  )
  const found = new Map<string, Expr>()
  for (const text of texts) {
    if (text === undefined || found.has(text)) continue
    const result = await parseExpr(connection, text)
    if ('fault' in result) throw new OnclockError('CONFIG_INVALID', `the expression ${result.fault.message}`)
    found.set(text, result.expr)
  }
  return found
}

class CheckCompiler {
  readonly #columns: ReadonlyMap<string, ValueColumn>
  readonly #exprs: ReadonlyMap<string, Expr>
  readonly #measuring: Measuring
  readonly table: string

  constructor({ table, columns }: CheckedRows, exprs: ReadonlyMap<string, Expr>, measuring: Measuring) {
    const known = new Map(columns.map((column) => [column.name, column]))
    const needsNow = !known.has('now') && [...exprs.values()].some((expr) => expr.columns.includes('now'))
    this.table = needsNow ? `(SELECT *, ${timestampSql(measuring.now)} AS now FROM ${table})` : table
    this.#columns = known
    this.#exprs = exprs
    this.#measuring = measuring
  }

  compile(check: CheckSpec): MeasureSql {
    const env = this.#envOf(check)
    const only = check.where === undefined ? null : `(${compileCondition(check.where, {}, env).ok}) IS TRUE`
    const filter = (condition: string | null): string => {
      const both = [only, condition].filter((one) => one !== null)
      return both.length === 0 ? '' : ` FILTER (WHERE ${both.join(' AND ')})`
    }
    const unit = unitOf(check)
    if (check.measure === 'rows') return { unit, value: `count(*)${filter(null)}`, total: 'NULL', unread: '0' }
    if (check.measure === 'columns')
      return { unit, value: String(this.#columns.size - (this.#columns.has(FLAGS_COLUMN) ? 1 : 0)), total: 'NULL', unread: '0' }
    const column = env.column(check.column ?? '')
    if (column === undefined) throw this.#missing(check)
    const compiling = { env, filter, unit }
    if (check.measure === 'references') return this.#ofReferences(check, column, compiling)
    return OF_TEXTS[check.measure]?.(lookOf(column, check).text, filter, unit) ?? this.#ofValues(check, column, compiling)
  }

  #ofReferences(check: CheckSpec, column: ValueColumn, { env, filter, unit }: Compiling): MeasureSql {
    const [there] = ternaryChecks({ in: check.in, as: check.as }, column, env)
    const missing = `count(*)${filter(`NOT (${there?.ok ?? 'TRUE'})`)}`
    return { unit, value: missing, total: `count(${lookOf(column, check).text})${filter(null)}`, unread: '0' }
  }

  #ofValues(check: CheckSpec, column: ValueColumn, { filter, unit }: Omit<Compiling, 'env'>): MeasureSql {
    const kind = column.type === 'boolean' ? 'number' : kindOf(column.type)
    const asTime = check.measure === 'freshness' || unit === 'time' || (kind === 'time' && isOfDates(check.measure))
    if (kind !== null && kind !== (asTime ? 'time' : 'number')) throw this.#wrongType(check, column, asTime)
    const value = asTime ? `epoch_ms(CAST(${valueSql(column, 'time')} AS TIMESTAMP))` : numberOf(column)
    if (asTime && unit === 'number') this.#refuseLimits(check)
    const aggregate = aggregateOf(check, value, filter(null))
    const { now } = this.#measuring
    return {
      unit: asTime && check.measure !== 'freshness' ? 'time' : unit,
      value: check.measure === 'freshness' ? `((${now.getTime()} - ${aggregate}) / 1000)` : aggregate,
      total: 'NULL',
      unread: column.type === null ? `count(*)${filter(`${column.text} IS NOT NULL AND (${value}) IS NULL`)}` : '0',
    }
  }

  #envOf(check: CheckSpec): CompileEnv & { expr(text: string): string } {
    return {
      ...this.#measuring,
      column: (name) => {
        const column = this.#columns.get(name)
        if (column === undefined) throw this.#missing({ ...check, column: name })
        return column
      },
      expr: (text) => {
        const expr = this.#exprs.get(text)
        if (expr === undefined) throw new Error('an expression was not parsed')
        const lower = new Set([...this.#columns.keys(), 'now'].map((name) => name.toLowerCase()))
        const missing = expr.columns.find((name) => !lower.has(name.toLowerCase()))
        if (missing !== undefined) throw this.#missing({ ...check, column: missing })
        return expr.sql
      },
    }
  }

  /** The column turned out to hold dates: what was written with a number in mind says nothing about them. */
  #refuseLimits(check: CheckSpec): void {
    const bad = limitsOf(check).find(
      ({ name, written }) => name !== 'change' && parseLimit(written, 'time', this.#measuring.now) === null,
    )
    if (bad === undefined) return
    const words = `check "${check.id}": "${check.column}" holds dates, and a limit of dates must be ${LIMIT_WORDS.time}`
    throw new OnclockError('CONFIG_INVALID', words)
  }

  #missing({ id, column = '' }: CheckSpec): OnclockError {
    const names = [...this.#columns.keys()]
    return new OnclockError('COLUMN_MISSING', `check "${id}": the output has no column "${column}"`, {
      hint: didYouMean(column, names) ?? `Its columns: ${names.join(', ')}`,
    })
  }

  #wrongType({ id, measure }: CheckSpec, { name, type }: ValueColumn, asTime: boolean): OnclockError {
    const wanted = asTime ? 'dates' : isOfDates(measure) ? 'numbers or dates' : 'numbers'
    return new OnclockError('CONFIG_INVALID', `check "${id}": ${measure} is of ${wanted}, and "${name}" is of type ${type}`, {
      hint: 'Measure another column, or give this one another type in the intake.',
    })
  }
}

/** Of true and false the mean is the share that is true, and the sum their number. */
const numberOf = (column: ValueColumn): string =>
  column.type === 'boolean' ? `CAST(${column.value} AS INTEGER)` : valueSql(column, 'number')

/** Rules that flag add it to the output; it is no column of the data. */
const FLAGS_COLUMN = '_flags'

type Filter = (condition: string | null) => string

interface Compiling {
  readonly env: CompileEnv
  readonly filter: Filter
  readonly unit: Unit
}

/** Measures that look at texts as they are. */
const OF_TEXTS: Partial<Record<CheckSpec['measure'], (text: string, filter: Filter, unit: Unit) => MeasureSql>> = {
  null_count: (text, filter, unit) => ({ unit, value: `count(*)${filter(`${text} IS NULL`)}`, total: 'NULL', unread: '0' }),
  null_share: (text, filter, unit) => ({
    unit,
    value: `count(*)${filter(`${text} IS NULL`)}`,
    total: `count(*)${filter(null)}`,
    unread: '0',
  }),
  distinct_count: (text, filter, unit) => ({ unit, value: `count(DISTINCT ${text})${filter(null)}`, total: 'NULL', unread: '0' }),
  distinct_share: (text, filter, unit) => ({
    unit,
    value: `count(DISTINCT ${text})${filter(null)}`,
    total: `count(${text})${filter(null)}`,
    unread: '0',
  }),
}

function aggregateOf({ measure, at }: CheckSpec, value: string, filter: string): string {
  switch (measure) {
    case 'sum':
      return `coalesce(sum(${value})${filter}, 0)`
    case 'mean':
      return `avg(${value})${filter}`
    case 'stddev':
      return `stddev_samp(${value})${filter}`
    case 'median':
      return `quantile_cont(${value}, 0.5)${filter}`
    case 'quantile':
      return `quantile_cont(${value}, ${Number.parseFloat(at ?? '50%') / 100})${filter}`
    case 'min':
      return `min(${value})${filter}`
    default:
      return `max(${value})${filter}`
  }
}
