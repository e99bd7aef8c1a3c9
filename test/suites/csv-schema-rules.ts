import type { JsonObject } from '../../pipeline/json.ts'
import type { Argument, Expression, SchemaColumn } from './csv-schema-parser.ts'
import { NotOffered } from './suite-cases.ts'

type Call = Extract<Expression, { kind: 'call' }>

/** The rules of a column in our words, one each, in their order; `checks` are those that take the whole column. */
export interface ColumnRules {
  readonly rules: readonly JsonObject[]
  readonly checks: readonly JsonObject[]
}

const ZONE = '(?:Z|[+-][0-9]{2}:[0-9]{2})$'
const CLOCK = '^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?$'
/** RFC 3986, with one fragment at most. */
const URI =
  "^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?@!$&'()*+,;=\\[\\]-]|%[0-9A-Fa-f]{2})+(?:#(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?$"
const UUID4 = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89aAbB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$'

/** An empty value fails every rule unless the column is optional; `ignoreCase` looks at lower case. */
export function columnRules({ name, rules, directives }: SchemaColumn): ColumnRules {
  const unknown = directives.find((directive) => !KNOWN.has(directive))
  if (unknown !== undefined) throw new NotOffered(`the directive @${unknown}`)
  const lower = directives.includes('ignoreCase')
  const around: JsonObject = {
    column: name,
    match: 'substring',
    action: directives.includes('warning') ? 'flag' : 'reject',
    ...(directives.includes('optional') ? {} : { nulls: 'fail' }),
    ...(lower ? { as: ['lower'] } : {}),
  }
  const self = { name, lower }
  const single = rules.filter((rule) => !isOf(rule, 'identical') && !isOf(rule, 'unique'))
  const ofName = (wanted: string): readonly Call[] =>
    rules.flatMap((rule) => (rule.kind === 'call' && rule.name === wanted ? [rule] : []))
  return {
    rules: [
      ...single.map((rule) => ({ ...around, ...conditionOf(rule, self) })),
      ...ofName('unique').map(({ args }) => ({
        unique: { by: [name, ...args.map((_, index) => valueOf(args, index))], ...(lower ? { as: ['lower'] } : {}) },
        action: around['action'] as string,
      })),
    ],
    checks: ofName('identical').map(() => ({ measure: 'distinct_count', column: name, warn: { max: 1 } })),
  }
}

/** The column that a rule is about. */
interface Self {
  readonly name: string
  readonly lower: boolean
}

const KNOWN = new Set(['optional', 'ignoreCase', 'warning'])
const isOf = (rule: Expression, name: string): boolean => rule.kind === 'call' && rule.name === name

function conditionOf(rule: Expression, self: Self): JsonObject {
  if (rule.kind === 'if') return branchesOf(rule, self)
  if (rule.kind === 'call') {
    const own = rule.of === null ? {} : { column: rule.of }
    return { ...own, ...callOf(rule, { ...self, name: rule.of ?? self.name }) }
  }
  return { [rule.kind === 'and' ? 'all' : 'any']: rule.parts.map((part) => conditionOf(part, self)) }
}

/** The first branch that holds decides. */
function branchesOf({ branches, otherwise }: Extract<Expression, { kind: 'if' }>, self: Self): JsonObject {
  const before: JsonObject[] = []
  const parts = branches.map(({ when, must }) => {
    const condition = whenOf(when, self)
    const guarded = { when: before.length === 0 ? condition : { all: [condition, ...before.map((one) => ({ not: one }))] } }
    before.push(condition)
    return { all: must.map((one) => conditionOf(one, self)), ...guarded }
  })
  if (otherwise.length === 0) return { all: parts }
  return {
    all: [...parts, { when: { all: before.map((one) => ({ not: one })) }, all: otherwise.map((one) => conditionOf(one, self)) }],
  }
}

/** A condition is false of an empty value, and never unknown. */
const whenOf = (when: Expression, self: Self): JsonObject => ({ ...conditionOf(when, self), nulls: 'fail' })

function callOf(call: Call, self: Self): JsonObject {
  const translate = CALLS[call.name]
  if (translate === undefined) throw new NotOffered(`the rule ${call.name}`)
  return translate(call.args, self)
}

