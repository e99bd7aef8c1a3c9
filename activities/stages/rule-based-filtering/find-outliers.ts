import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import { kindOf, valueSql } from '../../vocabulary/bound-sql.ts'
import type { Detail } from '../../vocabulary/compile-condition.ts'
import type { ValueColumn } from '../../vocabulary/compile-env.ts'
import { ROW_COLUMN } from '../../load-dataset.ts'
import type { OutlierSpec } from './outlier-schema.ts'

/** An `outlier` or `not_outlier` of a rule about one column. */
export interface OutlierCheck {
  readonly rule: string
  readonly key: 'outlier' | 'not_outlier'
  readonly spec: OutlierSpec
  readonly column: ValueColumn
  readonly per: readonly ValueColumn[]
  readonly nullsFail: boolean
}

/** What is usual in a column was found out: the check as SQL over a row. */
export interface FoundOutliers {
  readonly detail: Detail
  /** Makes the SQL mean something on another connection too. */
  readonly share: (connection: DuckDBConnection) => Promise<void>
}

const DEFAULTS = { iqr: 1.5, zscore: 3, mad: 3.5, percentile: '1%' } as const

/**
 * Finds out what is usual among all rows of the input, whatever other rules say of them, so that it does not depend on their
 * order. `name` makes a variable that nobody else has; rows are numbered up to `last`.
 */
export async function findOutliers(
  connection: DuckDBConnection,
  check: OutlierCheck,
  { source, name, last }: { readonly source: string; readonly name: string; readonly last: number },
): Promise<FoundOutliers> {
  const { column, per, spec } = check
  if (column.type !== null && kindOf(column.type) !== 'number') throw wrongType(check)
  const value = `CAST(${valueSql(column, 'number')} AS DOUBLE)`
  const [low, high] = rangeSql(spec)
  if (per.length === 0) {
    const reader = await connection.runAndReadAll(`SELECT ${low}, ${high} FROM (SELECT ${value} AS __v FROM ${source})`)
    const [from, to] = (reader.getRows()[0] ?? []) as readonly (number | null)[]
    const lies = from == null || to == null ? 'FALSE' : `(${value} < ${doubleSql(from)} OR ${value} > ${doubleSql(to)})`
    return { detail: detailOf(check, value, lies), share: () => Promise.resolve() }
  }
  const key = `[${per.map(({ text }) => text).join(', ')}]`
  const rows = `SELECT ${ROW_COLUMN}, ${value} AS __v, ${key} AS __k FROM ${source} WHERE coalesce(${per.map(({ text }) => text).join(', ')}) IS NOT NULL`
  const share = async (other: DuckDBConnection): Promise<void> => {
    // A join of the rows with what is usual in their group would lose their order; looking up one bit keeps it.
    await other.run(`SET VARIABLE ${name} = (SELECT coalesce(bitstring_agg(${ROW_COLUMN}, 0, ${last}), bitstring('0', ${last + 1}))
      FROM (${rows}) JOIN (SELECT __k, ${low} AS __low, ${high} AS __high FROM (${rows}) GROUP BY __k) USING (__k)
      WHERE __v < __low OR __v > __high)`)
  }
  await share(connection)
  return { detail: detailOf(check, value, `get_bit(getvariable('${name}'), CAST(${ROW_COLUMN} AS INTEGER)) = 1`), share }
}

/** The lowest and the highest value of `__v` that are usual; NULL where there are too few to tell. */
function rangeSql({ method, k = DEFAULTS[method] }: OutlierSpec): readonly [string, string] {
  if (method === 'percentile') {
    const share = Number.parseFloat(String(k)) / 100
    return [`quantile_cont(__v, ${share})`, `quantile_cont(__v, ${1 - share})`]
  }
  if (method === 'iqr') {
    const [first, third] = ['quantile_cont(__v, 0.25)', 'quantile_cont(__v, 0.75)']
    return [`${first} - ${k} * (${third} - ${first})`, `${third} + ${k} * (${third} - ${first})`]
  }
  const [middle, distance] = method === 'zscore' ? ['avg(__v)', 'stddev_samp(__v)'] : ['median(__v)', '1.4826 * mad(__v)']
  return [`${middle} - ${k} * ${distance}`, `${middle} + ${k} * ${distance}`]
}

const doubleSql = (number: number): string => `CAST('${number}' AS DOUBLE)`

/** A text that is no number is neither usual nor unusual: it does not pass, as with `min`. */
function detailOf({ key, spec, column, per, nullsFail }: OutlierCheck, value: string, lies: string): Detail {
  const told = `(CASE WHEN (${value}) IS NULL THEN (CASE WHEN ${column.text} IS NOT NULL THEN FALSE END) ELSE ${key === 'outlier' ? lies : `NOT (${lies})`} END)`
  const among = per.length === 0 ? '' : ` among the rows of its ${per.map(({ name }) => name).join(' and ')}`
  const how = `${spec.method}, k ${spec.k ?? DEFAULTS[spec.method]}`
  const message = key === 'outlier' ? `is no outlier${among} (${how})` : `is an outlier${among} (${how})`
  return {
    check: key,
    column: column.name,
    ok: nullsFail ? `coalesce(${told}, FALSE)` : told,
    message: `${nullsFail ? 'is empty or ' : ''}${message}${column.type === null ? ' or is not a number' : ''}`,
    value: column.text,
  }
}

function wrongType({ rule, key, column }: OutlierCheck): OnclockError {
  return new OnclockError(
    'CONFIG_INVALID',
    `rule "${rule}": ${key} is about numbers, and "${column.name}" is of type ${column.type}`,
  )
}
