import { z } from 'zod'
import { listFile, listName } from './list-reference-schema.ts'

/** What a text is measured in. */
const UNITS = [
  'words',
  'letters',
  'digits',
  'symbols',
  'emoji',
  'links',
  'emails',
  'phones',
  'hashtags',
  'mentions',
  'lines',
] as const
export type Unit = (typeof UNITS)[number]

const ofSchema = z
  .union([
    z.enum(UNITS),
    z.strictObject({ matches: z.string().min(1).describe('A regex (RE2): each match is one') }),
    listName,
    listFile,
  ])
  .describe('What is measured: a kind of characters, the matches of a regex, or the words of a list')
export type MeasureOf = z.infer<typeof ofSchema>

const SHARE_WORDS = 'needs its unit: a share such as 60%'
const share = z
  .string({ error: SHARE_WORDS })
  .regex(/^\d+(?:\.\d+)?\s*%$/, { error: SHARE_WORDS })
  .meta({ title: 'share', examples: ['60%'] })

/** The same five limits for numbers, for shares, or for either. */
function limitsOf<Limit extends z.ZodType>(limit: Limit) {
  return {
    min: limit.optional().describe('At least; the bound is included'),
    max: limit.optional().describe('At most; the bound is included'),
    above: limit.optional().describe('More than'),
    below: limit.optional().describe('Less than'),
    equals: limit.optional().describe('Exactly'),
  }
}

const setsLimit = (limits: { min?: unknown; max?: unknown; above?: unknown; below?: unknown; equals?: unknown }): boolean =>
  [limits.min, limits.max, limits.above, limits.below, limits.equals].some((limit) => limit !== undefined)
const NO_LIMIT = { error: 'sets no limit: add min, max, above, below or equals' }

export const countSchema = z.strictObject({ of: ofSchema, ...limitsOf(z.number()) }).refine(setsLimit, NO_LIMIT)
export const shareSchema = z.strictObject({ of: ofSchema, ...limitsOf(share) }).refine(setsLimit, NO_LIMIT)
export const averageLengthSchema = z.strictObject({ of: ofSchema, ...limitsOf(z.number()) }).refine(setsLimit, NO_LIMIT)
const repeatsShape = {
  of: ofSchema,
  in_each: z.literal('word').optional().describe('Look at each word by itself; the worst one counts'),
  longer_than: z.int().min(0).max(500).optional().describe('Only words of more characters than this'),
}
export const repeatsSchema = z
  .strictObject({
    ...repeatsShape,
    ...limitsOf(z.union([z.number(), share], { error: 'must be a number of times, or a share such as 60%' })),
  })
  .refine(setsLimit, NO_LIMIT)

/** Checks that measure a text. */
export const measureShape = {
  count: countSchema.optional().describe('How many of these the text has'),
  share: shareSchema.optional().describe('Which share of its characters belongs to these'),
  repeats: repeatsSchema.optional().describe('How often the most frequent of these occurs: times (3), or its share of all (60%)'),
  average_length: averageLengthSchema.optional().describe('How long these are on average, in characters'),
} as const

/** The measures as numbers under a name, without limits: for `let:` and `derive:`. */
export const measuredShape = {
  length: z
    .strictObject({ in: z.enum(['characters', 'words', 'bytes']).optional().describe('What is counted. Default: characters') })
    .optional()
    .describe('How long the text is'),
  count: z.strictObject({ of: ofSchema }).optional().describe('How many of these the text has'),
  share: z.strictObject({ of: ofSchema }).optional().describe('Which share of its characters belongs to these: 0.6 is 60%'),
  repeats: z
    .strictObject({
      ...repeatsShape,
      in: z.enum(['times', 'share']).optional().describe('As a number of times, or as a share of all of them. Default: times'),
    })
    .optional()
    .describe('How often the most frequent of these occurs'),
  average_length: z.strictObject({ of: ofSchema }).optional().describe('How long these are on average, in characters'),
} as const
export const MEASURES = Object.keys(measuredShape) as readonly (keyof typeof measuredShape)[]
export type Measured = { readonly [Name in keyof typeof measuredShape]?: z.infer<(typeof measuredShape)[Name]> }
