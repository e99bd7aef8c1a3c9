import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CancelledFailure,
  type Client,
  isGrpcServiceError,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { OnclockError } from '../../pipeline/errors.ts'
import { PROGRESS_QUERY, type RunOutcome } from '../../pipeline/messages.ts'
import type { RunProgress } from '../../pipeline/progress.ts'
import type { RunStatus } from '../../pipeline/record.ts'
import { pendingStages, waitingForWorkerMs } from '../temporal/read-snapshot.ts'
import { engineTrouble, type RunSnapshot } from './run-snapshot.ts'

export interface FollowOptions {
  readonly client: Client
  readonly workflowId: string
  /** The generation that is followed; without it the newest. */
  readonly execution?: string
  /** Ends the watching, not the run. */
  readonly stop: AbortSignal
  readonly timeoutMs: number | null
  /** How long nobody may take up the run before it is given up; null where people watch and decide themselves. */
  readonly patienceMs: number | null
  /** Resolves when somebody ended the server for good. */
  readonly serverEnded: Promise<void>
  readonly onSnapshot: (snapshot: RunSnapshot) => void
}

/** How watching ended. `paused`: the run waits for a person. `ended` is the run's own end: how it went, its record tells, or `failure` where there is none. */
export type FollowEnd =
  | { readonly kind: 'ended'; readonly runId: string | null; readonly status: RunStatus; readonly failure: Error | null }
  | { readonly kind: 'stopped' | 'timeout' | 'no-worker' | 'server-ended' | 'paused'; readonly runId: string | null }

const LOOK_EVERY_MS = 250
const CALL_LIMIT_MS = 5000
/** A worker takes a task up within milliseconds; a killed one's sticky tasks come free after ten seconds. */
const NOTICE_NO_WORKER_MS = 5000
const NOTICE_LOST_WORKER_MS = 15_000

/** Follows a run until it ends, or until watching does. A server that goes away in the middle is waited for. */
export async function followRun(options: FollowOptions): Promise<FollowEnd> {
  const { client, workflowId, execution, stop } = options
  const handle = client.workflow.getHandle(workflowId, execution)
  const look = new Look(options, handle)
  const over = new AbortController()
  const ends: Promise<FollowEnd>[] = [
    untilOver(client, over.signal, () => endOf(handle, look, over.signal)),
    once(stop).then(() => ({ kind: 'stopped' as const, runId: look.runId })),
    options.serverEnded.then(() => ({ kind: 'server-ended' as const, runId: look.runId })),
    look.untilGivenUp(over.signal),
  ]
  if (options.timeoutMs !== null)
    ends.push(
      sleep(options.timeoutMs, undefined, { signal: over.signal, ref: false }).then(() => ({
        kind: 'timeout' as const,
        runId: look.runId,
      })),
    )
  try {
    // Those that lose the race reject when they are told that it is over.
    for (const end of ends) end.catch(() => undefined)
    return await Promise.race(ends)
  } finally {
    over.abort()
  }
}

/**
 * Makes calls that end with the watching: one that the SDK tries again on a closed connection throws where nobody can catch
 * it. Each has a signal of its own, since the SDK never takes its listeners off.
 */
async function untilOver<T>(client: Client, over: AbortSignal, call: () => Promise<T>): Promise<T> {
  const own = new AbortController()
  setMaxListeners(0, own.signal)
  const end = (): void => own.abort()
  if (over.aborted) end()
  over.addEventListener('abort', end)
  try {
    return await client.withAbortSignal(own.signal, call)
  } finally {
    over.removeEventListener('abort', end)
  }
}

/** Waits for the workflow's own end by one long call, made again when the server was away. */
async function endOf(handle: WorkflowHandle, look: Look, over: AbortSignal): Promise<FollowEnd> {
  while (!over.aborted) {
    try {
      const outcome = (await handle.result()) as RunOutcome
      return { kind: 'ended', runId: outcome.run_id, status: 'completed', failure: null }
    } catch (error) {
      if (error instanceof WorkflowFailedError) {
        return { kind: 'ended', runId: await look.lastRunId(), status: statusOf(error.cause), failure: error.cause ?? error }
      }
      if (error instanceof WorkflowNotFoundError) throw unknownRun(handle.workflowId)
      if (!isPassing(error)) throw error
      await sleep(1000)
    }
  }
  return { kind: 'stopped', runId: look.runId }
}

