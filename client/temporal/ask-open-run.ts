import { OnclockError } from '../../pipeline/errors.ts'
import type { PauseRequest, SkipRequest, UpdateAnswer } from '../../pipeline/messages.ts'
import type { CommandContext } from '../command.ts'
import type { FoundRun } from '../project/find-run.ts'

/** Asks a run that has not ended for something. @throws OnclockError RUN_STATE when it has, or its state forbids it. */
export async function askOpenRun(
  context: CommandContext,
  found: FoundRun | { readonly runId: string },
  update: string,
  request: SkipRequest | PauseRequest,
): Promise<UpdateAnswer> {
  const { runId } = found
  if ('store' in found && found.record !== null && found.record.ended_at !== null)
    throw new OnclockError('RUN_STATE', `run ${runId} has ended already (${found.record.status.replace('_', ' ')})`, {
      hint: `onclock show ${runId}`,
    })
  const workflowId = 'store' in found ? ((await found.store.readClaim(runId))?.workflow_id ?? runId) : runId
  const { openTemporal } = await import('./open-temporal.ts')
  const { stepIn } = await import('./step-in.ts')
  const temporal = await openTemporal(context, { needWorker: true })
  try {
    return await stepIn({ client: temporal.client, workflowId, runId }, update, request)
  } finally {
    await temporal.close()
  }
}
