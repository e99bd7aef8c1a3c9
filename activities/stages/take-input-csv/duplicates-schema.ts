import { z } from 'zod'
import { cleanSchema } from '../../vocabulary/clean-schema.ts'

const columnNames = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((names) => (typeof names === 'string' ? [names] : names))

const byKey = z.strictObject({
  by: columnNames.describe('The columns that make two rows the same; a row in which all of them are empty is like no other'),
  keep: z.enum(['first', 'last']).default('first').describe('Which of them stays'),
  order_by: columnNames
    .optional()
    .describe('What first and last mean; "-views" turns the order round. Default: the order of the input'),
  as: cleanSchema.optional().describe('Look at the columns of `by` through these steps'),
})

/** Which rows are taken for the same, and which of them stays. */
export const duplicatesSchema = z.union([z.enum(['remove', 'keep']), byKey])
export type KeyedDuplicates = z.infer<typeof byKey>
