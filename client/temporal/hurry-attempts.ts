import type { Client } from '@temporalio/client'
import { pendingStages } from './read-snapshot.ts'

/**
 * Lets stages that wait for their next attempt go at once, their count of attempts kept: the server does that for an
 * activity that is paused and unpaused while it waits.
 * @returns their names.
 */
export async function hurryAttempts(client: Client, workflowId: string): Promise<string[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe()
  const waiting = (await pendingStages(client, raw)).filter(({ state, attempt }) => state === 'scheduled' && attempt > 1)
  const { namespace } = client.options
  for (const { stage: id } of waiting) {
    const activity = { namespace, execution: { workflowId }, id, identity: 'onclock' }
    await client.workflowService.pauseActivity({ ...activity, reason: 'onclock resume' })
    await client.workflowService.unpauseActivity({ ...activity, resetAttempts: false })
  }
  return waiting.map(({ stage }) => stage)
}
