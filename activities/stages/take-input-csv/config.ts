import { z } from 'zod'
import { checksSchema } from '../../checks/check-schema.ts'
import { type Encoding, ENCODING_NAMES, findEncoding, suggestEncoding } from '../../csv/encodings.ts'
import { amountSchema, budgetSchema } from '../../vocabulary/amount-schema.ts'
import { numberFormShape } from '../../vocabulary/column-form-schema.ts'
import { commentSchema, inputDelimiterSchema, markSchema } from '../../vocabulary/delimiter-schema.ts'
import { outputSchema } from '../../vocabulary/output-schema.ts'
import { columnSchema, nullTokensSchema } from './column-config.ts'
import { duplicatesSchema } from './duplicates-schema.ts'

const encoding = z
  .string()
  .transform((name, context): Encoding => {
    const found = findEncoding(name)
    if (found !== null) return found
    const near = suggestEncoding(name)
    const hint = near === null ? `known are ${ENCODING_NAMES.slice(0, 8).join(', ')} and more` : `did you mean ${near}?`
    context.addIssue({ code: 'custom', message: `is no encoding that is known here; ${hint}` })
    return z.NEVER
  })
  .meta({ examples: [...ENCODING_NAMES] })

/** Config of `take_input_csv`. Everything has a default: an input and nothing else is enough. */
export const takeInputCsvSchema = z.strictObject({
  input_file: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe('The CSV file, or several by a glob or a list, relative to the project; not needed when `input` names a stage'),
  member: z
    .string()
    .min(1)
    .optional()
    .describe('What is read of a zip archive with several files: a name, or a glob; not needed when it has one CSV file'),
  union: z
    .enum(['strict', 'by_name'])
    .default('strict')
    .describe('Columns of several files are matched by name; strict: all must have the same; by_name: what one lacks is empty'),
  strict: z
    .boolean()
    .default(false)
    .describe('Nothing of how the file is read may be a guess: what is not pinned is an error that says the lines to add'),
  output_file: z.string().min(1).optional().describe('Name of the output; the run ID is put into it'),
  encoding: encoding.optional().describe('Pins the encoding; found out otherwise'),
  delimiter: inputDelimiterSchema
    .optional()
    .describe('Pins the delimiter: one character or several, or comma, semicolon, tab, pipe, space'),
  quote: z
    .union([z.literal('none'), markSchema])
    .optional()
    .describe('Pins the quote; none: a quote is a character like any other'),
  escape: markSchema
    .optional()
    .describe(
      'Pins the escape inside quotes, or with quote none in front of delimiters and line ends; default: the doubled quote',
    ),
  padded_quotes: z
    .boolean()
    .optional()
    .describe('Pins whether blanks between a delimiter and a quote are no part of the cell; found out otherwise'),
  stray_quotes: z
    .enum(['text', 'reject'])
    .optional()
    .describe('Pins what a quote inside a cell that it does not enclose is: text, or a fault of its record; found out otherwise'),
  header: z.boolean().optional().describe('Pins whether the first record names the columns'),
  skip_lines: z
    .int()
    .min(0)
    .optional()
    .describe('Pins how many lines at the top belong to no table (a title, notes); found out otherwise'),
  skip_footer: z
    .int()
    .min(0)
    .default(0)
    .describe('How many lines at the end belong to no table (sums, notes); blank lines are not counted'),
  comment: commentSchema.optional().describe('What a line begins with that is a comment and no record; default: no line is one'),
  skip_blank_lines: z.boolean().default(true).describe('false: a blank line is a record with one empty cell'),
  short_rows: z
    .enum(['reject', 'fill'])
    .default('reject')
    .describe('What becomes of a record with too few fields; fill: the missing ones are empty cells, and it is counted'),
  limit: z.int().min(1).optional().describe('Takes this many records from the top, malformed ones included, and no more'),
  trim: z.boolean().default(true).describe('Whitespace at both ends of every cell is taken off, in columns without `clean`'),
  null_tokens: nullTokensSchema.default([]).describe('Texts that mean an empty cell, in all columns; the empty text always does'),
  columns: z
    .record(z.string().min(1), columnSchema)
    .default({})
    .describe('What a good row looks like, column by column; columns not named here pass through as text'),
  ...numberFormShape,
  column_names: z
    .enum(['exact', 'loose'])
    .default('exact')
    .describe('How names here and in the header are compared; loose: case, spaces, `_` and `-` do not matter'),
  extra_columns: z
    .enum(['keep', 'drop', 'reject'])
    .default('keep')
    .describe('Columns of the file that are not named here: they pass through, are left out, or stop the stage'),
  column_order: z
    .enum(['input', 'config', 'required'])
    .default('input')
    .describe(
      'The order of the columns: that of the file (input), or that of `columns` with the others behind (config); required: the stage stops where the file has them in another order',
    ),
  duplicates: duplicatesSchema
    .prefault('remove')
    .describe(
      'Rows that equal an earlier one in every column after cleaning: remove them (the first stays), or keep them; or {by: …}: rows that are the same in some columns',
    ),
  output: outputSchema.optional(),
  checks: checksSchema.optional(),
  budget: budgetSchema
    .default({})
    .transform(({ warn = '1%', fail = '10%' }) => ({ warn, fail }))
    .describe('How many of the rows read may be rejected; default: warn 1%, fail 10%'),
  min_output: amountSchema.default('1 row').describe('Fewer rows than this stop the stage'),
  execution_id: z.string().optional().describe('Understood and not needed: the engine names the run'),
  execution_output_dir: z.string().optional().describe('Understood and not needed: the engine places outputs'),
})
export type TakeInputCsvConfig = z.infer<typeof takeInputCsvSchema>
