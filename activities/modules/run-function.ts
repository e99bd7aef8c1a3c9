import { OnclockError } from '../../pipeline/errors.ts'
import type { StageResult } from '../stage.ts'
import { collectOutputs } from './collect-outputs.ts'
import { fileRows, originalConfig } from './original-config.ts'
import type { StageRequest } from './stage-messages.ts'

/** Runs a stage of the original's form: it gets the config with the facts of the run in it; only `false` is a failure. */
export async function runFunction(run: (config: object) => unknown, request: StageRequest): Promise<StageResult> {
  const { context, files } = request
  const returned = await run(originalConfig(request.config, files, context))
  if (returned === false) throw new OnclockError('STAGE_FAILED', `${request.function} of ${request.module} returned false`)
  const { outputs, warnings } = await collectOutputs(context, new Map([[files.outputFile, 'output']]))
  return { rows: null, inputs: files.sources, outputs, warnings, metadata: fileRows(files, outputs) }
}
