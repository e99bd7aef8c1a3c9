import type { Client, WorkflowExecutionDescription } from '@temporalio/client'
import { optionalTsToMs } from '@temporalio/common/lib/time.js'
import type { HeartbeatDetails } from '../../pipeline/progress.ts'
import type { PendingStage } from '../follow/run-snapshot.ts'

type Raw = WorkflowExecutionDescription['raw']
type RawActivity = NonNullable<Raw['pendingActivities']>[number]

/** `PendingActivityState` of the API. */
const SCHEDULED = 1
const CANCEL_REQUESTED = 3

/** The activities that have not ended, as the server lists them. */
export async function pendingStages(client: Client, raw: Raw): Promise<PendingStage[]> {
  return Promise.all((raw.pendingActivities ?? []).map((activity) => pendingStage(client, activity)))
}

async function pendingStage(client: Client, activity: RawActivity): Promise<PendingStage> {
  const state = Number(activity.state)
  return {
    stage: activity.activityId ?? '',
    attempt: activity.attempt ?? 1,
    maximumAttempts: activity.maximumAttempts ?? 0,
    state: state === SCHEDULED ? 'scheduled' : state === CANCEL_REQUESTED ? 'cancelling' : 'running',
    nextAttemptAt: optionalTsToMs(activity.nextAttemptScheduleTime) ?? optionalTsToMs(activity.scheduledTime) ?? null,
    startedAt: optionalTsToMs(activity.lastStartedTime) ?? null,
    heartbeat: await heartbeatOf(client, activity),
    lastFailure: failureOf(activity),
  }
}

async function heartbeatOf(client: Client, { heartbeatDetails }: RawActivity): Promise<HeartbeatDetails | null> {
  const [payload] = heartbeatDetails?.payloads ?? []
  if (payload === undefined) return null
  try {
    return client.options.loadedDataConverter.payloadConverter.fromPayload<HeartbeatDetails>(payload)
  } catch {
    // Progress is a courtesy: a payload that cannot be read is none.
    return null
  }
}

function failureOf({ lastFailure }: RawActivity): string | null {
  if (lastFailure === null || lastFailure === undefined) return null
  const type = lastFailure.applicationFailureInfo?.type ?? ''
  const message = lastFailure.message ?? ''
  return type === '' ? message : `${type}: ${message}`
}

/** How long the first or next task of the workflow has waited for a worker to take it up, in milliseconds. */
export function waitingForWorkerMs(raw: Raw, now: number): number {
  const task = raw.pendingWorkflowTask
  // 1 is scheduled, 2 is started.
  if (task === null || task === undefined || Number(task.state) !== 1) return 0
  const since = optionalTsToMs(task.originalScheduledTime) ?? optionalTsToMs(task.scheduledTime)
  return since === undefined ? 0 : Math.max(0, now - since)
}
