import type { CommandContext, CommandResult, StreamItem } from '../command.ts'
import { outcomeOf } from '../follow/finish-run.ts'
import type { PendingStage, RunSnapshot } from '../follow/run-snapshot.ts'
import { findRunOrId, type FoundRun } from '../project/find-run.ts'

export interface WatchOptions {
  readonly timeout?: number
}

type OnSnapshot = (snapshot: RunSnapshot) => void

/** Watches a run to its end; of one that has ended the outcome is shown. With `--json` every change is a line. */
export async function watch(context: CommandContext, named: string | undefined, options: WatchOptions): Promise<CommandResult> {
  const found = await findRunOrId(context.projectDir, named)
  const follow = async (onSnapshot: OnSnapshot): Promise<CommandResult> =>
    (await outcomeIfEnded(context, found)) ?? followOnServer(context, found, options, onSnapshot)
  if (!context.json) return follow(() => undefined)
  let exit = 0
  const stream = changes(follow, (code) => {
    exit = code
  })
  return { exit: () => exit, stream }
}

async function outcomeIfEnded(
  context: CommandContext,
  found: FoundRun | { readonly runId: string },
): Promise<CommandResult | null> {
  if (!('store' in found) || found.record === null || found.record.ended_at === null) return null
  return outcomeOf(context, found, found.record, null)
}

async function followOnServer(
  context: CommandContext,
  found: FoundRun | { readonly runId: string },
  options: WatchOptions,
  onSnapshot: OnSnapshot,
): Promise<CommandResult> {
  const { runId } = found
  const workflowId = 'store' in found ? ((await found.store.readClaim(runId))?.workflow_id ?? runId) : runId
  const { openTemporal, serverError } = await import('../temporal/open-temporal.ts')
  const { watchStarted } = await import('../follow/launch.ts')
  const temporal = await openTemporal(context, { needWorker: true })
  try {
    return await watchStarted(
      context,
      temporal,
      { runId, workflowId },
      { timeoutMs: options.timeout ?? null, skipLog: () => 0, onSnapshot },
    )
  } catch (error) {
    throw serverError(error)
  } finally {
    await temporal.close()
  }
}

/** A line for each change of the run, and one for its end with the run record. */
async function* changes(
  follow: (onSnapshot: OnSnapshot) => Promise<CommandResult>,
  onExit: (code: number) => void,
): AsyncGenerator<StreamItem> {
  const waiting: RunSnapshot[] = []
  let wake = (): void => undefined
  const following = follow((snapshot) => {
    waiting.push(snapshot)
    wake()
  })
  const over = following.then(() => true)
  // Whether it failed is told below, where it is awaited.
  over.catch(() => undefined)
  let last = ''
  for (let ended = false; !ended;) {
    ended = await Promise.race([over, new Promise<false>((resolve) => (wake = () => resolve(false)))])
    for (const { progress, pending, trouble } of waiting.splice(0)) {
      const line = { event: 'progress', progress, pending: pending.map(pendingJson), trouble }
      const text = JSON.stringify(line)
      if (text !== last) yield { json: line, text: () => text }
      last = text
    }
  }
  const { exit, json, notes } = await following
  onExit(typeof exit === 'function' ? exit() : (exit ?? 0))
  const line = json === undefined ? { event: 'detached', notes } : { event: 'ended', run: json }
  yield { json: line, text: () => JSON.stringify(line) }
}

/** Programs read snake_case everywhere; times are as in records. */
function pendingJson({ stage, attempt, state, heartbeat, ...pending }: PendingStage): object {
  const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
  return {
    stage,
    attempt,
    maximum_attempts: pending.maximumAttempts,
    state,
    next_attempt_at: time(pending.nextAttemptAt),
    started_at: time(pending.startedAt),
    heartbeat,
    last_failure: pending.lastFailure,
  }
}
