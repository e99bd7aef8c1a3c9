import { projectRuns, readRunRecord, type StoredRun } from '../../activities/store/project-runs.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { RunRecord, RunStatus } from '../../pipeline/record.ts'
import { isRunId } from '../../pipeline/run-id.ts'
import { slotOf } from '../../pipeline/schedule-slot.ts'

const UNSUCCESSFUL: ReadonlySet<RunStatus> = new Set(['failed', 'cancelled', 'terminated', 'timed_out'])
const MOST_SHOWN = 8

/** A run on file, with its record as it is now; null where not even its plan was written. */
export interface FoundRun extends StoredRun {
  readonly record: RunRecord | null
}

/**
 * The run that was meant: an ID, any unique part of one, the workflow ID of a scheduled run, `latest`, or `latest-failed`. Reads files only.
 * @throws OnclockError RUN_NOT_FOUND; USAGE when several runs match.
 */
export async function findRun(projectDir: string, named = 'latest'): Promise<FoundRun> {
  const runs = await projectRuns(projectDir)
  if (named === 'latest') {
    const [newest] = runs
    if (newest === undefined) throw noRuns()
    return withRecord(newest)
  }
  if (named === 'latest-failed') return latestFailed(runs)
  const exact = runs.find((run) => run.runId === named)
  if (exact !== undefined) return withRecord(exact)
  const scheduled = slotOf(named) === null ? undefined : await ofWorkflow(runs, named)
  if (scheduled !== undefined) return withRecord(scheduled)
  const matching = runs.filter((run) => run.runId.includes(named))
  const [only] = matching
  if (only === undefined) throw notFound(named, runs)
  if (matching.length > 1) throw ambiguous(named, matching)
  return withRecord(only)
}

/** The newest run that this workflow had: of a slot that was run again, that is the last. */
async function ofWorkflow(runs: readonly StoredRun[], workflowId: string): Promise<StoredRun | undefined> {
  for (const run of runs) if ((await run.store.readClaim(run.runId))?.workflow_id === workflowId) return run
  return undefined
}

/** Whether a run ended in a way that a resume can go on from. */
export function isUnsuccessful(status: RunStatus): boolean {
  return UNSUCCESSFUL.has(status)
}

/** As `findRun`, or null when nothing has the ID but it has an ID's form: a run that was started and is not planned yet. */
export async function findRunOrId(projectDir: string, named = 'latest'): Promise<FoundRun | { readonly runId: string }> {
  try {
    return await findRun(projectDir, named)
  } catch (error) {
    if (error instanceof OnclockError && error.code === 'RUN_NOT_FOUND' && isRunId(named)) return { runId: named }
    throw error
  }
}

async function latestFailed(runs: readonly StoredRun[]): Promise<FoundRun> {
  if (runs.length === 0) throw noRuns()
  for (const run of runs) {
    const found = await withRecord(run)
    if (found.record !== null && isUnsuccessful(found.record.status)) return found
  }
  throw new OnclockError('RUN_NOT_FOUND', 'no run of this project failed', { hint: 'onclock ls shows all runs.' })
}

async function withRecord(run: StoredRun): Promise<FoundRun> {
  return { ...run, record: await readRunRecord(run) }
}

function noRuns(): OnclockError {
  return new OnclockError('RUN_NOT_FOUND', 'this project has no runs yet', { hint: 'Start one: onclock run' })
}

function notFound(named: string, runs: readonly StoredRun[]): OnclockError {
  const newest = runs.slice(0, 3).map((run) => run.runId)
  const hint = newest.length === 0 ? 'Start one: onclock run' : `The newest are ${newest.join(', ')}; onclock ls shows all.`
  return new OnclockError('RUN_NOT_FOUND', `no run of this project is called "${named}" or has that in its ID`, { hint })
}

function ambiguous(named: string, matching: readonly StoredRun[]): OnclockError {
  const shown = matching.slice(0, MOST_SHOWN).map((run) => run.runId)
  const more = matching.length > shown.length ? ` and ${matching.length - shown.length} more` : ''
  return new OnclockError('USAGE', `"${named}" is part of ${matching.length} run IDs: ${shown.join(', ')}${more}`, {
    hint: 'Type more of the ID.',
  })
}
