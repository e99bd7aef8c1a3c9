import { packageVersion } from '../../activities/package-root.ts'
import { newRunId } from '../../pipeline/run-id.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { openPipeline } from '../project/open-pipeline.ts'
import { parseSet, readParamsFile } from '../project/parse-set.ts'
import type { RunFacts } from '../temporal/run-description.ts'
import { planView } from '../views/plan-view.ts'

export interface RunOptions {
  readonly set: readonly string[]
  readonly params?: string
  readonly plan?: boolean
  readonly detach?: boolean
  readonly timeout?: number
}

/** Starts a pipeline and watches it to its end. */
export async function run(context: CommandContext, named: string | undefined, options: RunOptions): Promise<CommandResult> {
  const fromFile = options.params === undefined ? {} : await readParamsFile(context.cwd, options.params)
  const set = { ...fromFile, ...parseSet(options.set) }
  const { file, pipeline } = await openPipeline(context, named, { code: true, set })
  const runId = newRunId(new Date(), pipeline.config.timezone)
  if (options.plan === true) return preview(context, { pipelineFile: file, set, runId, mode: 'run' })
  const { launch } = await import('../follow/launch.ts')
  return launch(context, {
    request: { run_id: runId, pipeline_file: file, set, mode: 'run' },
    workflowId: runId,
    facts: factsOf(pipeline, file, runId),
    detach: options.detach ?? false,
    timeoutMs: options.timeout ?? null,
  })
}

/** What a run or resume would do, stage by stage; nothing is started or written. */
export async function preview(
  context: CommandContext,
  request: { pipelineFile: string; set: { readonly [name: string]: string }; runId: string; mode: 'run' | 'resume' },
): Promise<CommandResult> {
  const { previewPlan } = await import('../../activities/planning/plan-run.ts')
  const plan = await previewPlan({ projectDir: context.projectDir, ...request })
  return { json: plan, text: planView(plan, request.mode) }
}

/** What the Temporal UI is told of a start. */
export function factsOf(pipeline: Pipeline, file: string, runId: string, mode: 'run' | 'resume' = 'run'): RunFacts {
  return {
    runId,
    pipeline: pipeline.name,
    description: pipeline.description,
    pipelineFile: file,
    params: pipeline.params,
    stages: pipeline.stages.filter((stage) => stage.enabled).map((stage) => stage.name),
    mode,
    version: packageVersion,
  }
}
