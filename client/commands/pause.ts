import { PAUSE_UPDATE } from '../../pipeline/messages.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { findRunOrId } from '../project/find-run.ts'
import { askOpenRun } from '../temporal/ask-open-run.ts'

/** Holds a run: running stages end, nothing more starts until it is resumed. */
export async function pause(context: CommandContext, named: string): Promise<CommandResult> {
  const found = await findRunOrId(context.projectDir, named)
  const answer = await askOpenRun(context, found, PAUSE_UPDATE, {})
  return {
    json: answer,
    text: ({ colours }) => `${colours.yellow('‖')} ${answer.message}\n  go on   onclock resume ${answer.run_id}`,
  }
}
