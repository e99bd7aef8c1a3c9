const STATE_WORDS = 624
const SHIFT_WORDS = 397

/**
 * The Mersenne Twister (MT19937) with Python's seeding, fractions and whole numbers: `random.Random(seed)` draws the same, so a
 * generator in either language can make the same file.
 */
export class SeededRandom {
  readonly #state = new Uint32Array(STATE_WORDS)
  #at = STATE_WORDS

  /** `seed`: a whole number below 2^32. */
  constructor(seed: number) {
    const state = this.#state
    state[0] = 19_650_218
    for (let at = 1; at < STATE_WORDS; at += 1) state[at] = Math.imul(1_812_433_253, mixed(this.#word(at - 1))) + at
    let at = 1
    for (let left = STATE_WORDS; left > 0; left -= 1) {
      state[at] = (this.#word(at) ^ Math.imul(mixed(this.#word(at - 1)), 1_664_525)) + seed
      at = this.#next(at)
    }
    for (let left = STATE_WORDS - 1; left > 0; left -= 1) {
      state[at] = (this.#word(at) ^ Math.imul(mixed(this.#word(at - 1)), 1_566_083_941)) - at
      at = this.#next(at)
    }
    state[0] = 0x80000000
  }

  /** At least 0 and below 1, with 53 bits. */
  fraction(): number {
    const high = this.#draw() >>> 5
    const low = this.#draw() >>> 6
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  /** A whole number of at least 0 and below `limit`, which is below 2^32. */
  below(limit: number): number {
    const unused = Math.clz32(limit)
    for (;;) {
      const drawn = this.#draw() >>> unused
      if (drawn < limit) return drawn
    }
  }

  #draw(): number {
    if (this.#at === STATE_WORDS) this.#twist()
    let word = this.#word(this.#at)
    this.#at += 1
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c5680
    word ^= (word << 15) & 0xefc60000
    return (word ^ (word >>> 18)) >>> 0
  }

  #twist(): void {
    for (let at = 0; at < STATE_WORDS; at += 1) {
      const joined = (this.#word(at) & 0x80000000) | (this.#word((at + 1) % STATE_WORDS) & 0x7fffffff)
      const odd = (joined & 1) === 1 ? 0x9908b0df : 0
      this.#state[at] = this.#word((at + SHIFT_WORDS) % STATE_WORDS) ^ (joined >>> 1) ^ odd
    }
    this.#at = 0
  }

  /** The last word stands in front of the second when the seeding goes round. */
  #next(at: number): number {
    if (at + 1 < STATE_WORDS) return at + 1
    this.#state[0] = this.#word(STATE_WORDS - 1)
    return 1
  }

  #word(at: number): number {
    return this.#state[at] ?? 0
  }
}

const mixed = (word: number): number => word ^ (word >>> 30)
