import type { JsonObject } from '../../pipeline/json.ts'
import { aggregateOf } from './expectation-checks.ts'
import { boundOf, conditionOf, limitsOf } from './expectation-values.ts'
import { type Json, type JsonMap, listOf, NotOffered, type RuleCase, textOf } from './suite-cases.ts'

/** An expectation in our words: a rule, checks of the whole table, or what intake is told; none of them when it says nothing. */
export interface Expectation {
  readonly rule?: JsonObject
  readonly checks?: readonly JsonObject[]
  readonly intake?: JsonObject
}

/** Throws NotOffered for what our language cannot say. */
export function saidOf({ rule, stratum, data }: RuleCase): Expectation {
  const type = textOf(rule['type'])
  if (rule['row_condition'] !== undefined && rule['condition_parser'] !== 'pandas')
    throw new NotOffered('conditions have one form in our language, so that there is no parser to choose')
  const aggregate = aggregateOf(type, rule, data)
  if (aggregate !== null) return aggregate
  const translate = ROW_RULES[type]
  if (translate === undefined) throw new NotOffered(`${type} (${stratum}) has no counterpart`)
  const said = translate(rule)
  if (said === null) return {}
  const when = [
    ...(rule['row_condition'] === undefined ? [] : [conditionOf(textOf(rule['row_condition']))]),
    ...(said.when === undefined ? [] : [said.when]),
  ]
  const whole = when.length === 0 ? said.checks : { ...said.checks, when: when.length === 1 ? when[0] : { all: when } }
  return { rule: { ...whole, budget: { warn: budgetOf(rule['mostly']), of: 'checked' } } }
}

/** At least this share must pass: the rest may break the rule. */
function budgetOf(mostly: Json | undefined): string {
  if (mostly === undefined || mostly === null) return '0%'
  if (typeof mostly !== 'number') return textOf(mostly)
  return `${Number(((1 - mostly) * 100).toFixed(8))}%`
}

interface RowRule {
  readonly checks: Readonly<Record<string, unknown>>
  readonly when?: object
}

const ofColumn = (rule: JsonMap): object => (rule['column'] === undefined ? {} : { column: rule['column'] })

/** By the type of the expectation; null where it says nothing. */
const ROW_RULES: Readonly<Record<string, (rule: JsonMap) => RowRule | null>> = {
  expect_column_values_to_not_be_null: (rule) => ({ checks: { ...ofColumn(rule), required: true } }),
  expect_column_values_to_be_null: (rule) => ({ checks: { not: { ...ofColumn(rule), required: true } } }),
  expect_column_values_to_be_between: (rule) => ({ checks: { ...ofColumn(rule), ...limitsOf(rule, boundOf) } }),
  expect_column_value_lengths_to_be_between: (rule) => ({
    checks: { ...ofColumn(rule), length: limitsOf(rule, (value) => value) },
  }),
  expect_column_value_lengths_to_equal: (rule) => ({ checks: { ...ofColumn(rule), length: { equals: rule['value'] } } }),
  expect_column_values_to_be_in_set: (rule) => ({ checks: { ...ofColumn(rule), in: rule['value_set'] } }),
  expect_column_values_to_not_be_in_set: (rule) => ({ checks: { ...ofColumn(rule), not_in: rule['value_set'] } }),
  expect_column_values_to_be_unique: (rule) => ({ checks: { unique: { by: rule['column'], keep: 'none' } } }),
  expect_column_values_to_match_regex: (rule) => ({ checks: { ...ofColumn(rule), matches: regexOf(rule['regex']) } }),
  expect_column_values_to_not_match_regex: (rule) => ({ checks: { ...ofColumn(rule), not_matches: regexOf(rule['regex']) } }),
  expect_column_values_to_match_regex_list: regexList,
  expect_column_values_to_not_match_regex_list: (rule) => ({
    checks: { ...ofColumn(rule), not_matches: listOf(rule['regex_list']).map(regexOf) },
  }),
  expect_column_values_to_match_like_pattern: (rule) => ({ checks: likeOf(rule, 'LIKE') }),
  expect_column_values_to_not_match_like_pattern: (rule) => ({ checks: likeOf(rule, 'NOT LIKE') }),
  expect_column_values_to_match_strftime_format: (rule) => ({
    checks: { ...ofColumn(rule), type: 'datetime', format: [rule['strftime_format']] },
  }),
  expect_column_values_to_be_dateutil_parseable: () => {
    throw new NotOffered('dates are read by formats that are named, never guessed one by one')
  },
  expect_column_value_z_scores_to_be_less_than: (rule) => {
    if (rule['double_sided'] !== true) throw new NotOffered('values that lie far above the others, and not below')
    return { checks: { ...ofColumn(rule), not_outlier: { method: 'zscore', k: rule['threshold'] } } }
  },
  expect_column_values_to_match_json_schema: () => {
    throw new NotOffered('a JSON Schema inside of a cell')
  },
  expect_column_values_to_be_json_parseable: (rule) => ({ checks: { expr: `json_valid("${textOf(rule['column'])}")` } }),
  expect_column_values_to_be_increasing: inOrder,
  expect_column_values_to_be_decreasing: inOrder,
  expect_column_values_to_be_of_type: (rule) => typesRule(rule, [rule['type_'] ?? null]),
  expect_column_values_to_be_in_type_list: (rule) =>
    rule['type_list'] === null || rule['type_list'] === undefined ? null : typesRule(rule, listOf(rule['type_list'])),
  expect_column_pair_values_a_to_be_greater_than_b: (rule) =>
    pairRule(rule, {
      column: rule['column_A'],
      [rule['or_equal'] === true ? 'min' : 'above']: { column: rule['column_B'] },
    }),
  expect_column_pair_values_to_be_equal: (rule) =>
    pairRule(rule, { column: rule['column_A'], equals: { column: rule['column_B'] } }),
  expect_column_pair_values_to_be_in_set: (rule) =>
    pairRule(rule, {
      any: listOf(rule['value_pairs_set']).map((pair) => ({
        all: [
          { column: rule['column_A'], equals: listOf(pair)[0] },
          { column: rule['column_B'], equals: listOf(pair)[1] },
        ],
      })),
    }),
  expect_compound_columns_to_be_unique: (rule) => {
    const by = listOf(rule['column_list'])
    const when = rule['ignore_row_if'] === 'any_value_is_missing' ? { when: { columns: by, required: true } } : {}
    const empty = rule['ignore_row_if'] === 'never' ? { empty: 'same' } : {}
    return { checks: { unique: { by, keep: 'none', ...empty } }, ...when }
  },
  expect_select_column_values_to_be_unique_within_record: (rule) => {
    const columns = listOf(rule['column_list'])
    const pairs = columns.flatMap((a, at) => columns.slice(at + 1).map((b) => ({ column: a, not_equals: { column: b } })))
    return { checks: { all: pairs }, ...whenAny(rule, columns) }
  },
  expect_multicolumn_sum_to_equal: (rule) => {
    const columns = listOf(rule['column_list'])
    const sum = columns.map((name) => `coalesce("${textOf(name)}", 0)`).join(' + ')
    return { checks: { expr: `${sum} = ${textOf(rule['sum_total'])}` }, ...whenAny(rule, columns) }
  },
}

