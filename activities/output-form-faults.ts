import type { ConfigIssue } from '../pipeline/catalog.ts'
import { isParquetName } from './public-form.ts'

/** What is wrong with `output`, which is about CSV, beside the name of the output; a stage with both words asks. */
export function outputFormFaults({
  output,
  output_file: file,
}: {
  readonly output?: unknown
  readonly output_file?: string | undefined
}): readonly ConfigIssue[] {
  if (output === undefined || file === undefined || !isParquetName(file)) return []
  const [message, hint] = ['is about CSV, and output_file is Parquet', 'Leave the key output out, or name a .csv file']
  return [{ path: ['output'], code: 'bad_output', message, hint }]
}
