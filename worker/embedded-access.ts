import { join } from 'node:path'
import { messageOf, OnclockError } from '../pipeline/errors.ts'
import type { AccessEvent, TemporalAccess } from './access.ts'
import { projectStateDir } from './cache-folder.ts'
import { reachSupervisor } from './reach-supervisor.ts'
import type { SupervisorLink } from './supervisor-link.ts'
import type { Say, SupervisorState } from './supervisor-messages.ts'
import { taskQueueOf } from './task-queue.ts'

export interface EmbeddedAccessOptions {
  readonly projectDir: string
  readonly needWorker: boolean
  readonly tty: boolean
  readonly onEvent: (event: AccessEvent) => void
}

/** A lease on the project's own server, which is started when it does not run; resolves when the server answers. */
export async function embeddedAccess(options: EmbeddedAccessOptions): Promise<TemporalAccess> {
  const lease = new Lease(options)
  const state = await lease.take()
  return {
    address: state.address,
    namespace: 'default',
    taskQueue: taskQueueOf(options.projectDir),
    uiUrl: state.ui_url,
    embedded: true,
    describe: `Temporal of this project at ${state.address} (started by onclock; UI ${state.ui_url})`,
    ended: lease.ended,
    release: () => lease.release(),
  }
}

/** Holds the connection, and takes a new one when the supervisor was killed. */
class Lease {
  readonly #options: EmbeddedAccessOptions
  readonly ended: Promise<void>
  #markEnded: () => void = () => undefined
  #link: SupervisorLink | null = null
  #released = false
  #endAnnounced = false
  #address: string | null = null

  constructor(options: EmbeddedAccessOptions) {
    this.#options = options
    this.ended = new Promise((resolve) => (this.#markEnded = resolve))
  }

  /** A supervisor that ends while the command waits (it was idle, or `down` came) is followed by the next one. */
  async take(): Promise<SupervisorState> {
    for (let tries = 0; tries < 3; tries++) {
      this.#endAnnounced = false
      const { link, cold } = await reachSupervisor(this.#options)
      const state = await this.#awaitServer(link)
      if (state === null) continue
      this.#link = link
      this.#address = state.address
      this.#sayReady(state, cold)
      void link.closed.then(() => this.#connectionEnded())
      return state
    }
    throw new OnclockError(
      'SERVER_NOT_STARTED',
      'The embedded Temporal server ended again and again while it was being started.',
      {
        hint: `${join(projectStateDir(this.#options.projectDir), 'supervisor.log')} says why.`,
      },
    )
  }

  async release(): Promise<void> {
    this.#released = true
    this.#link?.close()
    await this.#link?.closed
  }

  #awaitServer(link: SupervisorLink): Promise<SupervisorState | null> {
    return new Promise((resolve, reject) => {
      void link.closed.then(() => resolve(null))
      link.onSay((message) => {
        if (message.say === 'failed') {
          link.close()
          reject(new OnclockError(message.code, message.message, message.hint === null ? {} : { hint: message.hint }))
        } else if (message.say === 'state' && message.state.server === 'ready') {
          resolve(message.state)
        }
        this.#heard(message)
      })
    })
  }

  #heard(message: Say): void {
    if (message.say === 'event') this.#options.onEvent(this.#forThisCommand(message.event))
    else if (message.say === 'ending') this.#endAnnounced = true
    else if (message.say === 'failed' && this.#link !== null) {
      this.#options.onEvent({ type: 'failing', what: 'server', notable: true, message: message.message })
    }
  }

  #forThisCommand(event: AccessEvent): AccessEvent {
    return 'what' in event && event.what === 'worker' && !this.#options.needWorker ? { ...event, notable: false } : event
  }

  #sayReady({ address, ui_url, parts, interrupted }: SupervisorState, cold: boolean): void {
    const { onEvent } = this.#options
    onEvent({ type: 'ready', cold, parts, notable: false, message: `Temporal answers at ${address}, UI ${ui_url}` })
    if (!cold || interrupted.length === 0) return
    const [first] = interrupted
    const what =
      interrupted.length === 1
        ? `Run ${first}, which was interrupted, goes on.`
        : `${interrupted.length} runs that were interrupted go on: ${interrupted.join(', ')}`
    onEvent({ type: 'runs-go-on', runIds: interrupted, notable: true, message: what })
  }

  async #connectionEnded(): Promise<void> {
    if (this.#released) return
    const { onEvent } = this.#options
    if (this.#endAnnounced) {
      onEvent({
        type: 'ended',
        notable: true,
        message: 'The server and worker of this project were ended; an open run goes on with the next command.',
      })
      this.#markEnded()
      return
    }
    onEvent({
      type: 'lost',
      what: 'supervisor',
      notable: true,
      message: 'The server and worker were killed and are being started again.',
    })
    const before = this.#address
    try {
      const state = await this.take()
      if (this.#released) {
        this.#link?.close()
        return
      }
      const message = 'The server and worker are back.'
      if (state.address === before) onEvent({ type: 'back', what: 'supervisor', notable: true, message })
      else this.#giveUp(`The server is back at another address (${state.address}): start the command again to follow the run.`)
    } catch (error) {
      this.#giveUp(messageOf(error))
    }
  }

  #giveUp(message: string): void {
    this.#options.onEvent({ type: 'failing', what: 'server', notable: true, message })
    this.#markEnded()
  }
}
