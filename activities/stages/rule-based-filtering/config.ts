import { z } from 'zod'
import { amountSchema, budgetSchema } from '../../vocabulary/amount-schema.ts'
import { outputSchema } from '../../vocabulary/output-schema.ts'
import { type RuleSpec, rulesShape } from './rule-schema.ts'
import { shapeShape } from './shape-schema.ts'
import type { ValueSpec } from './value-schema.ts'

/** The rules as they are written, in the config or in a file. */
export const rulesFileSchema = z.strictObject(rulesShape)
export type RulesSpec = Omit<z.infer<typeof rulesFileSchema>, 'rules' | 'let'> & {
  readonly rules?: readonly RuleSpec[] | undefined
  readonly let?: Readonly<Record<string, ValueSpec>> | undefined
}

/** Config of `rule_based_filtering`. */
export const ruleBasedFilteringSchema = z.strictObject({
  input_file: z
    .string()
    .min(1)
    .optional()
    .describe('A CSV file, or the output_file of another stage; not needed where `input` names a stage'),
  output_file: z.string().min(1).optional().describe('Name of the output; the run ID is put into it'),
  output: outputSchema.optional(),
  rules_file: z.string().min(1).optional().describe('Rules from a file; they come before those written here'),
  ...rulesShape,
  ...shapeShape,
  budget: budgetSchema
    .default({})
    .transform(({ warn = '1%', fail = '10%' }) => ({ warn, fail }))
    .describe('How many of the rows read may be rejected (filtered ones do not count); default: warn 1%, fail 10%'),
  min_output: amountSchema.default('1 row').describe('Fewer rows than this stop the stage'),
  execution_id: z.string().optional().describe('Understood and not needed: the engine names the run'),
  execution_output_dir: z.string().optional().describe('Understood and not needed: the engine places outputs'),
})
export type RuleBasedFilteringConfig = Omit<z.infer<typeof ruleBasedFilteringSchema>, 'rules' | 'let'> & RulesSpec
