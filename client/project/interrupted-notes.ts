import type { CommandContext } from '../command.ts'

/**
 * What to say of runs that are going on as far as their files tell: with the project's own server down they stand still,
 * and go on by themselves once a command brings it back.
 */
export async function interruptedNotes(context: CommandContext, runIds: readonly string[]): Promise<string[]> {
  const [first] = runIds
  if (first === undefined) return []
  const { configuredServer } = await import('../../worker/server-settings.ts')
  if (configuredServer(context.profile === undefined ? {} : { profile: context.profile }, context.env) !== null) return []
  const { embeddedStatus } = await import('../../worker/embedded.ts')
  if ((await embeddedStatus(context.projectDir)).running) return []
  const which = runIds.length === 1 ? `run ${first} stands` : `${runIds.length} running ones stand`
  return [`No server is up, so ${which} still; nothing is lost. Go on: onclock watch ${first}`]
}
