import { connect, type Socket } from 'node:net'
import type { Holder } from './supervisor-lock.ts'
import { type Ask, onMessage, type Say, send } from './supervisor-messages.ts'

const ANSWER_MS = 3_000

/** An open connection to the supervisor of a project; as a lease it keeps everything up. */
export interface SupervisorLink {
  readonly pid: number
  readonly build: string
  /** Messages after the identity, from the first one on; set once. */
  onSay(take: (message: Say) => void): void
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>
  close(): void
}

/**
 * Connects to the supervisor a lock file names and checks that it is the one: it has to know the token and say the same
 * process ID and project. Null when nobody answers there, or somebody else.
 */
export function connectSupervisor(holder: Holder, ask: Ask['ask'], tty: boolean): Promise<SupervisorLink | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: holder.port })
    const fail = (): void => {
      socket.destroy()
      resolve(null)
    }
    const timer = setTimeout(fail, ANSWER_MS)
    const closed = new Promise<void>((ended) => socket.once('close', () => ended()))
    void closed.then(() => {
      clearTimeout(timer)
      resolve(null)
    })
    const inbox = new Inbox()
    let identified = false
    onMessage(socket, (heard) => {
      const message = heard as Say
      if (identified) return inbox.put(message)
      clearTimeout(timer)
      if (message.say !== 'identity' || message.pid !== holder.pid || message.project_dir !== holder.project_dir) return fail()
      identified = true
      resolve(linkOf(socket, message, inbox, closed))
    })
    send(socket, { ask, token: holder.token, tty })
  })
}

function linkOf(socket: Socket, identity: { pid: number; build: string }, inbox: Inbox, closed: Promise<void>): SupervisorLink {
  return {
    pid: identity.pid,
    build: identity.build,
    onSay: (take) => inbox.open(take),
    closed,
    close: () => void socket.destroy(),
  }
}

/** Keeps what arrives before somebody listens. */
class Inbox {
  readonly #waiting: Say[] = []
  #take: ((message: Say) => void) | null = null

  put(message: Say): void {
    if (this.#take === null) this.#waiting.push(message)
    else this.#take(message)
  }

  open(take: (message: Say) => void): void {
    this.#take = take
    for (const message of this.#waiting.splice(0)) take(message)
  }
}
