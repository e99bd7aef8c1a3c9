import { z } from 'zod'
import { cleanSchema } from '../vocabulary/clean-schema.ts'
import { type Condition, conditionSchema, conditionsIn } from '../vocabulary/condition-schema.ts'
import { listReferenceSchema } from '../vocabulary/list-reference-schema.ts'

/** What a check measures over all rows of an output. */
const MEASURES = [
  'rows',
  'columns',
  'null_share',
  'null_count',
  'distinct_count',
  'distinct_share',
  'sum',
  'mean',
  'median',
  'min',
  'max',
  'quantile',
  'stddev',
  'freshness',
  'references',
] as const
export type Measure = (typeof MEASURES)[number]

const limit = z.union([z.number(), z.string().min(1)])
const SHARE_WORDS = 'must be a share with its unit, such as 50%'

const limitsSchema = z
  .strictObject({
    min: limit.optional().describe('At least; the bound is included'),
    max: limit.optional().describe('At most; the bound is included'),
    above: limit.optional().describe('More than'),
    below: limit.optional().describe('Less than'),
    change: z
      .string({ error: SHARE_WORDS })
      .regex(/^\d+(?:\.\d+)?\s*%$/, { error: SHARE_WORDS })
      .optional()
      .describe('No further from the value of `against` than this share of it, up or down'),
  })
  .refine((limits) => Object.values(limits).some((value) => value !== undefined), {
    error: 'sets no limit: add min, max, above, below or change',
  })
export type Limits = z.infer<typeof limitsSchema>

const checkSchema = z.strictObject({
  id: z
    .string({ error: 'needs an id: it is reported under it' })
    .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u, { error: 'may hold letters, digits, "_", "-" and "."' })
    .describe('The name of the check in reports'),
  measure: z
    .enum(MEASURES)
    .describe(
      'What is measured: rows, columns (counted); null_count, null_share (of empty cells); distinct_count, distinct_share (of the values there are); sum, mean, median, min, max, quantile, stddev (of numbers; median, min, max and quantile of dates too); freshness (age of the newest date); references (values that are not `in` a list)',
    ),
  column: z.string().min(1).optional().describe('The column that is measured; every measure but rows and columns needs one'),
  as: cleanSchema.optional().describe('Look at the texts of the column through these steps'),
  where: conditionSchema.optional().describe('Only the rows that look like this, in the words of the rules'),
  at: z
    .string({ error: SHARE_WORDS })
    .regex(/^\d+(?:\.\d+)?\s*%$/, { error: SHARE_WORDS })
    .optional()
    .describe('Which quantile: 95% is the value that 95 of 100 do not exceed'),
  in: listReferenceSchema
    .optional()
    .describe('Of references: `{file: ref.csv#column}` or `{list: name}`, where the values have to be'),
  of: z
    .literal('input')
    .optional()
    .describe("The value as a share of the same in the stage's input; of rows, sum and distinct_count"),
  against: z
    .string()
    .regex(/^(?:(?:median|mean) of [1-9]\d{0,2} runs?|last run)$/, {
      error: 'must be "median of 5 runs", "mean of 5 runs" or "last run"',
    })
    .meta({ examples: ['median of 5 runs', 'last run'] })
    .optional()
    .describe('What `change` compares with: the value of this check in the newest completed runs of the pipeline'),
  nulls: z
    .enum(['pass', 'fail'])
    .optional()
    .describe('What it means when there is nothing to measure, such as the mean of no rows; default: fail'),
  warn: limitsSchema.optional().describe('The run has a warning when one of these limits does not hold'),
  fail: limitsSchema.optional().describe('The stage stops when one of these limits does not hold'),
})
export type CheckSpec = Omit<z.infer<typeof checkSchema>, 'where'> & { readonly where?: Condition | undefined }

/** `checks:` of a stage: limits on measures of its whole output. */
export const checksSchema = z.array(checkSchema).describe('Limits on the whole output, measured when everything else is done')

/** What a check may name lists and files in: its `in`, and the operands of its conditions. */
export function checkOperands({ in: list, where }: CheckSpec): readonly unknown[] {
  return [list, ...(where === undefined ? [] : conditionsIn(where).flatMap(({ condition }) => Object.values(condition)))]
}
