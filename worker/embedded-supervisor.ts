import { mkdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GuardedExit } from '../activities/guard/spawn-guarded.ts'
import { messageOf, OnclockError } from '../pipeline/errors.ts'
import type { AccessEvent } from './access.ts'
import { buildId } from './build-id.ts'
import { projectStateDir } from './cache-folder.ts'
import { ControlServer } from './control-server.ts'
import { EmbeddedServer, keepHistory } from './embedded-server.ts'
import { EmbeddedWorker } from './embedded-worker.ts'
import { IdleWatch } from './idle-watch.ts'
import { LeaseTable } from './lease-table.ts'
import { endLeftovers } from './leftovers.ts'
import { choosePorts } from './ports.ts'
import { type SupervisorLock, takeLock } from './supervisor-lock.ts'
import { send, type SupervisorState } from './supervisor-messages.ts'

export interface SupervisorOptions {
  readonly projectDir: string
  /** The Temporal CLI. */
  readonly binary: string
  /** How long everything stays up after the last lease of a command that had a terminal. */
  readonly lingerMs: number
}

const WATCH_MS = 500

/**
 * Owns the Temporal server and the worker of one project: starts them, starts them again when they die, counts the commands
 * that need them, and ends with the last of these and the last open run.
 */
export class EmbeddedSupervisor {
  readonly #options: SupervisorOptions
  readonly #stateDir: string
  readonly #since = new Date().toISOString()
  readonly #control = new ControlServer()
  readonly #leases = new LeaseTable(performance.now())
  readonly #idle: IdleWatch
  #lock: SupervisorLock | null = null
  #lockedAfterMs = 0
  #server: EmbeddedServer | null = null
  #worker: EmbeddedWorker | null = null
  #interrupted: readonly string[] = []
  #ending: Promise<void> | null = null

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#stateDir = projectStateDir(options.projectDir)
    mkdirSync(this.#stateDir, { recursive: true })
    this.#idle = new IdleWatch(this.#leases, options.lingerMs, {
      countOpenRuns: async () => this.#server?.http.countOpenRuns() ?? 0,
      isWorkerStuck: () => this.#worker?.isStuck === true,
    })
  }

  /** Resolves when everything has ended; at once when another supervisor has the project. */
  async run(): Promise<void> {
    const { projectDir } = this.#options
    const port = await this.#control.listen()
    const build = buildId()
    this.#lock = takeLock(this.#stateDir, { port, build, projectDir })
    if (this.#lock === null) {
      this.#control.close()
      return
    }
    this.#lockedAfterMs = Math.round(performance.now())
    log(`supervises ${projectDir} as process ${process.pid}`)
    const identity = { say: 'identity', project_dir: projectDir, pid: process.pid, build } as const
    this.#control.open(this.#lock.holder.token, identity, {
      lease: (socket, tty) => this.#takeLease(socket, tty),
      status: (socket) => void this.#tellStatus(socket),
      stop: () => void this.end('it was told to'),
      gone: (socket) => this.#leases.drop(socket, performance.now()),
    })
    try {
      await this.#bringUp()
    } catch (error) {
      await this.#giveUp(error)
    }
    await this.#watch()
  }

  /** Ends the worker, then the server, and says that the project is free. */
  end(why: string): Promise<void> {
    this.#ending ??= this.#end(why)
    return this.#ending
  }

  async #bringUp(): Promise<void> {
    const { projectDir, binary } = this.#options
    const stateDir = this.#stateDir
    await endLeftovers(projectDir, log)
    const ports = await choosePorts(projectDir, stateDir, process.env)
    this.#server = new EmbeddedServer(
      { binary, projectDir, stateDir, ports, logFile: join(stateDir, 'server.log') },
      {
        onReady: (again) => void this.#serverReady(again),
        onLost: (exit) => this.#lost('server', 'The Temporal server ended unexpectedly and is being started again.', exit),
        onFailed: (fault) => void this.#giveUp(fault),
      },
    )
    this.#worker = new EmbeddedWorker(
      { projectDir, address: this.#server.address, logFile: join(stateDir, 'worker.log') },
      {
        onReady: (again) => this.#workerReady(again),
        onLost: (exit) => this.#lost('worker', 'The worker ended unexpectedly and is being started again.', exit),
        onFailing: (message) => {
          log(message)
          this.#tell({ type: 'failing', what: 'worker', notable: true, message })
        },
      },
    )
    this.#server.start()
    // At the same time: the worker loads while the server starts, and waits for it.
    this.#worker.start()
  }

  async #serverReady(again: boolean): Promise<void> {
    const server = this.#server
    if (server === null) return
    log(`the server answers at ${server.address} after ${server.readyAfterMs} ms`)
    if (!again) this.#interrupted = await server.http.listOpenRuns().catch(() => [])
    if (this.#interrupted.length > 0) log(`open runs that go on: ${this.#interrupted.join(' ')}`)
    this.#pushState()
    if (again) this.#tell({ type: 'back', what: 'server', notable: true, message: 'The Temporal server is back.' })
    await keepHistory(server.http, log)
  }

  #workerReady(again: boolean): void {
    log(`the worker polls after ${this.#worker?.readyAfterMs} ms ${JSON.stringify(this.#worker?.parts)}`)
    this.#pushState()
    if (again)
      this.#tell({ type: 'back', what: 'worker', notable: true, message: 'The worker is back; the stages it ran start again.' })
  }

  #lost(what: 'server' | 'worker', message: string, { code, signal }: GuardedExit): void {
    log(`the ${what} ended (${signal ?? `code ${code}`})`)
    this.#pushState()
    this.#tell({ type: 'lost', what, notable: true, message })
  }

  #takeLease(socket: Socket, tty: boolean): void {
    this.#leases.take(socket, tty)
    this.#idle.reset()
    send(socket, { say: 'state', state: this.#state(null) })
  }

  async #tellStatus(socket: Socket): Promise<void> {
    const openRuns = this.#server?.state === 'ready' ? await this.#server.http.countOpenRuns().catch(() => null) : null
    send(socket, { say: 'state', state: this.#state(openRuns) })
    socket.end()
  }

  /** Ends when nobody needs it any more, or when the lock file is gone, as with the whole folder. */
  async #watch(): Promise<void> {
    for (; this.#ending === null; await sleep(WATCH_MS)) {
      if (this.#lock?.isHeld() !== true) void this.end('the lock file is gone')
      else if (this.#server?.state === 'ready' && (await this.#idle.isIdle(performance.now())))
        void this.end('nobody needs it any more')
    }
    await this.#ending
  }

  async #giveUp(error: unknown): Promise<void> {
    const fault =
      error instanceof OnclockError ? error : new OnclockError('SERVER_NOT_STARTED', messageOf(error), { cause: error })
    log(`gives up: ${fault.message}`)
    // The command that started this process connects once it sees the lock: it should hear why there is nothing.
    for (let n = 0; n < 40 && this.#leases.count === 0; n++) await sleep(50)
    this.#control.broadcast({ say: 'failed', code: fault.code, message: fault.message, hint: fault.hint ?? null })
    await this.end('it cannot be started')
  }

  async #end(why: string): Promise<void> {
    log(`ends: ${why}`)
    this.#lock?.mark('ending')
    this.#control.close()
    this.#control.broadcast({ say: 'ending' })
    await this.#worker?.stop()
    await this.#server?.stop()
    this.#lock?.mark('ended')
    this.#control.disconnect()
    log('ended')
  }

  #state(openRuns: number | null): SupervisorState {
    const { readyAfterMs: serverMs = null, state: server = 'starting', pid: server_pid = null } = this.#server ?? {}
    const { readyAfterMs: workerMs = null, state: worker = 'starting', pid: worker_pid = null, parts = null } = this.#worker ?? {}
    return {
      server,
      worker,
      address: this.#server?.address ?? '',
      ui_url: this.#server?.uiUrl ?? '',
      since: this.#since,
      leases: this.#leases.count,
      open_runs: openRuns,
      interrupted: this.#interrupted,
      server_pid,
      worker_pid,
      parts: { supervisorMs: this.#lockedAfterMs, serverMs, workerMs, worker: parts },
    }
  }

  #pushState(): void {
    this.#control.broadcast({ say: 'state', state: this.#state(null) })
  }

  #tell(event: AccessEvent): void {
    this.#control.broadcast({ say: 'event', event })
  }
}

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`)
}
