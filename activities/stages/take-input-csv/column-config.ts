import { z } from 'zod'
import { cleanSchema } from '../../vocabulary/clean-schema.ts'
import { columnChecksSchema } from '../../vocabulary/column-checks-schema.ts'
import { columnFormShape } from '../../vocabulary/column-form-schema.ts'

export const nullTokensSchema = z.array(z.union([z.string(), z.number()]).transform(String))

const headerNames = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((names) => (typeof names === 'string' ? [names] : names))

/** What the config says of one column: where it comes from, how it is cleaned and read, what a good value is. */
export const columnSchema = columnChecksSchema.extend({
  from: headerNames
    .optional()
    .describe('What the file calls this column, where that is another name: one, or several of which one is there'),
  optional: z.boolean().optional().describe('The file may lack this column: it is then made, with empty cells'),
  clean: cleanSchema.optional().describe('Steps that change the value; instead of the trimming that every column gets'),
  null_tokens: nullTokensSchema.optional().describe('Texts that mean an empty cell, in this column; compared after cleaning'),
  ...columnFormShape,
  default: z
    .union([z.string().min(1), z.number(), z.boolean()])
    .transform(String)
    .optional()
    .describe('What an empty cell becomes'),
  clamp: z
    .boolean()
    .optional()
    .describe('A value below `min` becomes `min`, one above `max` becomes `max`; instead of a rejected row. Default: false'),
})
export type ColumnConfig = z.infer<typeof columnSchema>

/** Keys of a column that are no checks. */
export const NO_CHECKS = [
  'from',
  'optional',
  'clean',
  'null_tokens',
  'default',
  'clamp',
  ...Object.keys(columnFormShape),
] as const
