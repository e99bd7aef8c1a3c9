import type { GuardedExit, GuardedProcess } from '../activities/guard/spawn-guarded.ts'

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 10_000
const NEVER_STARTED: GuardedExit = { code: 127, signal: null }

export interface KeptProcessOptions {
  readonly start: () => GuardedProcess
  readonly onStart?: () => void
  /** Called when the process ended without having been told to; `failures` counts ends in a row without `markHealthy`. */
  readonly onLost: (exit: GuardedExit, failures: number) => void
}

/** A process that is started again whenever it ends, at growing intervals while it does not become healthy. */
export class KeptProcess {
  readonly #options: KeptProcessOptions
  #current: GuardedProcess | null = null
  #timer: NodeJS.Timeout | null = null
  #failures = 0
  #stopped = false
  #startedAt = 0

  constructor(options: KeptProcessOptions) {
    this.#options = options
  }

  get pid(): number | null {
    return this.#current?.pid ?? null
  }

  get failures(): number {
    return this.#failures
  }

  /** Since the start of the process that runs now. */
  get ageMs(): number {
    return Math.round(performance.now() - this.#startedAt)
  }

  start(): void {
    if (this.#stopped) return
    this.#startedAt = performance.now()
    try {
      const started = this.#options.start()
      this.#current = started
      void started.exited.then(
        (exit) => this.#lost(exit),
        () => this.#lost(NEVER_STARTED),
      )
    } catch {
      // Such as a log that cannot be opened on a full disk: as good as a process that ended at once.
      this.#lost(NEVER_STARTED)
      return
    }
    this.#options.onStart?.()
  }

  markHealthy(): void {
    this.#failures = 0
  }

  /** Ends the process and starts it no more. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#current?.stop().catch(() => undefined)
  }

  #lost(exit: GuardedExit): void {
    this.#current = null
    if (this.#stopped) return
    this.#failures += 1
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), LONGEST_DELAY_MS)
    this.#timer = setTimeout(() => this.start(), delay)
    this.#options.onLost(exit, this.#failures)
  }
}
