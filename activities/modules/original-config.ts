import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import type { ProducedFile } from '../stage.ts'
import type { BoundFiles } from './bind-files.ts'

/** The config as the original gave it to a stage: with the facts of the run, and files in the place of names. */
export function originalConfig(
  config: JsonObject,
  files: BoundFiles,
  context: { readonly runId: string; readonly outDir: string },
): { [key: string]: JsonValue } {
  const aliases = Object.entries(files.inputs)
  return {
    ...config,
    execution_id: context.runId,
    execution_output_dir: context.outDir,
    output_file: files.outputFile,
    ...(files.inputFile === null ? {} : { input_file: files.inputFile }),
    ...(aliases.length < 2 ? {} : { input_files: Object.fromEntries(aliases.map(([alias, file]) => [alias, file.path])) }),
  }
}

/** What can be said of the rows of a stage that keeps no account: the records of its files, for its metadata. */
export function fileRows(files: BoundFiles, outputs: readonly ProducedFile[]): JsonObject {
  const output = outputs.find((file) => file.dataset === 'output')
  return { rows_accounted: false, records_of_input_file: files.input?.rows ?? null, records_of_output_file: output?.rows ?? null }
}
