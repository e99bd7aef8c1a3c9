import { packageVersion } from '../../activities/package-root.ts'
import type { ReusedRun } from '../../pipeline/messages.ts'
import { newRunId } from '../../pipeline/run-id.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import { type StageChoice, selectStages } from '../../pipeline/select-stages.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { chooseStages } from '../project/choose-stages.ts'
import { findPipeline } from '../project/find-pipeline.ts'
import { findReusable, type ReusableRun } from '../project/find-reusable.ts'
import { openPipeline } from '../project/open-pipeline.ts'
import { parseSet, readParamsFile } from '../project/parse-set.ts'
import { setBefore } from '../project/set-before.ts'
import type { RunFacts } from '../temporal/run-description.ts'
import { planView } from '../views/plan-view.ts'

export interface RunOptions extends StageChoice {
  readonly set: readonly string[]
  readonly params?: string
  readonly reuse?: string
  readonly plan?: boolean
  readonly detach?: boolean
  readonly timeout?: number
}

/** Starts a pipeline and watches it to its end. */
export async function run(context: CommandContext, named: string | undefined, options: RunOptions): Promise<CommandResult> {
  const reusable = await reusableRun(context, named, options.reuse)
  const fromFile = options.params === undefined ? {} : await readParamsFile(context.cwd, options.params)
  const set = { ...(await keptSet(context, named, reusable)), ...fromFile, ...parseSet(options.set) }
  const place = reusable !== null && named === undefined ? { ...context, cwd: context.projectDir } : context
  const { file, pipeline } = await openPipeline(place, named ?? reusable?.record.pipeline_file ?? undefined, { code: true, set })
  const stages = chooseStages(pipeline, file, options)
  const part = reusable === null ? selectStages(pipeline, stages).pipeline : pipeline
  const runId = newRunId(new Date(), pipeline.config.timezone)
  const asked: Asked = {
    ...(Object.keys(stages).length === 0 ? {} : { stages }),
    ...(reusable === null ? {} : { reuse: reusable.reuse }),
  }
  if (options.plan === true) return preview(context, { pipelineFile: file, set, runId, mode: 'run', ...asked })
  const { launch } = await import('../follow/launch.ts')
  return launch(context, {
    request: { run_id: runId, pipeline_file: file, set, mode: 'run', ...asked },
    workflowId: runId,
    facts: { ...factsOf(part, file, runId), ...(reusable === null ? {} : { reuses: reusable.reuse.run_id }) },
    detach: options.detach ?? false,
    timeoutMs: options.timeout ?? null,
  })
}

/** What is asked besides the pipeline and its parameters. */
interface Asked {
  readonly stages?: StageChoice
  readonly reuse?: ReusedRun
}

async function reusableRun(
  context: CommandContext,
  named: string | undefined,
  reuse: string | undefined,
): Promise<ReusableRun | null> {
  if (reuse === undefined) return null
  return findReusable(context.projectDir, reuse, named === undefined ? null : findPipeline(context, named))
}

/** Of the same pipeline the parameters stay as they were; another one has its own. */
async function keptSet(
  context: CommandContext,
  named: string | undefined,
  reusable: ReusableRun | null,
): Promise<{ readonly [name: string]: string }> {
  const file = reusable?.record.pipeline_file ?? null
  if (reusable === null || file === null) return {}
  return named === undefined || findPipeline(context, named) === file ? setBefore(context, reusable.found, file) : {}
}

/** What a run or resume would do, stage by stage; nothing is started or written. */
export async function preview(
  context: CommandContext,
  request: Asked & {
    pipelineFile: string
    set: { readonly [name: string]: string }
    runId: string
    mode: 'run' | 'resume'
  },
): Promise<CommandResult> {
  const { previewPlan } = await import('../../activities/planning/plan-run.ts')
  const plan = await previewPlan({ projectDir: context.projectDir, ...request })
  return { json: plan, text: planView(plan, request.reuse === undefined ? request.mode : { reuses: request.reuse.run_id }) }
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
