import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { Activities, PlanResult, RunInput, RunOutcome, SkipRequest } from '../pipeline/messages.ts'
import type { RunProgress } from '../pipeline/progress.ts'
import type { ErrorRecord, RunStatus } from '../pipeline/record.ts'
import { runOutcome } from '../pipeline/schedule-stages.ts'
import { stageFailure } from './failure-record.ts'
import { PersonUpdates } from './person-updates.ts'
import { runDetails } from './run-details.ts'
import { RunLimit } from './run-limit.ts'
import { type OpenRun, now, runReadyStages } from './run-stages.ts'
import { RunState } from './run-state.ts'

const MOST_PLAN_ATTEMPTS = 5

const progressQuery = defineQuery<RunProgress | null>('progress')
const statusAttribute = defineSearchAttributeKey('OnclockStatus', SearchAttributeType.KEYWORD)
const runIdAttribute = defineSearchAttributeKey('OnclockRunId', SearchAttributeType.KEYWORD)
const failedStagesAttribute = defineSearchAttributeKey('OnclockFailedStages', SearchAttributeType.KEYWORD_LIST)

const { plan } = proxyActivities<Pick<Activities, 'plan'>>({
  activityId: 'plan',
  startToCloseTimeout: '10 minutes',
  retry: { maximumAttempts: MOST_PLAN_ATTEMPTS, initialInterval: '1 second' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
})

const { stand, replace } = proxyActivities<Pick<Activities, 'stand' | 'replace'>>({
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

  let state: RunState | null = null
  let outputDir = ''
  const updates = new PersonUpdates()
  updates.listen({ state: () => state, skip: (request, at) => skipStage(required(state), outputDir, request, at) })

  const planned = await planOf(input)
  outputDir = planned.output_dir
  // Only now is it known: a schedule knows its slot, the run directory may be taken.
  if (input.schedule !== undefined && input.search_attributes)
    upsertSearchAttributes([{ key: runIdAttribute, value: planned.plan.run_id }])
  state = new RunState(planned.plan)
  progress = () => state.progress()
  const error = await runStages(state, { ...openRun(input, planned, state), updates })
  await CancellationScope.nonCancellable(() => closeRun(state, planned, error, input.search_attributes))
  return outcome(state, error)
}

async function planOf(input: RunInput & { readonly generation?: string }): Promise<PlanResult> {
  const { search_attributes: _unused, ...request } = input
  try {
    return await plan({ generation: workflowInfo().runId, ...request })
  } catch (failure) {
    if (isCancellation(failure)) throw failure
    const { error } = stageFailure(failure, MOST_PLAN_ATTEMPTS)
    throw ApplicationFailure.nonRetryable(error.message, error.code, { hint: error.hint ?? null })
  }
}

/** @returns why the run did not succeed, or null. */
async function runStages(
  state: RunState,
  open: Pick<OpenRun, 'outputDir' | 'updates' | 'tell' | 'replan'>,
): Promise<ErrorRecord | null> {
  const scope = new CancellationScope()
  let timedOut = false
  const limit = new RunLimit(state.plan.timeout_ms, () => {
    timedOut = true
    scope.cancel()
  })
  limit.start()
  try {
    await scope.run(() => runReadyStages({ ...open, state, limit }))
    limit.stop()
  } catch (failure) {
    if (!isCancellation(failure)) throw failure
    return stopped(state, timedOut)
  }
  const { status, error } = endOf(state)
  state.status = status
  return error
}

/** What a person may ask of the run, and what it then does. */
function openRun(input: RunInput, planned: PlanResult, state: RunState): Pick<OpenRun, 'outputDir' | 'tell' | 'replan'> {
  const outputDir = planned.output_dir
  let { set } = input
  let generations = 1
  return {
    outputDir,
    tell: async (status) => {
      if (input.search_attributes) upsertSearchAttributes([{ key: statusAttribute, value: status }])
      await stand({ run_id: state.plan.run_id, output_dir: outputDir, standing: state.standing(now(), status) })
    },
    replan: async (request) => {
      const { search_attributes: attributes, stages: _stages, reuse: _reuse, ...asked } = input
      const { plan: thePlan } = await planOf({
        ...asked,
        run_id: state.plan.run_id,
        search_attributes: attributes,
        mode: 'resume',
        set: request.set ?? set,
        generation: `${workflowInfo().runId}.${generations + 1}`,
        ...(request.from === undefined ? {} : { stages: { from: request.from } }),
      })
      generations += 1
      set = request.set ?? set
      state.replan(thePlan)
      if (attributes) upsertSearchAttributes([{ key: statusAttribute, value: 'running' }])
    },
  }
}

async function skipStage(state: RunState, outputDir: string, { stage, output, by }: SkipRequest, at: string): Promise<void> {
  const who = `skipped by ${by ?? 'a person'} at ${at}`
  if (output === undefined) return state.givenUp(stage, 'waived', who)
  const reason = `${who}; ${output} is in place of its output`
  const { run_id, generation } = state.plan
  await replace({ run_id, output_dir: outputDir, stage, generation, file: output, reason })
  state.givenUp(stage, 'replaced', reason)
}

function stopped(state: RunState, timedOut: boolean): ErrorRecord {
  const hint = `It can go on: onclock resume ${state.plan.run_id}`
  state.status = timedOut ? 'timed_out' : 'cancelled'
  const message = timedOut ? 'the run took longer than execution.timeout' : 'the run was cancelled'
  state.stopped(message)
  return { code: timedOut ? 'RUN_TIMED_OUT' : 'CANCELLED', message, hint }
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

function required(state: RunState | null): RunState {
  if (state === null) throw ApplicationFailure.nonRetryable('the run has no plan yet', 'RUN_STATE')
  return state
}
