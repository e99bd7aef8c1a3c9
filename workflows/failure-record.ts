import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow'
import type { ErrorRecord } from '../pipeline/record.ts'

/** Why a stage failed, and after how many attempts, from what its activity threw. */
export interface StageFailure {
  readonly error: ErrorRecord
  readonly attempts: number
}

/** Reads a failure of an activity: its code travels as the failure's type, hint and attempt in the details. */
export function stageFailure(failure: unknown, maximumAttempts: number): StageFailure {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure
  if (cause instanceof TimeoutFailure) return { error: timeoutError(cause), attempts: maximumAttempts }
  if (cause instanceof ApplicationFailure) {
    const details = (cause.details?.[0] ?? {}) as { readonly hint?: string | null; readonly attempt?: number }
    const hint = details.hint === undefined || details.hint === null ? {} : { hint: details.hint }
    return { error: { code: cause.type ?? 'UNEXPECTED', message: cause.message, ...hint }, attempts: details.attempt ?? 1 }
  }
  return { error: { code: 'UNEXPECTED', message: cause instanceof Error ? cause.message : String(cause) }, attempts: 1 }
}

/** Whether the worker went away: not the stage's fault, so the stage is scheduled again. */
export function isWorkerLost(failure: unknown): boolean {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure
  if (cause instanceof TimeoutFailure) return cause.timeoutType === 'HEARTBEAT'
  return cause instanceof ApplicationFailure && cause.type === 'WorkerShutdown'
}

function timeoutError(cause: TimeoutFailure): ErrorRecord {
  if (cause.timeoutType === 'HEARTBEAT')
    return {
      code: 'WORKER_LOST',
      message: 'the worker went away while it ran the stage',
      hint: 'Look into its log, then: onclock resume',
    }
  return {
    code: 'STAGE_TIMED_OUT',
    message: 'an attempt took longer than the timeout of the stage',
    hint: 'Raise `timeout:` of the stage, or find out what it waits for; then: onclock resume',
  }
}
