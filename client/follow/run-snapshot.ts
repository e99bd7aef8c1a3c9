import type { HeartbeatDetails, RunProgress, StageProgress } from '../../pipeline/progress.ts'
import type { RowCounts, StageStatus } from '../../pipeline/record.ts'

/** A run at one moment, from the workflow itself and from the server's list of activities that have not ended. */
export interface RunSnapshot {
  /** Null until the plan is made. */
  readonly progress: RunProgress | null
  readonly pending: readonly PendingStage[]
  /** What is wrong around the run, such as no worker taking it up. */
  readonly trouble: string | null
  /** When it was taken, in milliseconds. */
  readonly at: number
  /** When the run began to be watched or started, in milliseconds. */
  readonly since: number
}

/** An activity that has not ended, as the server sees it. */
export interface PendingStage {
  /** The activity's ID: the stage's name, `plan` or `close`. */
  readonly stage: string
  readonly attempt: number
  readonly maximumAttempts: number
  readonly state: 'running' | 'scheduled' | 'cancelling'
  /** When the next attempt comes, in milliseconds. */
  readonly nextAttemptAt: number | null
  readonly startedAt: number | null
  readonly heartbeat: HeartbeatDetails | null
  readonly lastFailure: string | null
}

/** Why the engine itself cannot go on for now, such as a full disk: its own two activities are no stages of the run. */
export function engineTrouble(pending: readonly PendingStage[]): string | null {
  const stuck = pending.find(({ stage, lastFailure }) => (stage === 'plan' || stage === 'close') && lastFailure !== null)
  if (stuck === undefined) return null
  const what = stuck.stage === 'plan' ? 'the run cannot be planned' : 'the record of the run cannot be written'
  return `${what} yet, it is tried again: ${stuck.lastFailure ?? ''}`
}

/** A stage as it is shown while the run goes on. */
export interface LiveStage {
  readonly name: string
  readonly status: StageStatus
  readonly attempt: number
  readonly maximumAttempts: number
  /** Rows so far, or in all. */
  readonly rows: number | null
  readonly rowsTotal: number | null
  readonly rowsPerSecond: number | null
  readonly counts: RowCounts | null
  readonly elapsedMs: number | null
  /** Time to the next attempt. */
  readonly nextInMs: number | null
  /** What it is doing, why it is being tried again, or why it was left out. */
  readonly note: string | null
}

/** The stages of a snapshot: what the workflow knows, made live by what the server knows. */
export function liveStages(snapshot: RunSnapshot): LiveStage[] {
  const pending = new Map(snapshot.pending.map((activity) => [activity.stage, activity]))
  return (snapshot.progress?.stages ?? []).map((stage) => liveStage(stage, pending.get(stage.name), snapshot.at))
}

function liveStage(stage: StageProgress, pending: PendingStage | undefined, now: number): LiveStage {
  if (stage.status !== 'running' || pending === undefined) return settled(stage, now)
  const common = {
    name: stage.name,
    attempt: pending.attempt,
    maximumAttempts: pending.maximumAttempts || stage.maximum_attempts,
    counts: null,
    note: noteOf(pending),
  }
  if (pending.state === 'scheduled' && pending.attempt > 1) {
    const nextInMs = pending.nextAttemptAt === null ? null : Math.max(0, pending.nextAttemptAt - now)
    return { ...common, status: 'retrying', rows: null, rowsTotal: null, rowsPerSecond: null, elapsedMs: null, nextInMs }
  }
  const elapsedMs = pending.startedAt === null ? null : now - pending.startedAt
  const rows = pending.heartbeat?.rows ?? null
  const rowsTotal = pending.heartbeat?.rows_total ?? null
  return { ...common, status: 'running', rows, rowsTotal, rowsPerSecond: rate(rows, elapsedMs), elapsedMs, nextInMs: null }
}

/** While an attempt works: what it does. While it waits for the next: why the last one failed. */
function noteOf(pending: PendingStage): string | null {
  if (pending.state === 'cancelling') return 'being cancelled'
  if (pending.state === 'scheduled') return pending.attempt > 1 ? pending.lastFailure : 'waits for a worker'
  return pending.heartbeat?.doing ?? null
}

function settled(stage: StageProgress, now: number): LiveStage {
  const running = stage.status === 'running' && stage.started_at !== null
  const elapsedMs = running ? now - Date.parse(stage.started_at) : stage.duration_ms
  return {
    name: stage.name,
    status: stage.status,
    attempt: stage.attempt,
    maximumAttempts: stage.maximum_attempts,
    rows: stage.rows?.out ?? null,
    rowsTotal: stage.rows?.in ?? null,
    rowsPerSecond: stage.status === 'completed' ? rate(stage.rows?.in ?? null, stage.duration_ms) : null,
    counts: stage.rows,
    elapsedMs,
    nextInMs: null,
    note: stage.error === null ? planReason(stage) : `${stage.error.code}: ${stage.error.message}`,
  }
}

/** `first run` and the like say nothing once the stage works. */
function planReason(stage: StageProgress): string | null {
  return stage.status === 'skipped' || stage.status === 'reused' || stage.status === 'cancelled' ? stage.reason : null
}

function rate(rows: number | null, elapsedMs: number | null): number | null {
  // Over a few milliseconds a rate says more about the clock than about the stage.
  return rows === null || elapsedMs === null || elapsedMs < 50 ? null : Math.round((rows * 1000) / elapsedMs)
}
