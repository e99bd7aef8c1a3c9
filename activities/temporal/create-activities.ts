import { join, relative } from 'node:path'
import {
  activityInfo,
  ApplicationFailure,
  CancelledFailure,
  cancellationSignal,
  CompleteAsyncError,
  heartbeat,
} from '@temporalio/activity'
import type { Activities, StageActivity, StageArgument, StageSummary } from '../../pipeline/messages.ts'
import type { HeartbeatDetails } from '../../pipeline/progress.ts'
import { closeRun } from '../close-run.ts'
import type { Database } from '../duckdb.ts'
import { toOnclockError } from '../error-of.ts'
import { replaceOutput } from '../replace-output.ts'
import { standStill } from '../stand-still.ts'
import { planRun } from '../planning/plan-run.ts'
import { createRunLog } from '../run-log.ts'
import { runStage } from '../run-stage.ts'
import type { Progress } from '../stage.ts'
import { logPath } from '../store/run-layout.ts'
import { createRunStore } from '../store/run-store.ts'

const SLOWEST_BEAT_MS = 1000

export interface ActivityDependencies {
  readonly projectDir: string
  /** Opened by the first stage that needs it. */
  readonly database: () => Promise<Database>
}

/** The activities a worker hosts: planning, closing, and `default`, which takes every stage by its module's name. */
export function createActivities({
  projectDir,
  database,
}: ActivityDependencies): Activities & { readonly default: StageActivity } {
  return {
    plan: (argument) =>
      guarded(async () => {
        const { plan, store } = await planRun({
          projectDir,
          pipelineFile: argument.pipeline_file,
          set: argument.set,
          runId: argument.run_id,
          workflowId: activityInfo().workflowExecution?.workflowId ?? argument.run_id,
          generation: argument.generation,
          mode: argument.mode,
          ...(argument.schedule === undefined ? {} : { schedule: argument.schedule }),
          ...(argument.stages === undefined ? {} : { stages: argument.stages }),
          ...(argument.reuse === undefined ? {} : { reuse: argument.reuse }),
        })
        const generation = await store.readGeneration(plan.run_id, plan.generation)
        const log = createRunLog(logPath(projectDir, plan.run_id), generation?.pipeline.config.logLevel ?? 'INFO', 'run')
        log.info(
          `${plan.pipeline} · ${plan.pipeline_file ?? ''} · ${argument.mode === 'run' ? 'started' : 'resumed'} as ${plan.run_id}${argument.reuse === undefined ? '' : `, reusing ${argument.reuse.run_id}`}`,
        )
        if (argument.mode === 'resume' || argument.reuse !== undefined)
          for (const { action, name, reason } of plan.stages) log.info(`${action} ${name}: ${reason}`)
        for (const warning of plan.warnings) log.warn(warning)
        return { plan, output_dir: relative(projectDir, store.outputDir) }
      }),
    close: (argument) =>
      guarded(async () => {
        await closeRun(projectDir, createRunStore(join(projectDir, argument.output_dir)), argument.run_id, argument.closing)
      }),
    stand: ({ run_id: runId, output_dir: outputDir, standing }) =>
      guarded(() => standStill(projectDir, createRunStore(join(projectDir, outputDir)), runId, standing)),
    replace: (argument) =>
      guarded(async () => {
        await replaceOutput({ projectDir, store: createRunStore(join(projectDir, argument.output_dir)), database }, argument)
      }),
    default: (argument) => guarded(() => hostStage(projectDir, database, argument)),
  }
}

async function hostStage(projectDir: string, database: () => Promise<Database>, argument: StageArgument): Promise<StageSummary> {
  let latest: HeartbeatDetails = {}
  const signal = cancellationSignal()
  // Modules need not heartbeat: the engine does, often enough that a lost worker and a cancel are noticed soon.
  const beat = setInterval(
    () => heartbeat(latest),
    Math.min(SLOWEST_BEAT_MS, (activityInfo().heartbeatTimeoutMs ?? Infinity) / 3),
  )
  try {
    return await runStage({
      projectDir,
      store: createRunStore(join(projectDir, argument.output_dir)),
      runId: argument.run_id,
      generation: argument.generation,
      stage: argument.stage,
      attempt: activityInfo().attempt,
      database,
      progress: (progress) => {
        latest = detailsOf(progress)
        heartbeat(latest)
      },
      signal,
    })
  } finally {
    clearInterval(beat)
  }
}

function detailsOf({ rows, rowsTotal, bytes, bytesTotal, doing }: Progress): HeartbeatDetails {
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(rowsTotal === undefined ? {} : { rows_total: rowsTotal }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(bytesTotal === undefined ? {} : { bytes_total: bytesTotal }),
    ...(doing === undefined ? {} : { doing }),
  }
}

/** Faults cross the wire with their code as the type; what another attempt cannot mend is marked so. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CancelledFailure || error instanceof CompleteAsyncError || cancellationSignal().aborted) throw error
    const fault = toOnclockError(error)
    throw ApplicationFailure.create({
      message: fault.message,
      type: fault.code,
      nonRetryable: !fault.retryable,
      details: [{ hint: fault.hint ?? null, attempt: activityInfo().attempt }],
    })
  }
}
