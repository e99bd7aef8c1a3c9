import fc from 'fast-check'

/** A table and rules over it, as they stand in a config. */
export interface RuleCase {
  /** Cells of the columns `a b n m`. */
  readonly rows: readonly (readonly string[])[]
  /** Whether the intake has checked `n` and `m` for numbers, or the rules read them from text. */
  readonly typed: boolean
  readonly rules: readonly CaseRule[]
}

export interface CaseCondition {
  readonly column?: string
  readonly columns?: readonly string[]
  readonly as?: readonly string[]
  readonly match?: 'word' | 'substring'
  readonly nulls?: 'pass' | 'fail'
  readonly when?: CaseCondition
  readonly all?: readonly CaseCondition[]
  readonly any?: readonly CaseCondition[]
  readonly not?: CaseCondition
  /** The checks, by their names. */
  readonly [check: string]: unknown
}

export interface CaseRule extends CaseCondition {
  readonly id: string
  readonly action?: 'reject' | 'filter' | 'flag' | 'warn'
  readonly unique?: CaseUnique
}

export interface CaseUnique {
  readonly by: readonly string[]
  readonly keep?: 'first' | 'last'
  readonly order_by?: readonly string[]
  readonly as?: readonly string[]
}

const TEXTS = ['', '', 'a', 'A', 'ab', 'b a', ' a ', 'x  y', 'über', 'ber', 'Ber!', '#ad', 'ad', 'c++', 'c', 'a_b', 'a-b', '😀', '😀😀 a', '12', '7', 'a a a', 'AB ab', "it's", 'l\nl', 'naïve 3', '日本', ' '] // prettier-ignore
const NUMBERS = ['', '', '0', '1', '2', '-1', '5', '10', '05', '+3']
const DECIMALS = [...NUMBERS, '1.5', '0.25', '.5', '1e1', '2.0']
const JUNK = ['x', '1,5', ' 1', '0x1F', '1_0', 'NaN']
const WORDS = ['a', 'A', 'b', 'ab', 'ber', '#ad', 'c', 'c++', 'a_b', '😀', 'x  y', 'über', 'a a', '1']
const REGEXES = ['^[a-z]+$', 'b', '[0-9]', 'x|y', '^$', 'a{2,}', '[^a-z]', '(a|b) ?a']

const text = fc.constantFrom(...TEXTS)
const number = (values: readonly string[], typed: boolean): fc.Arbitrary<string> =>
  typed ? fc.constantFrom(...values) : fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...values) }, fc.constantFrom(...JUNK))

const tables = (typed: boolean): fc.Arbitrary<readonly (readonly string[])[]> =>
  fc.array(fc.tuple(text, text, number(NUMBERS, typed), number(DECIMALS, typed)), { minLength: 1, maxLength: 25 })

const words = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 })
const limit = fc.constantFrom('min', 'max', 'above', 'below')
const oneLimit = (values: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> =>
  fc.tuple(fc.constantFrom('min', 'max', 'above', 'below', 'equals'), values).map(([name, value]) => ({ [name]: value }))
const smallNumber = fc.constantFrom(-1, 0, 1, 2, 3, 5, 1.5)
const share = fc.constantFrom('0%', '25%', '50%', '100%')
const unit = fc.constantFrom('words', 'letters', 'digits', { matches: '[ab]' })

/** Checks of texts: each gives one key of a condition. */
const textCheck: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.constant({ required: true }),
  named(['equals', 'not_equals'], fc.constantFrom(...WORDS)),
  named(['in', 'not_in'], words),
  named(['matches', 'not_matches'], fc.constantFrom(...REGEXES)),
  named(
    ['contains', 'not_contains'],
    fc.oneof(
      words,
      fc.record({ words, at_least: fc.constantFrom(1, 2) }),
      fc.record({ words, except_in: fc.constantFrom('a', 'b') }),
    ),
  ),
  named(['contains_all', 'not_contains_all', 'starts_with', 'not_starts_with', 'ends_with', 'not_ends_with'], words),
  named(
    ['length'],
    fc.tuple(fc.constantFrom('characters', 'words', 'bytes'), oneLimit(smallNumber)).map(([of, bound]) => ({ in: of, ...bound })),
  ),
  named(
    ['count', 'average_length'],
    fc.tuple(unit, oneLimit(smallNumber)).map(([of, bound]) => ({ of, ...bound })),
  ),
  named(
    ['share'],
    fc.tuple(unit, oneLimit(share)).map(([of, bound]) => ({ of, ...bound })),
  ),
  named(
    ['repeats'],
    fc.tuple(unit, oneLimit(fc.oneof(smallNumber, share))).map(([of, bound]) => ({ of, ...bound })),
  ),
)