function statusOf(cause: Error | undefined): RunStatus {
  if (cause instanceof TerminatedFailure) return 'terminated'
  if (cause instanceof TimeoutFailure) return 'timed_out'
  return cause instanceof CancelledFailure ? 'cancelled' : 'failed'
}

/** Looks at the run again and again: the server's list of activities, and what the workflow says of itself. */
class Look {
  readonly #options: FollowOptions
  readonly #handle: WorkflowHandle
  readonly #since = Date.now()
  #progress: RunProgress | null = null
  #asking = false

  constructor(options: FollowOptions, handle: WorkflowHandle) {
    this.#options = options
    this.#handle = handle
  }

  /** As the run's plan has it: it is another one than the workflow's when the run directory was taken. */
  get runId(): string | null {
    return this.#progress?.run_id ?? null
  }

  /** Of a run that ended before it was looked at, the workflow still says which directory it took. */
  async lastRunId(): Promise<string | null> {
    if (this.#progress === null) {
      const asked = this.#options.client.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
        this.#handle.query<RunProgress | null>(PROGRESS_QUERY),
      )
      this.#progress = await asked.catch(() => null)
    }
    return this.runId
  }

  async untilGivenUp(over: AbortSignal): Promise<FollowEnd> {
    while (!over.aborted) {
      const begun = Date.now()
      this.#askForProgress(over)
      const waited = await untilOver(this.#options.client, over, () => this.#lookOnce()).catch(() =>
        this.#show([], 'the server does not answer; waiting for it', 0),
      )
      if (this.#progress?.status === 'paused') return { kind: 'paused', runId: this.runId }
      const { patienceMs } = this.#options
      if (patienceMs !== null && waited > patienceMs) return { kind: 'no-worker', runId: this.runId }
      await sleep(Math.max(0, LOOK_EVERY_MS - (Date.now() - begun)), undefined, { signal: over })
    }
    return { kind: 'stopped', runId: this.runId }
  }

  /** @returns how long the run has waited for a worker. */
  async #lookOnce(): Promise<number> {
    const { client } = this.#options
    const { raw } = await client.withDeadline(Date.now() + CALL_LIMIT_MS, () => this.#handle.describe())
    // A task may have waited since before the server went down: what counts is the time that one has watched it wait.
    const waited = Math.min(waitingForWorkerMs(raw, Date.now()), Date.now() - this.#since)
    const first = this.#progress === null
    const limit = first ? NOTICE_NO_WORKER_MS : NOTICE_LOST_WORKER_MS
    const trouble =
      waited > limit
        ? 'no worker takes up the run; it goes on as soon as one does'
        : taskTrouble(raw.pendingWorkflowTask?.attempt ?? 1)
    const pending = await pendingStages(client, raw)
    return this.#show(pending, trouble ?? engineTrouble(pending), waited)
  }

  #show(pending: RunSnapshot['pending'], trouble: string | null, waited: number): number {
    this.#options.onSnapshot({ progress: this.#progress, pending, trouble, at: Date.now(), since: this.#since })
    return waited
  }

  /** A query waits for a worker: it must not hold up what the server alone can tell. */
  #askForProgress(over: AbortSignal): void {
    if (this.#asking) return
    this.#asking = true
    const { client } = this.#options
    void untilOver(client, over, () =>
      client.withDeadline(Date.now() + CALL_LIMIT_MS, () => this.#handle.query<RunProgress | null>(PROGRESS_QUERY)),
    )
      .then((progress) => {
        this.#progress = progress ?? this.#progress
        return undefined
      })
      .catch(() => undefined)
      .finally(() => {
        this.#asking = false
      })
  }
}

/** Workflow code that cannot go on is tried for ever: without this line the run would only seem slow. */
function taskTrouble(attempt: number): string | null {
  return attempt > 3
    ? `the workflow cannot go on (try ${attempt}): the Temporal UI shows why; a worker of another version may be the cause`
    : null
}

function unknownRun(workflowId: string): OnclockError {
  return new OnclockError('RUN_NOT_FOUND', `the server has no run ${workflowId}`, {
    hint: `Its history has expired, or it is on another server. If it is on file here, it can go on: onclock resume ${workflowId}`,
  })
}

function isPassing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return isGrpcServiceError(error) || isGrpcServiceError(cause)
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
