/** Lets pieces of work that were begun side by side go on one after the other, in the order of their numbers from 0. */
export class Turns {
  readonly #waiting = new Map<number, () => void>()
  #next = 0
  #failure: { readonly error: unknown } | null = null

  /** Waits until all lower numbers have had their turn. After `fail` there are no more turns: those that wait fail with it. */
  async take<Result>(number: number, work: () => Promise<Result>): Promise<Result> {
    if (number !== this.#next && this.#failure === null) {
      await new Promise<void>((resolve) => this.#waiting.set(number, resolve))
    }
    if (this.#failure !== null) throw this.#failure.error
    const result = await work()
    this.#next = number + 1
    this.#waiting.get(this.#next)?.()
    this.#waiting.delete(this.#next)
    return result
  }

  /** To be called when a piece of work fails, inside its turn or not: nobody else would ever get one. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    for (const wake of this.#waiting.values()) wake()
    this.#waiting.clear()
  }
}
