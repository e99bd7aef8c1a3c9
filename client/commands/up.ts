import { OnclockError } from '../../pipeline/errors.ts'
import type { CommandContext, CommandResult } from '../command.ts'

/** Holds the project's own server, its UI and a worker until Ctrl-C, or until `down` ends them. */
export async function up(context: CommandContext): Promise<CommandResult> {
  const { configuredServer } = await import('../../worker/server-settings.ts')
  const { accessTemporal } = await import('../../worker/embedded.ts')
  const configured = configuredServer(context.profile === undefined ? {} : { profile: context.profile }, context.env)
  if (configured !== null)
    throw new OnclockError(
      'USAGE',
      `${configured.source} sets a server (${configured.settings.address}); up is for the one that onclock brings along`,
      {
        hint: 'Host the stages for that server: onclock worker',
      },
    )
  const stop = context.onInterrupt()
  const access = await accessTemporal({
    projectDir: context.projectDir,
    needWorker: true,
    tty: context.terminal,
    onEvent: (event) => {
      if (event.notable || context.verbose) context.note(event.message)
    },
  })
  context.note(access.describe)
  if (access.uiUrl !== null) context.note(`Temporal UI: ${access.uiUrl}${onServer(context.env, access.uiUrl)}`)
  context.note(
    context.terminal
      ? 'It is held until Ctrl-C and stays up ten minutes longer; onclock down ends it at once.'
      : 'It stays up until Ctrl-C, or until onclock down.',
  )
  const why = await Promise.race([interrupted(stop), access.ended.then(() => 'ended' as const)])
  await access.release()
  if (why === 'ended') return { notes: ['Ended by onclock down.'] }
  // Ctrl-C is the way to end it: that is no failure.
  const notes = context.terminal ? ['Stays up for ten minutes more, or as long as a run is open. End it now: onclock down'] : []
  return { exit: stop.reason === 130 ? 0 : Number(stop.reason), notes }
}

/** The UI listens on this machine only: whoever is logged in from another one needs a tunnel. */
function onServer(env: CommandContext['env'], ui: string): string {
  if ((env['SSH_CONNECTION'] ?? '') === '') return ''
  const { port } = new URL(ui)
  return `\n  from your own machine: ssh -L ${port}:127.0.0.1:${port} ${env['USER'] ?? 'you'}@this-host, then open it there`
}

function interrupted(stop: AbortSignal): Promise<'interrupted'> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve('interrupted')
    stop.addEventListener('abort', () => resolve('interrupted'), { once: true })
  })
}
