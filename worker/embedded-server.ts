import { setTimeout as sleep } from 'node:timers/promises'
import type { GuardedExit } from '../activities/guard/spawn-guarded.ts'
import { messageOf, OnclockError } from '../pipeline/errors.ts'
import { type DevServerOptions, startDevServer } from './dev-server.ts'
import { KeptProcess } from './kept-process.ts'
import { rotateLog, tailOfLog } from './log-file.ts'
import { ServerHttp } from './server-http.ts'
import type { PartState } from './supervisor-messages.ts'

export interface EmbeddedServerHandlers {
  /** The server answers; `again` when it had been lost. */
  readonly onReady: (again: boolean) => void
  readonly onLost: (exit: GuardedExit) => void
  /** It does not come up: there is no use in trying further. */
  readonly onFailed: (fault: OnclockError) => void
}

/** A server that ends this often before it answers is given up. */
const STARTS = 5
const POLL_MS = 15

/** The dev server of a project, started again when it ends. It counts as ready once a call succeeded, not when it says so. */
export class EmbeddedServer {
  readonly http: ServerHttp
  readonly address: string
  readonly uiUrl: string
  state: PartState = 'starting'
  /** From the start of the process until it answered, the last time. */
  readyAfterMs: number | null = null
  readonly #process: KeptProcess
  readonly #handlers: EmbeddedServerHandlers
  readonly #logFile: string
  #stopped = false

  constructor(options: DevServerOptions, handlers: EmbeddedServerHandlers) {
    const { ports, logFile } = options
    this.#handlers = handlers
    this.#logFile = logFile
    this.http = new ServerHttp(ports.http)
    this.address = `127.0.0.1:${ports.grpc}`
    this.uiUrl = `http://127.0.0.1:${ports.ui}`
    this.#process = new KeptProcess({
      start: () => {
        rotateLog(logFile)
        return startDevServer(options)
      },
      onStart: () => void this.#awaitAnswer(),
      onLost: (exit, failures) => this.#lost(exit, failures),
    })
  }

  get pid(): number | null {
    return this.#process.pid
  }

  start(): void {
    this.#process.start()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#process.stop()
  }

  async #awaitAnswer(): Promise<void> {
    const { pid } = this.#process
    const startedAt = performance.now()
    const isCurrent = (): boolean => !this.#stopped && this.#process.pid === pid
    while (isCurrent() && !(await this.http.answers())) await sleep(POLL_MS)
    if (!isCurrent()) return
    const again = this.state === 'lost'
    this.#process.markHealthy()
    this.state = 'ready'
    this.readyAfterMs = Math.round(performance.now() - startedAt)
    this.#handlers.onReady(again)
  }

  #lost(exit: GuardedExit, failures: number): void {
    if (failures >= STARTS) {
      this.#stopped = true
      void this.#process.stop()
      this.#handlers.onFailed(this.#notStarted())
      return
    }
    if (this.state === 'ready') {
      this.state = 'lost'
      this.#handlers.onLost(exit)
    }
  }

  #notStarted(): OnclockError {
    const last = tailOfLog(this.#logFile, 3).join('\n')
    return new OnclockError('SERVER_NOT_STARTED', `The embedded Temporal server does not start:\n${last}`, {
      hint: `${this.#logFile} says more. A database that is damaged, or of another version, can be moved away (temporal.db* beside that file): run records and outputs do not depend on it.`,
    })
  }
}

/** Sets the namespace's retention; a server that refuses it serves all the same. */
export async function keepHistory(http: ServerHttp, log: (line: string) => void): Promise<void> {
  try {
    await http.keepHistory()
  } catch (error) {
    log(`the history's retention could not be set: ${messageOf(error)}`)
  }
}
