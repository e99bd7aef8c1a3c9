import { parseDuration } from './duration.ts'
import type { OnFailure, RetryPolicy } from './pipeline.ts'
import type { DefaultsSpec, ExecutionSpec, RetrySpec, SoundSpec } from './pipeline-file.ts'

const HOUR = 3_600_000
/** The heartbeat timeout of a stage that says none; never above its timeout. */
const HEARTBEAT = 30_000
const RETRIES = 3
/** How long a run waits for a person. */
const PAUSE = 24 * HOUR

/**
 * How often a stage is tried: what `retry` says, of the stage before the defaults, word by word; the number of attempts then
 * as `retry_failed` and `max_retries` have it; then the default policy.
 */
export function retryPolicyOf(
  stage: RetrySpec | undefined,
  defaults: RetrySpec | undefined,
  execution: ExecutionSpec,
): RetryPolicy {
  const said = { ...defaults, ...stage }
  return {
    maximumAttempts: said.maximum_attempts ?? attemptsOf(execution) ?? RETRIES,
    initialIntervalMs: milliseconds(said.initial_interval, 1000),
    backoffCoefficient: said.backoff_coefficient ?? 2,
    maximumIntervalMs: Math.max(milliseconds(said.maximum_interval, 60_000), milliseconds(said.initial_interval, 1000)),
    nonRetryable: said.non_retryable ?? [],
  }
}

/** `retry_failed: false` is one attempt, `true` is `max_retries` of them; `max_retries` alone counts as `true`. */
function attemptsOf(execution: ExecutionSpec): number | null {
  if (execution.retry_failed === false) return 1
  if (execution.retry_failed === undefined && execution.max_retries === undefined) return null
  return Math.max(1, execution.max_retries ?? RETRIES)
}

export interface Timeouts {
  readonly timeoutMs: number
  readonly heartbeatTimeoutMs: number
  /** Both were written and the timeout is the shorter one: no attempt could ever be seen to be alive. */
  readonly contradictory: boolean
}

/** Timeouts of one attempt. A heartbeat that nobody wrote gives way to a short timeout. */
export function timeoutsOf(stage: SoundSpec, defaults: DefaultsSpec): Timeouts {
  const timeoutMs = milliseconds(stage.timeout ?? defaults.timeout, HOUR)
  const written = stage.heartbeat_timeout ?? defaults.heartbeat_timeout
  const heartbeatTimeoutMs = written === undefined ? Math.min(HEARTBEAT, timeoutMs) : milliseconds(written, HEARTBEAT)
  return { timeoutMs, heartbeatTimeoutMs, contradictory: heartbeatTimeoutMs > timeoutMs }
}

/** What a stage's failure does; without a word, `stop_on_error: false` means `continue`. */
export function onFailureOf(stage: SoundSpec, defaults: DefaultsSpec, execution: ExecutionSpec): OnFailure {
  return stage.on_failure ?? defaults.on_failure ?? (execution.stop_on_error === false ? 'continue' : 'fail')
}

/** Of a stage that pauses the run: how long a person has; nothing for the others. */
export function pauseTimeoutOf(stage: SoundSpec, defaults: DefaultsSpec, onFailure: OnFailure): { pauseTimeoutMs?: number } {
  return onFailure === 'pause' ? { pauseTimeoutMs: milliseconds(stage.pause_timeout ?? defaults.pause_timeout, PAUSE) } : {}
}

/** Milliseconds of a duration that its schema has checked. */
export function milliseconds(text: string | undefined, unsaid: number): number {
  return text === undefined ? unsaid : (parseDuration(text) ?? unsaid)
}
