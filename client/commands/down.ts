import { counted } from '../views/numbers.ts'
import type { CommandContext, CommandResult } from '../command.ts'

/** Ends the project's server and worker in the background. Open runs go on with the next command that needs them. */
export async function down({ projectDir }: CommandContext): Promise<CommandResult> {
  const { stopEmbedded } = await import('../../worker/embedded.ts')
  const { stopped, openRuns } = await stopEmbedded(projectDir)
  const open = openRuns ?? 0
  return {
    json: { stopped, open_runs: openRuns },
    text: ({ colours }) => (stopped ? `${colours.green('✔')} server and worker are down` : 'nothing was up'),
    notes:
      open === 0
        ? []
        : [
            `${counted(open, 'run')} still open: ${open === 1 ? 'it goes' : 'they go'} on with the next command that brings the worker up (onclock watch).`,
          ],
  }
}
