import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { Activities, PlanResult, RunInput, RunOutcome, StageActivity, StageSummary } from '../pipeline/messages.ts'
import type { Plan, PlannedStage } from '../pipeline/plan.ts'
import type { RunProgress } from '../pipeline/progress.ts'
import type { ErrorRecord, RunStatus } from '../pipeline/record.ts'
import { readyStages, runOutcome, skippedBecause } from '../pipeline/schedule-stages.ts'
import { isWorkerLost, stageFailure } from './failure-record.ts'
import { runDetails } from './run-details.ts'
import { RunState } from './run-state.ts'

/** Losing a worker is nobody's fault, but a stage that takes every worker down with it must end some time. */
const MOST_WORKERS_LOST = 5
const MOST_PLAN_ATTEMPTS = 5

const progressQuery = defineQuery<RunProgress | null>('progress')
const statusAttribute = defineSearchAttributeKey('OnclockStatus', SearchAttributeType.KEYWORD)
const failedStagesAttribute = defineSearchAttributeKey('OnclockFailedStages', SearchAttributeType.KEYWORD_LIST)

const { plan } = proxyActivities<Pick<Activities, 'plan'>>({
  activityId: 'plan',
  startToCloseTimeout: '10 minutes',
  retry: { maximumAttempts: MOST_PLAN_ATTEMPTS, initialInterval: '1 second' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
})

/** Without its closing a run would leave no record: it is tried for long. */
const { close } = proxyActivities<Pick<Activities, 'close'>>({
  activityId: 'close',
  startToCloseTimeout: '10 minutes',
  retry: { maximumAttempts: 50, initialInterval: '1 second', maximumInterval: '1 minute' },
})

/** Runs a pipeline: plans it, runs its stages as their needs are met, closes the run. */
export async function runPipeline(input: RunInput): Promise<RunOutcome> {
  let progress = (): RunProgress | null => null
  setHandler(progressQuery, () => progress(), { description: 'Shows where the run stands, stage by stage.' })

  const planned = await planOf(input)
  const state = new RunState(planned.plan)
  progress = () => state.progress()
  const error = await runStages(state, planned)
  await CancellationScope.nonCancellable(() => closeRun(state, planned, error, input.search_attributes))
  return outcome(state, error)
}

async function planOf(input: RunInput): Promise<PlanResult> {
  const { search_attributes: _unused, ...request } = input
  try {
    return await plan({ ...request, generation: workflowInfo().runId })
  } catch (failure) {
    if (isCancellation(failure)) throw failure
    const { error } = stageFailure(failure, MOST_PLAN_ATTEMPTS)
    throw ApplicationFailure.nonRetryable(error.message, error.code, { hint: error.hint ?? null })
  }
}

/** @returns why the run did not succeed, or null. */
async function runStages(state: RunState, planned: PlanResult): Promise<ErrorRecord | null> {
  const limitMs = planned.plan.timeout_ms
  const scope = new CancellationScope()
  let timedOut = false
  const limit = new CancellationScope()
  if (limitMs !== null) {
    const wait = limit
      .run(() => sleep(limitMs))
      .then(() => {
        timedOut = true
        scope.cancel()
      })
    // Cancelled when the stages are done first.
    wait.catch(() => undefined)
  }
  try {
    await scope.run(() => runReadyStages(state, planned))
    limit.cancel()
  } catch (failure) {
    if (!isCancellation(failure)) throw failure
    return stopped(state, timedOut)
  }
  const { status, error } = endOf(state)
  state.status = status
  return error
}

async function runReadyStages(state: RunState, { plan: thePlan, output_dir: outputDir }: PlanResult): Promise<void> {
  const running = new Set<Promise<void>>()
  let changed = false
  const start = (stage: PlannedStage): void => {
    state.started(stage.name, now())
    const work = runStage(state, stage, outputDir).finally(() => {
      running.delete(work)
      changed = true
    })
    running.add(work)
    // A cancelled stage rejects; the cancellation itself is dealt with below.
    work.catch(() => undefined)
  }
  try {
    for (;;) {
      changed = false
      for (const { name, reason } of skippedBecause(thePlan, state.statuses())) state.skipped(name, reason)
      for (const name of readyStages(thePlan, state.statuses())) start(stageOf(thePlan, name))
      setCurrentDetails(runDetails(state.progress()))
      if (running.size === 0) return
      await condition(() => changed)
    }
  } finally {
    await CancellationScope.nonCancellable(() => Promise.allSettled(running))
  }
}

function stopped(state: RunState, timedOut: boolean): ErrorRecord {
  const hint = `It can go on: onclock resume ${state.plan.run_id}`
  state.status = timedOut ? 'timed_out' : 'cancelled'
  const message = timedOut ? 'the run took longer than execution.timeout' : 'the run was cancelled'
  state.stopped(message)
  return { code: timedOut ? 'RUN_TIMED_OUT' : 'CANCELLED', message, hint }
}

async function runStage(state: RunState, stage: PlannedStage, outputDir: string): Promise<void> {
  try {
    state.ended(stage.name, await scheduleStage(state.plan, stage, outputDir))
  } catch (failure) {
    if (isCancellation(failure)) throw failure
    state.failed(stage.name, { ...stageFailure(failure, stage.retry.maximumAttempts), at: now() })
    if (stage.on_failure === 'warn') state.warned(stage.name)
  }
}

/** A stage is one activity named after its module, so that the timeline reads as the pipeline does. */
async function scheduleStage(thePlan: Plan, stage: PlannedStage, outputDir: string): Promise<StageSummary> {
  const { maximumAttempts, initialIntervalMs, backoffCoefficient, maximumIntervalMs, nonRetryable } = stage.retry
  const activities = proxyActivities<{ [type: string]: StageActivity }>({
    activityId: stage.name,
    summary: stage.action === 'reuse' ? `${stage.name}: reuse (${stage.reason})` : stage.name,
    startToCloseTimeout: stage.timeout_ms,
    heartbeatTimeout: stage.heartbeat_timeout_ms,
    retry: {
      maximumAttempts,
      initialInterval: initialIntervalMs,
      backoffCoefficient,
      maximumInterval: maximumIntervalMs,
      nonRetryableErrorTypes: [...nonRetryable],
    },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  })
  const run = activities[stage.activity_type] as StageActivity
  const argument = { run_id: thePlan.run_id, stage: stage.name, generation: thePlan.generation, output_dir: outputDir }
  for (let lost = 0; ; lost += 1) {
    try {
      return await run(argument)
    } catch (failure) {
      if (lost >= MOST_WORKERS_LOST || !isWorkerLost(failure)) throw failure
    }
  }
}

async function closeRun(
  state: RunState,
  { output_dir }: PlanResult,
  error: ErrorRecord | null,
  attributes: boolean,
): Promise<void> {
  setCurrentDetails(runDetails(state.progress()))
  if (attributes) {
    const failed = state
      .progress()
      .stages.filter((stage) => stage.status === 'failed')
      .map((stage) => stage.name)
    upsertSearchAttributes([
      { key: statusAttribute, value: state.status },
      ...(failed.length > 0 ? [{ key: failedStagesAttribute, value: failed }] : []),
    ])
  }
  await close({ run_id: state.plan.run_id, output_dir, closing: state.closing(now(), error) })
}

function outcome(state: RunState, error: ErrorRecord | null): RunOutcome {
  const { run_id, status, warnings } = state.progress()
  if (error !== null && status === 'cancelled') throw new CancelledFailure(error.message)
  if (error !== null) throw ApplicationFailure.nonRetryable(error.message, error.code, { hint: error.hint ?? null })
  return { run_id, status, warnings }
}

function endOf(state: RunState): { readonly status: RunStatus; readonly error: ErrorRecord | null } {
  const status = runOutcome(state.plan, state.statuses())
  if (status === 'completed') return { status, error: null }
  // A stage that only warns does not end the run, so it is not what ended it.
  const blamed = new Set(state.plan.stages.filter((stage) => stage.on_failure !== 'warn').map((stage) => stage.name))
  const failed = state
    .progress()
    .stages.find((stage) => stage.status === 'failed' && stage.error !== null && blamed.has(stage.name))
  const error = failed?.error
  if (failed === undefined || error === null || error === undefined)
    return { status, error: { code: 'STAGE_FAILED', message: 'a stage failed' } }
  return { status, error: { ...error, message: `stage "${failed.name}" failed: ${error.message}` } }
}

function stageOf(thePlan: Plan, name: string): PlannedStage {
  const stage = thePlan.stages.find((candidate) => candidate.name === name)
  if (stage === undefined) throw ApplicationFailure.nonRetryable(`no stage ${name} in the plan`, 'UNEXPECTED')
  return stage
}

/** Deterministic in the sandbox: the time of the workflow task. */
function now(): string {
  return new Date().toISOString()
}
