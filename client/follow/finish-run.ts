import { relative, resolve } from 'node:path'
import { closeAbandoned } from '../../activities/store/compose-run-record.ts'
import { type ErrorCode, ERRORS, OnclockError } from '../../pipeline/errors.ts'
import type { ErrorRecord, RunRecord } from '../../pipeline/record.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { findRun, type FoundRun } from '../project/find-run.ts'
import { summariseRun } from '../project/run-summary.ts'
import { exitOfCode } from '../views/error-view.ts'
import { runSummaryView } from '../views/run-summary-view.ts'
import type { FollowEnd } from './follow-run.ts'

/** A run that was watched, and where it is seen. */
export interface WatchedRun {
  readonly runId: string
  /** As in `RunSummary`. */
  readonly ui: string | null
}

/** What a command says when watching ended: the run's outcome, or how to go on watching it. */
export async function finishRun(
  context: CommandContext,
  watched: WatchedRun,
  end: FollowEnd,
  code: number,
): Promise<CommandResult> {
  const runId = end.runId ?? watched.runId
  switch (end.kind) {
    case 'ended':
      return ended(context, { ...watched, runId }, end)
    case 'paused':
      return paused(context, { ...watched, runId })
    case 'stopped':
      return { exit: code, notes: goesOn(runId, `Stopped watching; run ${runId} goes on.`) }
    case 'timeout':
      throw new OnclockError('NOT_FINISHED', `run ${runId} has not ended within --timeout; it goes on`, {
        hint: howTo(runId).join('\n'),
      })
    case 'server-ended':
      throw new OnclockError('NOT_FINISHED', `the server was ended while run ${runId} was going on; nothing of it is lost`, {
        hint: `It goes on when it is watched again: onclock watch ${runId}`,
      })
    case 'no-worker':
      throw new OnclockError('NO_WORKER', `no worker takes up run ${runId}; it waits for one`, {
        hint: ['Start one in the project folder: onclock worker', ...howTo(runId)].join('\n'),
      })
    default:
      return end
  }
}

/** The outcome of a run that has ended, from its record. */
export async function outcomeOf(
  context: CommandContext,
  found: FoundRun,
  record: RunRecord,
  ui: string | null,
): Promise<CommandResult> {
  const exit = runExit(record, await namedOnCommandLine(context, found))
  return { exit, json: record, text: runSummaryView(await summariseRun(context, found, record, ui)) }
}

async function ended(
  context: CommandContext,
  { runId, ui }: WatchedRun,
  end: Extract<FollowEnd, { kind: 'ended' }>,
): Promise<CommandResult> {
  const found = await findRun(context.projectDir, runId).catch((error: unknown) => {
    if (error instanceof OnclockError && error.code === 'RUN_NOT_FOUND') return null
    throw error
  })
  const record = found === null ? null : await closedRecord(found, end)
  if (found !== null && record !== null && record.status !== 'running') return outcomeOf(context, found, record, ui)
  if (end.failure !== null) throw failureOf(runId, end.failure)
  return {
    json: { run_id: runId, status: end.status },
    text: () => `✔ run ${runId} completed. Its files are on another machine, where its worker is.`,
  }
}

/** A run that waits for a person: what it has so far, and how it goes on. */
async function paused(context: CommandContext, { runId, ui }: WatchedRun): Promise<CommandResult> {
  const found = await findRun(context.projectDir, runId).catch(() => null)
  if (found?.record === null || found === null)
    throw new OnclockError('NOT_FINISHED', `run ${runId} waits for a person`, {
      hint: `It goes on with: onclock resume ${runId}`,
    })
  return { ...(await outcomeOf(context, found, found.record, ui)), exit: ERRORS.NOT_FINISHED.exit }
}

/** A run that was stopped from outside could not close its record: that is made up for here. */
async function closedRecord(found: FoundRun, end: Extract<FollowEnd, { kind: 'ended' }>): Promise<RunRecord | null> {
  const { record } = found
  if (record?.status !== 'running' || (end.status !== 'terminated' && end.status !== 'timed_out' && end.status !== 'cancelled'))
    return record
  return closeAbandoned(found.store, found.runId, end.status)
}

/**
 * The exit code of a run, from its status and error codes: 3 only when nothing but its data failed, be it a stage whose
 * failure the run would have borne; 0 for every run that completed. `named` are the paths that the command line gave.
 */
export function runExit(record: RunRecord, named: readonly string[] = []): number {
  if (record.status === 'completed') return 0
  if (record.status !== 'failed') return 1
  const errors = [record.error, ...record.stages.map((stage) => stage.error)].filter((error) => error !== null)
  const exits = new Set(errors.map((error) => exitOfStage(error, named)))
  const [only] = exits
  return exits.size === 1 && only !== undefined && only !== 0 ? only : 1
}

/** 4 is for what was named on the command line: a file that only the YAML names makes a run that did not succeed. */
function exitOfStage({ code, message }: ErrorRecord, named: readonly string[]): number {
  const exit = exitOfCode(code)
  return exit === 4 && !named.some((path) => ` ${message} `.includes(` ${path} `)) ? 1 : exit
}

/** Values of `--set` and `--params`, as typed and as stages show a path. */
async function namedOnCommandLine({ projectDir }: CommandContext, { store, runId }: FoundRun): Promise<string[]> {
  const set = (await store.generations(runId)).at(-1)?.set ?? {}
  return Object.values(set).flatMap((value) => (value === '' ? [] : [value, relative(projectDir, resolve(projectDir, value))]))
}

/** A run that failed before it had a record: its failure came over the wire with code and hint. */
function failureOf(runId: string, failure: Error): Error {
  const type = 'type' in failure && typeof failure.type === 'string' ? failure.type : ''
  const details =
    'details' in failure && Array.isArray(failure.details) ? (failure.details[0] as { hint?: unknown } | undefined) : undefined
  const code: ErrorCode =
    type in ERRORS ? (type as ErrorCode) : failure.name === 'CancelledFailure' ? 'CANCELLED' : 'STAGE_FAILED'
  const hint = typeof details?.hint === 'string' ? details.hint : 'Nothing was done yet. Mend it, then start again: onclock run'
  return new OnclockError(code, `run ${runId} did not start its stages: ${failure.message}`, { hint, cause: failure })
}

function goesOn(runId: string, first: string): string[] {
  return [first, ...howTo(runId).map((line) => `  ${line}`)]
}

/** How to watch and how to cancel a run that goes on. */
function howTo(runId: string): string[] {
  return [`watch it:   onclock watch ${runId}`, `cancel it:  onclock cancel ${runId}`]
}
