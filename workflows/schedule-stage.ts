import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow'
import type { StageActivity, StageSummary } from '../pipeline/messages.ts'
import type { Plan, PlannedStage } from '../pipeline/plan.ts'
import { isWorkerLost } from './failure-record.ts'

/** Losing a worker is nobody's fault, but a stage that takes every worker down with it must end some time. */
const MOST_WORKERS_LOST = 5

/** A stage is one activity named after its module, so that the timeline reads as the pipeline does. */
export async function scheduleStage(thePlan: Plan, stage: PlannedStage, outputDir: string): Promise<StageSummary> {
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
