import { z } from 'zod'

const SHARE_WORDS = 'must be a share with its unit, such as 85%'
const names = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

/** Which texts are so much alike that one of them is enough. */
export const similarSchema = z
  .strictObject({
    by: names.describe('The column whose text is compared; of several the texts one after the other'),
    per: names.optional().describe('Compared with the rows alone that are the same in these columns'),
    at_least: z
      .string({ error: SHARE_WORDS })
      .regex(/^(?:[5-9]\d(?:\.\d+)?|100(?:\.0+)?)\s*%$/, { error: 'must be a share between 50% and 100%, such as 85%' })
      .default('85%')
      .describe(
        'How much of two texts must be the same: of the different pieces of three characters that either has, so many are in both. Capital letters, accents, punctuation and white space do not count',
      ),
    keep: z.enum(['first', 'last']).default('first').describe('Which of the rows that are alike stays'),
    order_by: names
      .optional()
      .describe('What first and last mean; "-views" turns the order round. Default: the order of the input'),
  })
  .describe('Rows whose text is much like that of a row that stays count as duplicates, unless an action is given')
export type SimilarSpec = z.input<typeof similarSchema>
