import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configIssues } from '../../pipeline/config-issues.ts'

interface Tree {
  name: string
  below?: Tree[] | undefined
}
const tree: z.ZodType<Tree> = z.strictObject({
  name: z.string(),
  get below() {
    return z.array(tree).optional()
  },
})

const schema = z.strictObject({
  text: z.string().min(1).optional(),
  count: z.int().min(0).max(10).optional(),
  share: z.number().gt(0).lt(1).optional(),
  on: z.boolean().optional(),
  kind: z.enum(['clean', 'filter']).optional(),
  list: z.array(z.string()).min(2).max(3).optional(),
  short: z.string().max(3).optional(),
  code: z.string().regex(/^x/).optional(),
  own: z.string().regex(/^x/, { error: 'must begin with x' }).optional(),
  mixed: z.union([z.boolean(), z.number()]).optional(),
  words: z.union([z.literal('all'), z.enum(['none', 'some'])]).optional(),
  forms: z
    .union([
      z.string(),
      z.strictObject({ list: z.string() }),
      z.strictObject({ file: z.string(), column: z.string().optional() }),
    ])
    .optional(),
  period: z.union([z.string().regex(/^\d+d$/, { error: 'must be days such as 90d' }), z.literal('ever')]).optional(),
  span: z.union([z.string({ error: 'must be days such as 90d' }), z.literal('ever')]).optional(),
  named: z.record(z.string().regex(/^[a-z]+$/), z.strictObject({ min: z.number() })).optional(),
  tree: tree.optional(),
  pair: z.tuple([z.string(), z.number()]).optional(),
  both: z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })).optional(),
  piped: z.preprocess((value) => value, z.strictObject({ inner: z.string() })).optional(),
  checked: z
    .strictObject({ a: z.number() })
    .refine((value) => value.a > 0, { error: 'a has to be above 0' })
    .optional(),
  late: z.lazy(() => z.strictObject({ inner: z.string() })).optional(),
})

const issuesOf = (value: unknown) => {
  const parsed = schema.safeParse(value)
  return parsed.success ? [] : configIssues(parsed.error, value, schema)
}

