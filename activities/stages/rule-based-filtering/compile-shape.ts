import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import { sqlName, sqlText } from '../../duckdb.ts'
import type { ColumnType } from '../../vocabulary/column-type-schema.ts'
import { SQL_TYPES } from '../../vocabulary/column-types.ts'
import type { ValueColumn } from '../../vocabulary/compile-checks.ts'
import { bindFault } from './bind-fault.ts'
import { type OrderSql, orderSql } from './order-sql.ts'
import { namesOf, type NamedValue, orderOf } from './rule-set.ts'
import type { RuleTable } from './rule-table.ts'
import type { ShapeSpec } from './shape-schema.ts'
import { type ValueSql, valueSql } from './value-sql.ts'

/** What happens to the rows that no rule stops, as SQL over `kept`. */
export interface CompiledShape {
  /** FROM item: the rows with the derived columns. */
  readonly kept: string
  /** The columns of the output but for `select`. */
  readonly columns: readonly ValueColumn[]
  readonly sample: CompiledSample | null
  readonly top: CompiledTop | null
  /** Empty: the order of the input. */
  readonly sort: readonly OrderSql[]
  readonly select: ShapeSpec['select'] | null
}

export interface CompiledSample {
  /** SQL UBIGINT: rows with the lowest are drawn. */
  readonly number: string
  readonly rows: number | null
  /** Rows below this are drawn; null where so many rows are. */
  readonly below: bigint | null
}

export interface CompiledTop {
  readonly rows: number
  readonly order: readonly OrderSql[]
  readonly per: readonly string[]
  readonly words: string
}

/** Turns derive, sample, top, sort and select into SQL. Throws COLUMN_MISSING or CONFIG_INVALID. */
export async function compileShape(
  table: RuleTable,
  shape: { readonly spec: ShapeSpec; readonly derives: readonly NamedValue[] },
  connection: DuckDBConnection,
): Promise<CompiledShape> {
  const derived: string[] = []
  for (const derive of shape.derives) {
    await addDerived(table, derive, connection)
    if (!table.columns.some(({ name }) => name === derive.name)) derived.push(derive.name)
  }
  const { sample, top, sort, select } = shape.spec
  const compiled = {
    kept: table.kept,
    columns: [...table.columns, ...derived.map((name) => table.env.column(name))],
    sample: sample === undefined ? null : compileSample(sample, table),
    top: top === undefined ? null : compileTop(top, table),
    sort: ordered(table, 'sort', sort),
    select: select ?? null,
  }
  table.asking = 'select'
  const known = new Set(compiled.columns.map(({ name }) => name))
  for (const name of select === undefined ? [] : Array.isArray(select) ? select : select.drop)
    if (name !== '_flags' && !known.has(name)) table.miss(name)
  table.refuseMissing()
  return compiled
}

async function addDerived(table: RuleTable, { name, spec, around }: NamedValue, connection: DuckDBConnection): Promise<void> {
  table.asking = `derive ${name}`
  const alike = table.alike(name)
  if (alike !== undefined) {
    throw new OnclockError('CONFIG_INVALID', `derive: there is a column "${alike}" already, which "${name}" is taken for`, {
      hint: `Write ${alike} to replace it.`,
    })
  }
  const value = valueSql(spec, around, table.env)
  table.refuseMissing()
  const { sql, type } = derivedSql(value, await typeOf(table, { name, sql: value.sql }, connection))
  const bare = sqlName(name)
  const list = table.has(name) ? `* REPLACE (${sql} AS ${bare})` : `*, ${sql} AS ${bare}`
  table.kept = `(SELECT ${list} FROM ${table.kept})`
  table.setColumn({ name, text: type === null ? bare : `CAST(${bare} AS VARCHAR)`, type, value: bare })
}

/** DuckDB's type of an expression. Its complaint about one that does not fit the columns is told with the name. */
async function typeOf(
  { kept }: RuleTable,
  { name, sql }: { readonly name: string; readonly sql: string },
  connection: DuckDBConnection,
): Promise<string> {
  try {
    const reader = await connection.runAndReadAll(`DESCRIBE SELECT ${sql} FROM ${kept}`)
    return String(reader.getRows()[0]?.[1])
  } catch (cause) {
    throw new OnclockError('CONFIG_INVALID', `derive: "${name}" cannot be run on these columns: ${bindFault(cause)}`, {
      hint: 'Columns are text unless the intake gives them a type, such as views: {type: integer}.',
      cause,
    })
  }
}

const TYPES: readonly (readonly [RegExp, ColumnType])[] = [
  [/^(?:U?(?:TINY|SMALL)INT|U?INTEGER|BIGINT)$/, 'integer'],
  [/^(?:UBIGINT|U?HUGEINT|DOUBLE|FLOAT|DECIMAL\b.*)$/, 'decimal'],
  [/^BOOLEAN$/, 'boolean'],
  [/^DATE$/, 'date'],
  [/^TIMESTAMP/, 'datetime'],
]

/** A value whose text is a cell of its type: an empty text is an empty cell, and so is what is no finite number. */
function derivedSql({ sql, type: known }: ValueSql, sqlType: string): { readonly sql: string; readonly type: ColumnType | null } {
  const type = known ?? TYPES.find(([pattern]) => pattern.test(sqlType))?.[1] ?? null
  if (type === null) return { sql: `nullif(CAST(${sql} AS VARCHAR), '')`, type }
  const value = `CAST(${sql} AS ${SQL_TYPES[type]})`
  return { sql: type === 'decimal' ? `CASE WHEN isfinite(${value}) THEN ${value} END` : value, type }
}

const WHOLE = 2n ** 64n

function compileSample({ rows, share, by, seed }: NonNullable<ShapeSpec['sample']>, table: RuleTable): CompiledSample {
  table.asking = 'sample'
  const keys = by === undefined ? ['CAST(__record AS VARCHAR)'] : namesOf(by).map((name) => table.env.column(name).text)
  // The lengths keep "a" + "bc" and "ab" + "c" apart. MD5 is the same in every version of the engine, unlike its own hash.
  const parts = keys.map((key) => `coalesce(length(${key}) || ':' || ${key}, '-')`)
  return {
    number: `md5_number_lower(${[sqlText(`${seed ?? 0}/`), ...parts].join(' || ')})`,
    rows: rows ?? null,
    below: share === undefined ? null : belowOf(share),
  }
}

function belowOf(share: string): bigint {
  const [whole = '', decimals = ''] = share.slice(0, -1).trim().split('.')
  return (BigInt(whole + decimals) * WHOLE) / (100n * 10n ** BigInt(decimals.length))
}

function compileTop({ rows, by, per = [] }: NonNullable<ShapeSpec['top']>, table: RuleTable): CompiledTop {
  const order = ordered(table, 'top', by)
  const groups = namesOf(per)
  return {
    rows,
    order,
    per: groups.map((name) => table.env.column(name).text),
    words: `is not among the first ${rows} by ${namesOf(by).join(', ')}${groups.length === 0 ? '' : ` per ${groups.join(', ')}`}`,
  }
}

function ordered(table: RuleTable, asking: string, names: string | readonly string[] | undefined): readonly OrderSql[] {
  table.asking = asking
  return orderOf(names).flatMap(({ column, descending }) => orderSql(table.env.column(column), descending))
}
