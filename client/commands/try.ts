import type { StageLog } from '../../activities/stage.ts'
import { type TriedStage, tryStages } from '../../activities/try-stages.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { nameStage } from '../project/name-stage.ts'
import { openPipeline } from '../project/open-pipeline.ts'
import { parseSet } from '../project/parse-set.ts'
import { rulesByStage } from '../project/rules-by-stage.ts'
import { lendDatabase } from '../project/with-database.ts'
import { trialView } from '../views/trial-view.ts'

export interface TryOptions {
  readonly set: readonly string[]
  readonly stage?: string
  readonly rows: number
}

const EXAMPLES = 3

/** What the built-in stages and rules of a pipeline would do to a sample. Needs no server and writes nothing in the project. */
export async function tryPipeline(
  context: CommandContext,
  named: string | undefined,
  options: TryOptions,
): Promise<CommandResult> {
  const { file, pipeline } = await openPipeline(context, named, { code: false, set: parseSet(options.set) })
  const names = pipeline.stages.map(({ name }) => name)
  const until = options.stage === undefined ? null : nameStage(names, options.stage, file)
  const signal = context.onInterrupt()
  const lent = await lendDatabase()
  try {
    const { projectDir } = context
    const request = { projectDir, pipeline, until, records: options.rows, examples: EXAMPLES }
    const { database, folder: workDir } = lent
    const tried = await tryStages({ ...request, workDir, database, log: logOf(context), signal })
    const shown = until === null ? tried : tried.filter(({ name }) => name === until)
    const samples = tried.flatMap(({ sample }) => (sample === null ? [] : [sample]))
    return {
      json: { pipeline_file: file, samples, stages: shown.map(jsonOf) },
      text: trialView({ stages: shown, samples, rules: rulesByStage(pipeline.stages) }),
    }
  } catch (error) {
    if (!signal.aborted) throw error
    return { exit: Number(signal.reason), notes: ['stopped'] }
  } finally {
    await lent.close()
  }
}

function jsonOf({ untried, ...stage }: TriedStage): object {
  return { ...stage, tried: untried === null, reason: untried }
}

function logOf({ note, verbose }: CommandContext): StageLog {
  const say = (message: string): void => {
    if (verbose) note(message)
  }
  return { debug: say, info: say, warn: say, error: say }
}
