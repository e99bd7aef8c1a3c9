import { z } from 'zod'
import { cleanSchema } from './clean-schema.ts'
import { columnTypeSchema } from './column-type-schema.ts'
import { listFile, listName, listReferenceSchema } from './list-reference-schema.ts'
import { measureShape } from './measure-schema.ts'

/** The checks of a value: one vocabulary for `columns:` of the intake and `rules:`. Keys are in the order of the docs. */

const scalar = z.union([z.string(), z.number(), z.boolean()])
const text = z.union([z.string().min(1), z.number(), z.boolean()])
const positive = z.int().min(1)

/** Entries as they are written, or where they are. A bare word is always that text, never the name of a list. */
export const entriesSchema = z.union([text, z.array(text).min(1), listReferenceSchema]).meta({
  title: 'words',
  examples: ['banned', ['active', 'banned'], { list: 'bots' }, { file: 'lists/bots.csv#handle' }],
})
export type Entries = z.infer<typeof entriesSchema>

const wordOptions = {
  at_least: positive.optional().describe('So many different ones must occur; default: 1'),
  except_in: z.string().min(1).optional().describe('A column: a word that occurs in it too does not count'),
}

const textOfColumn = z.strictObject({ column: z.string().min(1).describe('The text of another column of the row') })

/** What a text begins or ends with: words, or the text of another column. */
const edgeSchema = z.union([...entriesSchema.options, textOfColumn]).meta({
  title: 'words or column',
  examples: ['http', ['http', 'ftp'], { list: 'prefixes' }, { column: 'code' }],
})
export type Edge = z.infer<typeof edgeSchema>

/** A list for `contains`, with options where it is written as a mapping. */
const wordsSchema = z
  .union([
    text,
    z.array(text).min(1),
    z.strictObject({ words: z.array(text).min(1).describe('The words themselves'), ...wordOptions }),
    z.strictObject({ ...listName.shape, ...wordOptions }),
    z.strictObject({ ...listFile.shape, ...wordOptions }),
    textOfColumn,
  ])
  .meta({
    title: 'words to find',
    examples: [
      'promo code',
      ['promo code', 'link in bio'],
      { file: 'lists/brands.txt', at_least: 2 },
      { list: 'chains', except_in: 'author' },
      { column: 'first_name' },
    ],
  })
export type Words = z.infer<typeof wordsSchema>

const otherColumn = z.strictObject({
  column: z.string().min(1).describe('The other column'),
  times: z.number().optional().describe('The other value times this'),
  plus: z
    .union([z.number(), z.string().min(1)])
    .optional()
    .describe('The other value plus this: a number, or a duration such as 7d'),
})

const textBound = z.strictObject({
  text: z.string().min(1).describe('A text; the value is compared as text, character by character'),
})

/** A bound: a value, another column (`times`, `plus`), `now`, or a text. */
const boundSchema = z.union([z.number(), z.string().min(1), otherColumn, textBound]).meta({
  title: 'bound',
  examples: [1000, '60%', '2024-01-31', '90s', 'now', { column: 'views', times: 0.5 }, { text: 'm' }],
})
export type Bound = z.infer<typeof boundSchema>
export type OtherColumn = z.infer<typeof otherColumn>

/** A value to be equal to, or another column. */
const equalSchema = z
  .union([scalar, otherColumn])
  .meta({ title: 'value or column', examples: ['claim', 3, true, { column: 'other' }] })

const regex = z.string().min(1)
/** RE2: one, several, or several with names for the report. */
const patternsSchema = z
  .union([
    regex,
    z.array(regex).min(1),
    z.record(z.string().min(1), regex).refine((named) => Object.keys(named).length > 0, { error: 'names no pattern' }),
  ])
  .meta({ title: 'regexes', examples: ['^[0-9]+$', ['^a', 'z$'], { link: 'https?://', email: '@[a-z]+[.]' }] })
export type Patterns = z.infer<typeof patternsSchema>

const limits = {
  min: z.number().optional().describe('At least; the bound is included'),
  max: z.number().optional().describe('At most; the bound is included'),
  above: z.number().optional().describe('More than'),
  below: z.number().optional().describe('Less than'),
  equals: z.number().optional().describe('Exactly'),
}
export const LIMITS = ['min', 'max', 'above', 'below', 'equals'] as const

const lengthSchema = z
  .strictObject({
    in: z.enum(['characters', 'words', 'bytes']).optional().describe('What is counted. Default: characters'),
    ...limits,
  })
  .refine((length) => LIMITS.some((limit) => length[limit] !== undefined), {
    error: 'sets no limit: add min, max, above, below or equals',
  })
export type Length = z.infer<typeof lengthSchema>

const DURATION_WORDS = 'must be a duration with its unit, such as 90d or 12h'
const duration = z
  .string({ error: DURATION_WORDS })
  .regex(/^\d+(?:\.\d+)?(?:ms|s|m|h|d|w)$/, { error: DURATION_WORDS })
  .meta({ title: 'duration', examples: ['90d', '12h'] })
const negated = (what: string): string => `The opposite of \`${what}\``

/** Checks of one value; `not_` in front turns one round. */
export const checkShape = {
  required: z.boolean().optional().describe('A value must be there'),
  type: columnTypeSchema.optional(),
  equals: equalSchema.optional().describe('Equal to this value, or to another column'),
  not_equals: equalSchema.optional().describe(negated('equals')),
  in: entriesSchema.optional().describe('One of these values'),
  not_in: entriesSchema.optional().describe(negated('in')),
  min: boundSchema.optional().describe('At least; the bound is included'),
  max: boundSchema.optional().describe('At most; the bound is included'),
  above: boundSchema.optional().describe('More than'),
  below: boundSchema.optional().describe('Less than'),
  within: duration.optional().describe('A date no further from now than this, before or after'),
  not_within: duration.optional().describe(negated('within')),
  matches: patternsSchema.optional().describe('Some part of the text matches this regex (RE2), or one of these'),
  not_matches: patternsSchema.optional().describe(negated('matches')),
  contains: wordsSchema.optional().describe('One of these words occurs, or `at_least` so many different ones'),
  not_contains: wordsSchema.optional().describe(negated('contains')),
  contains_all: entriesSchema.optional().describe('All of these words occur'),
  not_contains_all: entriesSchema.optional().describe(negated('contains_all')),
  starts_with: edgeSchema.optional().describe('The text begins with this, or one of these'),
  not_starts_with: edgeSchema.optional().describe(negated('starts_with')),
  ends_with: edgeSchema.optional().describe('The text ends with this, or one of these'),
  not_ends_with: edgeSchema.optional().describe(negated('ends_with')),
  length: lengthSchema.optional().describe('How long the text is'),
  ...measureShape,
} as const

/** How the checks look at a value. */
export const lookShape = {
  as: cleanSchema.optional().describe('Look at the value through these steps; the value itself stays as it is'),
  match: z
    .enum(['word', 'substring'])
    .optional()
    .describe('What `contains` looks for: whole words, or parts of words too. Default: word'),
  nulls: z.enum(['pass', 'fail']).optional().describe('What an empty value means to all checks but `required`; default: pass'),
} as const

export const columnChecksSchema = z.strictObject({ ...lookShape, ...checkShape })
export type ColumnChecks = z.infer<typeof columnChecksSchema>
export type CheckName = keyof typeof checkShape
