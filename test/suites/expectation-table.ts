import type { JsonObject } from '../../pipeline/json.ts'
import type { Product } from './run-product.ts'
import { isMap, type Json, type JsonMap, listOf, type RuleCase, textOf } from './suite-cases.ts'

/** A table of the suite as a CSV file, with what intake is told about it. */
export interface Table {
  readonly file: string
  readonly config: JsonObject
}

/** Nulls are empty cells; a quoted empty cell keeps a row of one column from being a blank line. */
export async function tableOf(product: Product, one: RuleCase): Promise<Table> {
  const columns = columnsOf(one)
  const names = Object.keys(columns)
  const count = Math.max(0, ...names.map((name) => listOf(columns[name]).length))
  const rows = Array.from({ length: count }, (_, index) => names.map((name) => quoted(listOf(columns[name])[index] ?? null)))
  const csv = [names.map((name) => quoted(name)), ...rows].map((cells) => cells.join(',')).join('\n')
  return { file: await product.file(`${csv}\n`), config: TAKEN_AS_IS }
}

const TAKEN_AS_IS: JsonObject = {
  delimiter: ',',
  header: true,
  quote: '"',
  trim: false,
  duplicates: 'keep',
  budget: { fail: '100%' },
  min_output: '0 rows',
}

function columnsOf({ data }: RuleCase): JsonMap {
  const { columns } = data
  return isMap(columns) ? columns : {}
}

const quoted = (value: Json): string => (value === null ? '""' : `"${textOf(value).replaceAll('"', '""')}"`)

/** The types of the columns, from what the suite says and else from the values. */
export function typesOf(one: RuleCase): JsonObject {
  const types = Object.entries(columnsOf(one)).map(
    ([name, values]) => [name, typeOf(listOf(values), one.schemas?.[name])] as const,
  )
  return Object.fromEntries(
    types.flatMap(([name, type]) =>
      type === null ? [] : [[name, { type, ...(type === 'datetime' ? formatOf(one, name) : {}) }]],
    ),
  )
}

/** Dates that are not written as ISO 8601 does. */
function formatOf(one: RuleCase, name: string): JsonObject {
  const first = listOf(columnsOf(one)[name]).find((value) => value !== null)
  return typeof first === 'string' && /^[A-Z][a-z]{2} /.test(first) ? { format: '%b %d %Y %H:%M:%S' } : {}
}

function typeOf(values: readonly Json[], schema: string | undefined): string | null {
  const present = values.filter((value) => value !== null)
  if (/^(?:datetime|timestamp)/.test(schema ?? '')) return 'datetime'
  if (present.length === 0) return null
  if (present.every((value) => typeof value === 'boolean')) return 'boolean'
  if (!present.every((value) => typeof value === 'number')) return null
  return present.every((value) => Number.isInteger(value)) ? 'integer' : 'decimal'
}
