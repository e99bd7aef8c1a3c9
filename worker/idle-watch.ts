import type { LeaseTable } from './lease-table.ts'

/** A run just started may not be visible yet: one look that shows none is not enough. */
const EMPTY_LOOKS = 2
const LOOK_AGAIN_MS = 3_000

/** What the watch asks when nobody holds a lease. */
export interface IdleQuestions {
  /** The number of open runs; throws when the server does not say. */
  countOpenRuns(): Promise<number>
  /** Whether no worker can be kept up: then open runs would keep the server up for ever. */
  isWorkerStuck(): boolean
}

/** Finds the moment at which nobody needs the embedded server any more: no lease, no open run, no link just printed. */
export class IdleWatch {
  readonly #leases: LeaseTable
  readonly #lingerMs: number
  readonly #questions: IdleQuestions
  #emptyLooks = 0
  #nextLookAt = 0

  constructor(leases: LeaseTable, lingerMs: number, questions: IdleQuestions) {
    this.#leases = leases
    this.#lingerMs = lingerMs
    this.#questions = questions
  }

  /** Somebody came: what was seen before does not count. */
  reset(): void {
    this.#emptyLooks = 0
    this.#nextLookAt = 0
  }

  async isIdle(now: number): Promise<boolean> {
    if (this.#leases.count > 0 || now < this.#nextLookAt) return false
    const openRuns = await this.#questions.countOpenRuns().catch(() => null)
    if (this.#questions.isWorkerStuck()) return this.#leases.mayEnd(now, this.#lingerMs)
    if (openRuns !== 0) {
      this.#emptyLooks = 0
      this.#leases.sawOpenRun(now)
      this.#nextLookAt = now + LOOK_AGAIN_MS
      return false
    }
    this.#emptyLooks += 1
    if (this.#emptyLooks < EMPTY_LOOKS) return false
    // Asked after the answer came: a command may have come meanwhile.
    if (this.#leases.mayEnd(now, this.#lingerMs)) return true
    this.#nextLookAt = now + LOOK_AGAIN_MS
    return false
  }
}