describe('configIssues', () => {
  it.each<[string, unknown, string, string, string | null]>([
    ['text', 7, 'wrong_type', '"text" must be text, found 7', 'Put it in single quotes'],
    ['text', null, 'wrong_type', '"text" must be text, found nothing', null],
    ['text', [], 'wrong_type', '"text" must be text, found a list', null],
    ['text', {}, 'wrong_type', '"text" must be text, found a mapping', null],
    ['text', '', 'bad_value', '"text" must not be empty, found ""', null],
    ['short', 'abcd', 'bad_value', '"short" must have at most 3 characters, found "abcd"', null],
    ['count', 1.5, 'wrong_type', '"count" must be a whole number, found 1.5', null],
    ['count', 'x'.repeat(99), 'wrong_type', `"count" must be a number, found "${'x'.repeat(56)}…`, null],
    ['count', -1, 'bad_value', '"count" must be at least 0, found -1', null],
    ['count', 11, 'bad_value', '"count" must be at most 10, found 11', null],
    ['share', 0, 'bad_value', '"share" must be above 0, found 0', null],
    ['share', 1, 'bad_value', '"share" must be below 1, found 1', null],
    ['on', 'yes', 'wrong_type', '"on" must be true or false, found "yes"', 'YAML 1.2 knows true and false: write true'],
    ['on', 'Off', 'wrong_type', '"on" must be true or false, found "Off"', 'YAML 1.2 knows true and false: write false'],
    ['kind', 'claen', 'bad_value', '"kind" must be clean or filter, found "claen"', 'Did you mean "clean"?'],
    ['list', [], 'bad_value', '"list" must have at least 2 entries, found a list', null],
    ['list', ['a', 'b', 'c', 'd'], 'bad_value', '"list" must have at most 3 entries, found a list', null],
    ['code', 'y', 'bad_value', '"code" invalid string: must match pattern /^x/, found "y"', null],
    ['own', 'y', 'bad_value', '"own" must begin with x', null],
    ['mixed', 'x', 'wrong_type', '"mixed" must be true or false or a number, found "x"', null],
    ['words', 'non', 'bad_value', '"words" must be all, none or some, found "non"', 'Did you mean "none"?'],
    ['period', '90', 'bad_value', '"period" must be days such as 90d', null],
    ['period', 90, 'wrong_type', '"period" must be text or ever, found 90', 'Put it in single quotes'],
    ['span', 90, 'wrong_type', '"span" must be days such as 90d, found 90', null],
    ['forms', 7, 'wrong_type', '"forms" must be text or a mapping, found 7', 'Put it in single quotes'],
    ['checked', { a: 0 }, 'bad_value', '"checked" a has to be above 0', null],
  ])('says of %s: %j', (...[key, value, code, message, hint]) => {
    expect(issuesOf({ [key]: value })).toEqual([{ path: [key], code, message, hint }])
  })

  it.each<[string, unknown, (string | number)[], string, string, string | null]>([
    [
      'an entry of a list',
      { list: ['a', 7] },
      ['list', 1],
      'wrong_type',
      'list[1] must be text, found 7',
      'Put it in single quotes',
    ],
    ['an unknown key', { knd: 1 }, ['knd'], 'unknown_key', 'unknown key "knd"', 'Did you mean "kind"?'],
    ['an unknown key far from all', { zzzzz: 1 }, ['zzzzz'], 'unknown_key', 'unknown key "zzzzz"', null],
    [
      'a key below names',
      { named: { ab: { min: 1, mx: 2 } } },
      ['named', 'ab', 'mx'],
      'unknown_key',
      'unknown key "mx"',
      'Known keys: min',
    ],
    ['a missing key', { named: { ab: {} } }, ['named', 'ab', 'min'], 'missing_key', 'key "min" is missing', null],
    [
      'a name of another form',
      { named: { AB: { min: 1 } } },
      ['named', 'AB'],
      'bad_key',
      '"AB" is no name that may stand here',
      null,
    ],
    [
      'a form of a choice by its keys',
      { forms: { file: 'a', colum: 'b' } },
      ['forms', 'colum'],
      'unknown_key',
      'unknown key "colum"',
      'Did you mean "column"?',
    ],
    [
      'a value inside a form',
      { forms: { list: 7 } },
      ['forms', 'list'],
      'wrong_type',
      '"list" must be text, found 7',
      'Put it in single quotes',
    ],
    [
      'a key deep in a recursive form',
      { tree: { name: 'a', below: [{ name: 'b', below: [{ nme: 'c', name: 'd' }] }] } },
      ['tree', 'below', 0, 'below', 0, 'nme'],
      'unknown_key',
      'unknown key "nme"',
      'Did you mean "name"?',
    ],
    ['a place of a tuple', { pair: ['a', 'b'] }, ['pair', 1], 'wrong_type', 'pair[1] must be a number, found "b"', null],
    ['one side of an intersection', { both: { a: 'x' } }, ['both', 'b'], 'missing_key', 'key "b" is missing', null],
    [
      'what is behind a pipe',
      { piped: { iner: 'x', inner: 'y' } },
      ['piped', 'iner'],
      'unknown_key',
      'unknown key "iner"',
      'Did you mean "inner"?',
    ],
    [
      'what is behind a lazy schema',
      { late: { iner: 'x', inner: 'y' } },
      ['late', 'iner'],
      'unknown_key',
      'unknown key "iner"',
      'Did you mean "inner"?',
    ],
  ])('finds %s', (...[, value, path, code, message, hint]) => {
    expect(issuesOf(value)).toContainEqual({ path, code, message, hint })
  })

  it('says of a value that is no mapping at all', () => {
    expect(issuesOf('x')).toEqual([{ path: [], code: 'wrong_type', message: 'it must be a mapping, found "x"', hint: null }])
  })

  it('names each unknown key by itself', () => {
    expect(issuesOf({ a: 1, b: 2 }).map(({ path }) => path)).toEqual([['a'], ['b']])
  })
})
