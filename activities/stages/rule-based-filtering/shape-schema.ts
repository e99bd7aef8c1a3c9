import { z } from 'zod'
import { valueSchema } from './value-schema.ts'

const names = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])
const order = names.meta({ title: 'order', examples: ['name', ['-views', 'name']] })
const columnName = z
  .string()
  .regex(/^(?!__|_flags$)./s, { error: 'must not be empty, "_flags", or begin with "__": such columns are ours' })

const SHARE_WORDS = 'must be a share with its unit, such as 10%'
const sampleSchema = z
  .strictObject({
    rows: z.int().min(1).optional().describe('At most so many rows'),
    share: z
      .string({ error: SHARE_WORDS })
      .regex(/^\d+(?:\.\d+)?\s*%$/, { error: SHARE_WORDS })
      .refine((share) => Number.parseFloat(share) <= 100, { error: 'must be at most 100%' })
      .optional()
      .meta({ examples: ['10%'] })
      .describe('About this share of the rows'),
    by: names
      .optional()
      .describe(
        'The columns by which it is drawn: rows that are the same in them come together. Default: the record in the source',
      ),
    seed: z
      .union([z.int(), z.string().min(1)])
      .optional()
      .describe('Another seed gives another sample. Default: 0'),
  })
  .refine(({ rows, share }) => (rows === undefined) !== (share === undefined), { error: 'needs rows or share, and not both' })

const topSchema = z.strictObject({
  rows: z.int().min(1).describe('So many rows stay'),
  by: order.describe('What comes first: "-views" the most views. Empty values come last, equal rows in the order of the input'),
  per: names.optional().describe('So many rows stay of each that is the same in these columns'),
})

const columnList = z
  .array(z.string().min(1))
  .min(1)
  .refine((list) => new Set(list).size === list.length, { error: 'names a column twice' })

/** What happens to the rows that no rule stops: they are worked on in the order derive, sample, top, sort, select. */
export const shapeShape = {
  derive: z
    .record(columnName, valueSchema)
    .optional()
    .describe('Columns that are worked out per row, in this order; one that is there already is replaced'),
  sample: sampleSchema
    .optional()
    .describe('Keeps a part of the rows: the same ones each time, of a larger sample the same and more'),
  top: topSchema.optional().describe('Keeps the first rows by some order; the others are filtered'),
  sort: order.optional().describe('The order of the output: "-views" the largest first. Empty values come last'),
  select: z
    .union([columnList, z.strictObject({ drop: columnList.describe('All columns but these') })])
    .optional()
    .meta({ examples: [['id', 'text'], { drop: ['note'] }] })
    .describe('The columns of the output, in this order'),
}
const shapeSchema = z.strictObject(shapeShape)
export type ShapeSpec = z.infer<typeof shapeSchema>
