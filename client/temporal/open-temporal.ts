import type { Client } from '@temporalio/client'
import { OnclockError } from '../../pipeline/errors.ts'
import type { AccessEvent, TemporalAccess } from '../../worker/embedded.ts'
import type { CommandContext } from '../command.ts'

/** A server that answered, and a client for it. */
export interface OpenTemporal {
  readonly access: TemporalAccess
  readonly client: Client
  /** Gives everything back; the process can end afterwards. */
  close(): Promise<void>
}

/** Reaches the Temporal server of the project, the embedded one where none is configured, and says which it is. */
export async function openTemporal(context: CommandContext, options: { readonly needWorker: boolean }): Promise<OpenTemporal> {
  const { accessTemporal } = await import('../../worker/embedded.ts')
  // The client library is slow to load: it does so while the server starts.
  const connection = import('../../worker/connection.ts')
  const held: AccessEvent[] = []
  let said = false
  const access = await accessTemporal({
    projectDir: context.projectDir,
    ...(context.profile === undefined ? {} : { profile: context.profile }),
    needWorker: options.needWorker,
    tty: context.terminal,
    onEvent: (event) => {
      // Which server it is has to be the first line.
      if (event.type === 'runs-go-on' && !said) held.push(event)
      else tell(context, event)
    },
  })
  try {
    context.live.clear()
    context.note(access.describe)
    said = true
    for (const event of held) tell(context, event)
    const client = await (await connection).connectClient(access)
    return {
      access,
      client,
      close: async () => {
        await client.connection.close().catch(() => undefined)
        await access.release()
      },
    }
  } catch (error) {
    await access.release()
    throw error
  }
}

/** What is worth a line gets one; the rest is drawn while one waits, on a terminal. */
function tell(context: CommandContext, event: AccessEvent): void {
  if (event.notable || context.verbose) context.note(event.message)
  else context.live.draw(({ colours }) => colours.dim(event.message))
}

/** An error of a call to the server that was not ours to expect, as one of our own. */
export function serverError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const details = error instanceof Error && 'details' in error ? String(error.details) : ''
  if (typeof code !== 'number' || details === '') return error
  return new OnclockError('SERVER_UNREACHABLE', `the Temporal server does not answer: ${details}`, {
    hint: 'onclock doctor looks into it.',
    cause: error,
  })
}