const bound = fc.oneof(
  smallNumber,
  fc.record(
    { column: fc.constantFrom('n', 'm'), times: fc.constantFrom(0.5, 2), plus: fc.constantFrom(1, -1) },
    { requiredKeys: ['column'] },
  ),
)
const numberCheck: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.tuple(limit, bound).map(([name, value]) => ({ [name]: value })),
  named(['equals', 'not_equals'], fc.constantFrom(0, 1, 2, 5, 10)),
  named(['in', 'not_in'], fc.array(fc.constantFrom(0, 1, 2, 5, 10), { minLength: 1, maxLength: 3 })),
  fc.constant({ required: true }),
)

function named(names: readonly string[], operand: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  return fc.tuple(fc.constantFrom(...names), operand).map(([name, value]) => ({ [name]: value }))
}

const textLook = fc.record(
  {
    as: fc.constantFrom([], ['lower'], ['trim'], ['trim', 'lower'], ['squeeze', 'upper']),
    match: fc.constantFrom('word' as const, 'substring' as const),
    nulls: fc.constantFrom('pass' as const, 'fail' as const),
  },
  { requiredKeys: [] },
)
const simple: fc.Arbitrary<CaseCondition> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.oneof(fc.constantFrom({ column: 'a' }, { column: 'b' }), fc.constant({ columns: ['a', 'b'] })),
        textLook,
        textCheck,
        fc.option(textCheck),
      )
      .map(([columns, look, one, other]) => ({ ...columns, ...look, ...other, ...one })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.oneof(fc.constantFrom({ column: 'n' }, { column: 'm' }), fc.constant({ columns: ['n', 'm'] })),
        fc.constantFrom({}, { nulls: 'fail' as const }),
        numberCheck,
      )
      .map(([columns, look, check]) => ({ ...columns, ...look, ...check })),
  },
)
const { condition } = fc.letrec<{ condition: CaseCondition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: simple },
    { weight: 1, arbitrary: fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ not: tie('condition') }) },
    { weight: 1, arbitrary: fc.tuple(tie('condition'), simple).map(([when, then]) => ({ ...then, when })) },
  ),
}))

const columns = fc.uniqueArray(fc.constantFrom('a', 'b', 'n', 'm'), { minLength: 1, maxLength: 2 })
const unique: fc.Arbitrary<CaseUnique> = fc.record(
  {
    by: columns,
    keep: fc.constantFrom('first' as const, 'last' as const),
    order_by: fc.array(fc.constantFrom('n', '-n', 'm', '-m', 'a', '-b'), { minLength: 1, maxLength: 2 }),
    as: fc.constantFrom([], ['trim', 'lower']),
  },
  { requiredKeys: ['by'] },
)
const rule = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: condition },
      {
        weight: 1,
        arbitrary: fc
          .tuple(unique, fc.option(simple))
          .map(([how, when]) => ({ unique: how, ...(when === null ? {} : { when }) })),
      },
    ),
    fc.constantFrom(
      {},
      { action: 'reject' as const },
      { action: 'flag' as const },
      { action: 'warn' as const },
      { action: 'filter' as const },
    ),
  )
  .map(([what, action]) => ({ ...what, ...action }))

export const ruleCases: fc.Arbitrary<RuleCase> = fc
  .boolean()
  .chain((typed) =>
    fc.record({ typed: fc.constant(typed), rows: tables(typed), rules: fc.array(rule, { minLength: 1, maxLength: 5 }) }),
  )
  .map(({ rules, ...rest }) => ({ ...rest, rules: rules.map((one, index) => ({ ...one, id: `r${index}` })) }))