const valueOf = (args: readonly Argument[], index = 0): string => {
  const arg = args[index]
  if (arg === undefined || arg.kind === 'call') throw new NotOffered('a value that is worked out')
  return arg.value
}

/** A text of the schema, or the text of another column. */
function operandOf(args: readonly Argument[]): string | { readonly column: string } {
  const [arg] = args
  return arg?.kind === 'column' ? { column: arg.value } : valueOf(args)
}

const rangeOf = (args: readonly Argument[]): JsonObject => {
  const [low, high] = args.length === 2 ? [valueOf(args, 0), valueOf(args, 1)] : [valueOf(args), valueOf(args)]
  return { ...(low === '*' ? {} : { min: low }), ...(high === '*' ? {} : { max: high }) }
}

const lengthOf = (args: readonly Argument[]): JsonObject =>
  Object.fromEntries(Object.entries(rangeOf(args)).map(([key, value]) => [key, Number(value)]))

/** Without bounds there is nothing to hold a date against. */
const dateRange = (args: readonly Argument[]): JsonObject => (args.length === 0 ? {} : rangeOf(args))

type Translate = (args: readonly Argument[], self: Self) => JsonObject

const CALLS: Readonly<Record<string, Translate>> = {
  is: (args) => ({ equals: operandOf(args) }),
  not: (args) => ({ not_equals: operandOf(args) }),
  any: (args) => ({ any: args.map((arg) => ({ equals: operandOf([arg]) })) }),
  in: inOf,
  starts: (args) => ({ starts_with: operandOf(args) }),
  ends: (args) => ({ ends_with: operandOf(args) }),
  regex: (args) => ({ matches: `^(?:${valueOf(args)})$` }),
  range: (args) => ({ type: 'decimal', ...rangeOf(args) }),
  length: (args) => ({ length: lengthOf(args) }),
  empty: () => ({ not: { required: true }, nulls: 'pass' }),
  notEmpty: () => ({ required: true }),
  uri: () => ({ matches: URI }),
  xDateTime: (args) => ({ type: 'datetime', matches: 'T[0-9]{2}:[0-9]{2}:[0-9]{2}', ...dateRange(args) }),
  xDateTimeTz: (args) => ({ type: 'datetime', matches: `T[0-9]{2}:[0-9]{2}:[0-9]{2}.*${ZONE}`, ...dateRange(args) }),
  xDate: (args) => ({ type: 'date', ...dateRange(args) }),
  ukDate: (args) => ({ type: 'date', format: '%d/%m/%Y', ...ukRange(args) }),
  // Times of day in that form are in the order of their texts.
  xTime: (args) => ({
    matches: CLOCK,
    ...Object.fromEntries(Object.entries(dateRange(args)).map(([key, value]) => [key, { text: value as string }])),
  }),
  uuid4: () => ({ matches: UUID4 }),
  positiveInteger: () => ({ type: 'integer', above: 0, matches: '^[0-9]+$' }),
  upperCase: () => ({ matches: '^[^a-z]*$' }),
  lowerCase: () => ({ matches: '^[^A-Z]*$' }),
}

/** 31/12/1970 as 1970-12-31. */
const ukRange = (args: readonly Argument[]): JsonObject =>
  Object.fromEntries(
    Object.entries(dateRange(args)).map(([key, value]) => [key, (value as string).split('/').toReversed().join('-')]),
  )

/** `in`: the value is a part of the text, or of the other column. */
function inOf([arg]: readonly Argument[], { name, lower }: Self): JsonObject {
  const self = lower ? `lower("${name}")` : `"${name}"`
  const decoded = arg?.kind === 'call' && arg.call.kind === 'call' && arg.call.name === 'uriDecode' ? arg.call.args : null
  if (decoded !== null) {
    const [column, charset] = decoded
    if (column?.kind !== 'column') throw new NotOffered('a text that is decoded')
    if (charset !== undefined) throw new NotOffered('percent signs that stand for bytes of another encoding than UTF-8')
    return { expr: `contains(url_decode("${column.value}"), ${self})` }
  }
  const value = valueOf(arg === undefined ? [] : [arg])
  if (arg?.kind === 'column') return { column: value, contains: { column: name } }
  return { expr: `contains('${(lower ? value.toLowerCase() : value).replaceAll("'", "''")}', ${self})` }
}
