/**
 * A 64-bit hash of a range of bytes, in two halves: two lanes of multiply and rotate in the manner of MurmurHash3
 * (https://github.com/aappleby/smhasher). It proves nothing: rows with the same hash are compared by value.
 */
export class RowHash {
  high = 0
  low = 0
  readonly #seed: number

  /** Another seed gives other hashes. */
  constructor(seed = 0) {
    this.#seed = seed
  }

  /** Sets `high` and `low`, both signed: larger numbers would be objects. */
  hash(view: DataView, from: number, to: number): void {
    let one = this.#seed ^ 0x2c1b3c6d
    let two = this.#seed ^ 0x297a2d39 ^ (to - from)
    let at = from
    for (; at + 4 <= to; at += 4) {
      const word = view.getUint32(at, true)
      one = Math.imul(one ^ word, 0xcc9e2d51)
      one = (one << 15) | (one >>> 17)
      two = Math.imul(two + word, 0x1b873593) ^ one
      two = (two << 13) | (two >>> 19)
    }
    let rest = 0
    for (; at < to; at += 1) rest = (rest << 8) | view.getUint8(at)
    one = mixed(Math.imul(one ^ rest, 0xcc9e2d51) + two)
    two = mixed(Math.imul(two + rest, 0x1b873593) ^ one)
    this.high = one
    this.low = two
  }
}

function mixed(value: number): number {
  let bits = value ^ (value >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
