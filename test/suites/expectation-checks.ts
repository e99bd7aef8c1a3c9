import type { JsonObject } from '../../pipeline/json.ts'
import type { Expectation } from './expectation-rules.ts'
import { boundOf, conditionOf, limitsOf } from './expectation-values.ts'
import { isMap, type Json, type JsonMap, listOf, NotOffered, textOf } from './suite-cases.ts'

/** Expectations on a whole column or table as checks of the output; null for those on rows. */
export function aggregateOf(type: string, rule: JsonMap, data: JsonMap): Expectation | null {
  const measure = MEASURES[type]
  if (measure !== undefined) return limited(measure, rule)
  if (type === 'expect_column_quantile_values_to_be_between') return { checks: quantilesOf(rule) }
  const sets = SETS[type]
  if (sets !== undefined) return { checks: sets(rule).map((check) => ({ ...check, ...whereOf(rule, check['where']) })) }
  const shape = SHAPES[type]
  return shape === undefined ? null : shape(rule, isMap(data['columns']) ? Object.keys(data['columns']) : [])
}

const MEASURES: Readonly<Record<string, string>> = {
  expect_column_min_to_be_between: 'min',
  expect_column_max_to_be_between: 'max',
  expect_column_mean_to_be_between: 'mean',
  expect_column_median_to_be_between: 'median',
  expect_column_sum_to_be_between: 'sum',
  expect_column_stdev_to_be_between: 'stddev',
  expect_column_unique_value_count_to_be_between: 'distinct_count',
  expect_column_proportion_of_unique_values_to_be_between: 'distinct_share',
  expect_column_proportion_of_non_null_values_to_be_between: 'non_null_share',
  expect_table_row_count_to_be_between: 'rows',
  expect_table_row_count_to_equal: 'rows',
  expect_table_column_count_to_be_between: 'columns',
  expect_table_column_count_to_equal: 'columns',
}

/** Aggregates that the suite may leave without any limit; of the others that is an error. */
const LIMIT_NEEDED = new Set(['min', 'max'])

function limited(measure: string, rule: JsonMap): Expectation {
  const equals = rule['value'] === undefined ? {} : { min: rule['value'], max: rule['value'] }
  const share = measure.endsWith('_share')
  const limits = { ...limitsOf(rule, share ? shareOf : boundOf), ...equals }
  if (Object.keys(limits).length === 0 && !LIMIT_NEEDED.has(measure)) return {}
  const ofText = Object.values(limits).some((limit) => typeof limit === 'object' && limit !== null)
  if (ofText && LIMIT_NEEDED.has(measure)) throw new NotOffered('the first and the last text of a column')
  const column = rule['column'] === undefined ? {} : { column: rule['column'] }
  const check = { measure, ...column, ...whereOf(rule), warn: limits }
  return { checks: [(measure === 'non_null_share' ? nullShare(check, limits) : check) as JsonObject] }
}

/** One check for each quantile, with its own pair of limits. */
function quantilesOf(rule: JsonMap): readonly JsonObject[] {
  const { quantiles, value_ranges: ranges } = isMap(rule['quantile_ranges']) ? rule['quantile_ranges'] : {}
  return listOf(quantiles).flatMap((quantile, index) => {
    const [min = null, max = null] = listOf(listOf(ranges)[index])
    const warn = { ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) }
    const at = String(shareOf(quantile))
    return Object.keys(warn).length === 0
      ? []
      : [{ measure: 'quantile', at, column: textOf(rule['column']), ...whereOf(rule), warn }]
  })
}

const shareOf = (value: Json): unknown => (typeof value === 'number' ? `${Number((value * 100).toFixed(8))}%` : value)

/** At least 90 % of values are at most 10 % of nulls. */
function nullShare(check: object, limits: Readonly<Record<string, unknown>>): object {
  const turned = { min: 'max', max: 'min', above: 'below', below: 'above' } as const
  const rest = (share: unknown): string => `${Number((100 - Number.parseFloat(String(share))).toFixed(8))}%`
  const warn = Object.entries(limits).map(([key, share]) => [turned[key as keyof typeof turned], rest(share)])
  return { ...check, measure: 'null_share', warn: Object.fromEntries(warn) as object }
}

function whereOf(rule: JsonMap, more?: unknown): { readonly where?: JsonObject } {
  const parts = [
    ...(rule['row_condition'] === undefined ? [] : [conditionOf(textOf(rule['row_condition']))]),
    ...(typeof more === 'object' && more !== null ? [more] : []),
  ]
  return parts.length === 0 ? {} : { where: (parts.length === 1 ? (parts[0] ?? {}) : { all: parts }) as JsonObject }
}

/** Sets of distinct values: all of the set occur, and nothing else does. */
const SETS: Readonly<Record<string, (rule: JsonMap) => readonly JsonObject[]>> = {
  expect_column_distinct_values_to_contain_set: (rule) => [allOccur(rule)],
  expect_column_distinct_values_to_equal_set: (rule) => [allOccur(rule), noOther(rule)],
  expect_column_distinct_values_to_be_in_set: (rule) => [noOther(rule)],
}

const valuesOf = (rule: JsonMap): readonly Json[] => {
  const values = [...new Set(listOf(rule['value_set']).filter((value) => value !== null))]
  if (values.length === 0) throw new NotOffered('a set without values')
  return values
}

const allOccur = (rule: JsonMap): JsonObject => ({
  measure: 'distinct_count',
  column: textOf(rule['column']),
  where: { column: textOf(rule['column']), in: [...valuesOf(rule)] },
  warn: { min: valuesOf(rule).length },
})

const noOther = (rule: JsonMap): JsonObject => ({
  measure: 'rows',
  where: { column: textOf(rule['column']), required: true, not_in: [...valuesOf(rule)] },
  warn: { max: 0 },
})

type Shape = (rule: JsonMap, names: readonly string[]) => Expectation

/** What intake is told about the columns themselves. */
const SHAPES: Readonly<Record<string, Shape>> = {
  expect_column_to_exist: (rule) => ({ intake: { columns: { [textOf(rule['column'])]: {} } } }),
  expect_table_columns_to_match_ordered_list: (rule) =>
    rule['column_list'] === null
      ? {}
      : { intake: { ...columnsOf(rule['column_list']), extra_columns: 'reject', column_order: 'required' } },
  expect_table_columns_to_match_set: (rule) => {
    if (rule['column_set'] === null) return {}
    return { intake: { ...columnsOf(rule['column_set']), ...(rule['exact_match'] === false ? {} : { extra_columns: 'reject' }) } }
  },
}

const columnsOf = (names: Json | undefined): JsonObject => ({
  columns: Object.fromEntries(listOf(names).map((name) => [textOf(name), {}])),
})
