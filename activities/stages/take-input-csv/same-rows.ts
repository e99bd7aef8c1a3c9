import { OnclockError } from '../../../pipeline/errors.ts'
import { didYouMean } from '../../../pipeline/suggest.ts'
import { ROW_COLUMN } from '../../load-dataset.ts'
import { cleanSql } from '../../vocabulary/clean-sql.ts'
import { checkedValue, typedColumn } from '../../vocabulary/column-types.ts'
import type { ValueColumn } from '../../vocabulary/compile-env.ts'
import type { TakeInputCsvConfig } from './config.ts'
import type { KeyedDuplicates } from './duplicates-schema.ts'

/** What makes rows the same, and which one of them stays. */
export interface SameRows {
  readonly rule: string
  /** What a row that is taken out is said to be, before the record that stays. */
  readonly message: string
  /** SQL texts over the cells of a row of the output. */
  readonly keys: readonly string[]
  /** SQL boolean: the row is compared with others at all. Null: every row is. */
  readonly takesPart: string | null
  /** The order in which the first one stays; null: that of the input, so that a row can be told when it is read. */
  readonly order: readonly string[] | null
}

/** Null: rows that are the same stay. Throws COLUMN_MISSING. */
export function sameRows(columns: readonly ValueColumn[], duplicates: TakeInputCsvConfig['duplicates']): SameRows | null {
  if (duplicates === 'keep') return null
  if (duplicates === 'remove') {
    const keys = columns.map(({ text }) => text)
    return { rule: 'exact_duplicate', message: 'equals record', keys, takesPart: null, order: null }
  }
  const steps = duplicates.as ?? []
  const named = duplicates.by.map((name) => columnOf(columns, name, 'by'))
  const keys = named.map(({ text }) => (steps.length === 0 ? text : `nullif(${cleanSql(steps, text)}, '')`))
  return {
    rule: 'duplicate_key',
    message: `has the same ${duplicates.by.join(', ')} as record`,
    keys,
    takesPart: `(${keys.map((key) => `${key} IS NOT NULL`).join(' OR ')})`,
    order: orderOf(columns, duplicates),
  }
}

/** As rules order rows: `last` turns nothing round but the order of the input among equals. */
function orderOf(columns: readonly ValueColumn[], { keep, order_by: orderBy }: KeyedDuplicates): readonly string[] | null {
  if (keep === 'first' && orderBy === undefined) return null
  const order = (orderBy ?? []).flatMap((written) => {
    const literal = columns.some(({ name }) => name === written)
    const turned = !literal && written.startsWith('-')
    const column = columnOf(columns, turned ? written.slice(1) : written, 'order_by')
    const descending = turned !== (keep === 'last')
    // Numbers in text are ordered as numbers; an empty value is never preferred.
    return valuesOf(column).map((value) => `${value} ${descending ? 'DESC' : 'ASC'} NULLS LAST`)
  })
  return [...order, `${ROW_COLUMN} ${keep === 'last' ? 'DESC' : 'ASC'}`]
}

/** The rows that are ordered are sound: their texts are of their types. */
const valuesOf = ({ type, text }: ValueColumn): readonly string[] =>
  type === null ? [typedColumn('decimal', text).value, text] : [checkedValue(type, text)]

function columnOf(columns: readonly ValueColumn[], name: string, key: string): ValueColumn {
  const found = columns.find((column) => column.name === name)
  if (found !== undefined) return found
  const names = columns.map((column) => column.name)
  const guess = didYouMean(name, names)
  throw new OnclockError(
    'COLUMN_MISSING',
    `duplicates.${key} names the column "${name}", which the output does not have`,
    guess === null ? {} : { hint: guess },
  )
}
