/** No row: marks a free place. */
const FREE = 0
const FIRST_SIZE = 1 << 16

/**
 * The 64-bit hashes of rows met so far, each with the number of the first row that had it: twelve bytes for a row, in tables
 * of numbers, since ten million objects would not fit.
 */
export class SeenHashes {
  #high = new Int32Array(FIRST_SIZE)
  #low = new Int32Array(FIRST_SIZE)
  /** One more than the number of the row. */
  #row = new Uint32Array(FIRST_SIZE)
  #count = 0

  /** The number of the first row with this hash (its halves signed), or null; then `row` is the first one. Numbers are below 2^32 - 1. */
  meet(high: number, low: number, row: number): number | null {
    const at = this.#find(high, low)
    const known = this.#row[at] as number
    if (known !== FREE) return known - 1
    this.#high[at] = high
    this.#low[at] = low
    this.#row[at] = row + 1
    this.#count += 1
    if (this.#count * 3 > this.#row.length * 2) this.#grow()
    return null
  }

  #find(high: number, low: number): number {
    const mask = this.#row.length - 1
    let at = (low ^ Math.imul(high, 0x9e3779b1)) & mask
    while (this.#row[at] !== FREE && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    const [high, low, row] = [this.#high, this.#low, this.#row]
    const size = row.length * 2
    this.#high = new Int32Array(size)
    this.#low = new Int32Array(size)
    this.#row = new Uint32Array(size)
    for (let from = 0; from < row.length; from += 1) {
      if (row[from] === FREE) continue
      const at = this.#find(high[from] as number, low[from] as number)
      this.#high[at] = high[from] as number
      this.#low[at] = low[from] as number
      this.#row[at] = row[from] as number
    }
  }
}
