/** A supervisor that nobody ever used waits this long for the command that started it. */
const FIRST_LEASE_MS = 5_000

/** Commands that need the server up, and when the last of them went. */
export class LeaseTable {
  readonly #holders = new Set<object>()
  readonly #startedAt: number
  #hadLease = false
  #hadTerminal = false
  #idleSince: number

  constructor(now: number) {
    this.#startedAt = now
    this.#idleSince = now
  }

  get count(): number {
    return this.#holders.size
  }

  take(holder: object, tty: boolean): void {
    this.#holders.add(holder)
    this.#hadLease = true
    this.#hadTerminal ||= tty
  }

  drop(holder: object, now: number): void {
    if (this.#holders.delete(holder) && this.#holders.size === 0) this.#idleSince = now
  }

  /** An open run keeps everything up as a lease does. */
  sawOpenRun(now: number): void {
    this.#idleSince = now
  }

  /**
   * Whether everything may end as far as commands go: nobody holds a lease and, where one of them had a terminal, the time
   * in which a link just printed should work has passed.
   */
  mayEnd(now: number, lingerMs: number): boolean {
    if (this.#holders.size > 0) return false
    if (!this.#hadLease) return now - this.#startedAt >= FIRST_LEASE_MS
    return !this.#hadTerminal || now - this.#idleSince >= lingerMs
  }
}
