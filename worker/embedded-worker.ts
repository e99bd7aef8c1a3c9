import type { GuardedExit } from '../activities/guard/spawn-guarded.ts'
import type { WorkerParts } from './access.ts'
import { KeptProcess } from './kept-process.ts'
import { LogWriter } from './log-file.ts'
import type { PartState } from './supervisor-messages.ts'
import { startWorkerProcess } from './worker-process.ts'

export interface EmbeddedWorkerOptions {
  readonly projectDir: string
  readonly address: string
  readonly logFile: string
}

export interface EmbeddedWorkerHandlers {
  readonly onReady: (again: boolean) => void
  readonly onLost: (exit: GuardedExit) => void
  /** It ended again before it polled; called from the third time on with what its log says. An edit may mend it. */
  readonly onFailing: (message: string) => void
}

/** A slip while files are being edited is not worth a word. */
const FAILURES_TO_SAY = 3

/** The worker process of a project, started again when it ends. */
export class EmbeddedWorker {
  state: PartState = 'starting'
  parts: WorkerParts | null = null
  readyAfterMs: number | null = null
  readonly #process: KeptProcess

  constructor(options: EmbeddedWorkerOptions, handlers: EmbeddedWorkerHandlers) {
    const log = new LogWriter(options.logFile)
    this.#process = new KeptProcess({
      start: () =>
        startWorkerProcess({
          ...options,
          onReady: (parts) => handlers.onReady(this.#ready(parts)),
          onLog: (line) => log.write(line),
        }),
      onLost: (exit, failures) => {
        if (this.state === 'ready') handlers.onLost(exit)
        else if (failures >= FAILURES_TO_SAY)
          handlers.onFailing(`The worker does not start; ${log.file} says:\n${log.tail(3).join('\n')}`)
        this.state = 'lost'
      },
    })
  }

  get pid(): number | null {
    return this.#process.pid
  }

  /** Whether it fails again and again, so that open runs would wait for ever. */
  get isStuck(): boolean {
    return this.#process.failures > FAILURES_TO_SAY
  }

  start(): void {
    this.#process.start()
  }

  async stop(): Promise<void> {
    await this.#process.stop()
  }

  #ready(parts: WorkerParts): boolean {
    const again = this.state === 'lost' && this.parts !== null
    this.#process.markHealthy()
    this.state = 'ready'
    this.parts = parts
    this.readyAfterMs = this.#process.ageMs
    return again
  }
}
