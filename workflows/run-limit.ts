import { CancellationScope, sleep } from '@temporalio/workflow'

/** The time limit of a run, by a durable timer. While the run waits for a person the clock stands still. */
export class RunLimit {
  readonly #onEnd: () => void
  #leftMs: number | null
  #since = 0
  #scope: CancellationScope | null = null

  constructor(limitMs: number | null, onEnd: () => void) {
    this.#leftMs = limitMs
    this.#onEnd = onEnd
  }

  start(): void {
    const left = this.#leftMs
    if (left === null || this.#scope !== null) return
    this.#since = Date.now()
    const scope = new CancellationScope()
    this.#scope = scope
    const wait = scope.run(() => sleep(left)).then(this.#onEnd)
    // Cancelled when the stages are done first.
    wait.catch(() => undefined)
  }

  stop(): void {
    if (this.#scope === null || this.#leftMs === null) return
    this.#leftMs = Math.max(1, this.#leftMs - (Date.now() - this.#since))
    this.#scope.cancel()
    this.#scope = null
  }
}
