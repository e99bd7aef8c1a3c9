import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { ErrorCode } from '../pipeline/errors.ts'
import type { AccessEvent, StartParts } from './access.ts'

/** What a command says to the supervisor, once, as the first line of a connection. */
export interface Ask {
  /** `lease` keeps everything up for as long as the connection is open. */
  readonly ask: 'lease' | 'status' | 'stop'
  readonly token: string
  /** Whether somebody sits at a terminal: then links go on working for a while. */
  readonly tty: boolean
}

export type PartState = 'starting' | 'ready' | 'lost'

/** What the supervisor knows of itself and its two processes. */
export interface SupervisorState {
  readonly server: PartState
  readonly worker: PartState
  readonly address: string
  readonly ui_url: string
  readonly since: string
  readonly leases: number
  /** Null where it was not asked for, or the server does not say. */
  readonly open_runs: number | null
  /** Runs that were open when the server came up: an earlier end had interrupted them. */
  readonly interrupted: readonly string[]
  readonly server_pid: number | null
  readonly worker_pid: number | null
  readonly parts: StartParts
}

/** What the supervisor says: first who it is, then its state at every change, and what happens. */
export type Say =
  | { readonly say: 'identity'; readonly project_dir: string; readonly pid: number; readonly build: string }
  | { readonly say: 'state'; readonly state: SupervisorState }
  | { readonly say: 'event'; readonly event: AccessEvent }
  | { readonly say: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | null }
  | { readonly say: 'ending' }

/** Sends one message as a line of JSON. A connection that is gone is no fault: its end is noticed elsewhere. */
export function send(socket: Socket, message: Ask | Say): void {
  if (!socket.destroyed && socket.writable) socket.write(`${JSON.stringify(message)}\n`)
}

/** Calls for each message; a line that is none closes the connection, since no one of ours sends it. */
export function onMessage(socket: Socket, take: (message: unknown) => void): void {
  const lines = createInterface({ input: socket })
  // The interface throws what the socket reports when nobody listens to either.
  for (const source of [socket, lines]) source.on('error', () => socket.destroy())
  lines.on('line', (line) => {
    let message: unknown
    try {
      message = JSON.parse(line)
    } catch {
      socket.destroy()
      return
    }
    take(message)
  })
}