const regexOf = (regex: Json | undefined): string => (regex === '' ? '()' : textOf(regex))

/** `match_on: all` is one check after the other. */
function regexList(rule: JsonMap): RowRule {
  const patterns = listOf(rule['regex_list']).map(regexOf)
  if (rule['match_on'] !== 'all') return { checks: { ...ofColumn(rule), matches: patterns } }
  return { checks: { ...ofColumn(rule), all: patterns.map((matches) => ({ matches })) } }
}

const likeOf = (rule: JsonMap, operator: string): RowRule['checks'] => ({
  expr: `"${textOf(rule['column'])}" ${operator} '${textOf(rule['like_pattern']).replaceAll("'", "''")}'`,
})

function inOrder(): never {
  throw new NotOffered('each row compared with the one before it')
}

/** Which rows a rule about several columns leaves aside. */
function whenAny(rule: JsonMap, columns: readonly Json[]): { readonly when?: object } {
  if (rule['ignore_row_if'] === 'any_value_is_missing') return { when: { columns, required: true } }
  if (rule['ignore_row_if'] === 'never') return {}
  return { when: { any: columns.map((column) => ({ column, required: true })) } }
}

/** A pair with one half missing breaks the rule, unless the suite leaves such rows aside. */
function pairRule(rule: JsonMap, checks: object): RowRule {
  const columns = [rule['column_A'] ?? null, rule['column_B'] ?? null]
  if (rule['ignore_row_if'] === 'either_value_is_missing') return { checks: { ...checks }, when: { columns, required: true } }
  const when = rule['ignore_row_if'] === 'never' ? {} : whenAny({}, columns)
  return { checks: { ...checks, nulls: 'fail' }, ...when }
}

/** What programs call a type, in our words: a text column takes everything. */
const TYPES: readonly (readonly [RegExp, JsonObject])[] = [
  [/^(?:u?int\d*|integer|bigint)$/i, { type: 'integer' }],
  [/^(?:float\d*|double|decimal|numeric)$/i, { type: 'decimal' }],
  [/^bool/i, { in: ['true', 'false', 'True', 'False'] }],
  [/^(?:datetime64.*utc|timestamp.*tz)/i, { type: 'datetime', matches: '(?:Z|[+-][0-9]{2}:[0-9]{2})$' }],
  [/^(?:datetime|timestamp)/i, { type: 'datetime', not_matches: '(?:Z|[+-][0-9]{2}:[0-9]{2})$' }],
  [/^(?:str|string|object|text|varchar)$/i, { type: 'text' }],
]

function typesRule(rule: JsonMap, names: readonly Json[]): RowRule {
  const types = names.map((name) => {
    const found = TYPES.find(([pattern]) => pattern.test(textOf(name)))
    if (found === undefined) throw new NotOffered(`the type ${textOf(name)} of a program has no counterpart in text`)
    return found[1]
  })
  return { checks: { ...ofColumn(rule), any: types } }
}
