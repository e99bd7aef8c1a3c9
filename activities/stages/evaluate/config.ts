import { z } from 'zod'
import { cleanSchema } from '../../vocabulary/clean-schema.ts'

const labels = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1)])
  .transform((value) => (Array.isArray(value) ? value : [value]).map(String))

/** Config of `evaluate`. */
export const evaluateSchema = z.strictObject({
  label: z.string().min(1).default('Label').describe('The column, among all rows, that holds what people said of a row'),
  keep: labels
    .default(['Yes'])
    .describe('Labels of rows that people want; every other label, and none, means unwanted. Default: Yes'),
  drop: labels
    .default(['No'])
    .describe(
      'Labels that mean unwanted. Others than these and those of `keep` mean the same, but are listed in the report. Default: No',
    ),
  as: cleanSchema.default(['trim']).describe('Look at the label through these steps; default: trim'),
  output_file: z.string().min(1).optional().describe('Name of the file with the metrics; the run ID is put into it'),
  input_file: z
    .string()
    .min(1)
    .optional()
    .describe('All rows with their labels: a CSV file, where `input` names no stage for `all`'),
  stage2_output: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The kept rows, where `input` names no stage for `kept`: the output_file of a stage, or a CSV file. Of a glob the newest',
    ),
  execution_id: z.string().optional().describe('Understood and not needed: the engine names the run'),
  execution_output_dir: z.string().optional().describe('Understood and not needed: the engine places outputs'),
})
export type EvaluateConfig = z.infer<typeof evaluateSchema>
