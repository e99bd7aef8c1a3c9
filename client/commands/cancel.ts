import { setTimeout as sleep } from 'node:timers/promises'
import { OnclockError } from '../../pipeline/errors.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { findRun, findRunOrId } from '../project/find-run.ts'

/** A stage may take a while to end well; the cancel itself is with the server by then. */
const WAIT_FOR_END_MS = 15_000

/** Stops a run. What it finished stays, and `resume` goes on from there. */
export async function cancel(context: CommandContext, named: string): Promise<CommandResult> {
  const found = await findRunOrId(context.projectDir, named)
  if ('store' in found && found.record !== null && found.record.ended_at !== null)
    throw new OnclockError('RUN_STATE', `run ${found.runId} has ended already (${found.record.status.replace('_', ' ')})`, {
      hint: `onclock show ${found.runId}`,
    })
  const workflowId = 'store' in found ? ((await found.store.readClaim(found.runId))?.workflow_id ?? found.runId) : found.runId
  const { openTemporal, serverError } = await import('../temporal/open-temporal.ts')
  const temporal = await openTemporal(context, { needWorker: true })
  try {
    const handle = temporal.client.workflow.getHandle(workflowId)
    await handle.cancel()
    const ended = await Promise.race([
      handle.result().then(
        () => true,
        () => true,
      ),
      sleep(WAIT_FOR_END_MS, false, { ref: false }),
    ])
    return await outcome(context, found.runId, ended)
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') throw notGoing(found.runId, error)
    throw serverError(error)
  } finally {
    await temporal.close()
  }
}

async function outcome({ projectDir }: CommandContext, runId: string, ended: boolean): Promise<CommandResult> {
  const record = await findRun(projectDir, runId).then(
    (found) => found.record,
    () => null,
  )
  const status = record?.status ?? (ended ? 'cancelled' : 'running')
  return {
    json: { run_id: runId, cancelled: status === 'cancelled', status },
    text: ({ colours }) => {
      if (status === 'completed') return `${colours.green('✔')} run ${runId} had completed before it could be cancelled`
      if (!ended)
        return `${colours.yellow('■')} run ${runId} is being cancelled; its stages are ending. Watch it: onclock watch ${runId}`
      return `${colours.yellow('■')} run ${runId} is cancelled. It can go on: onclock resume ${runId}`
    },
  }
}

function notGoing(runId: string, cause: Error): OnclockError {
  return new OnclockError('RUN_NOT_FOUND', `no run ${runId} is going on`, { hint: 'onclock ls shows all runs.', cause })
}
