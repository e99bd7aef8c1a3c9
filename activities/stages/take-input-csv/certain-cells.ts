/**
 * Whether a cell is certain to leave as it came: no step of cleaning changes it, and it breaks no check. It may say no to
 * a cell that is sound (DuckDB then decides), and never yes to one that is not. An empty cell has `from` = `to`.
 */
export type Certain = (bytes: Buffer, from: number, to: number) => boolean

export interface Bounds {
  readonly min?: number
  readonly max?: number
  readonly above?: number
  readonly below?: number
}

const PLUS = 0x2b
const LOWER_E = 0x65
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39

/** All ASCII, without the characters from `low` to `high`. */
export function asciiWithout(low: number, high: number): Certain {
  return (bytes, from, to) => {
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] as number
      if (byte >= 0x7f || (byte >= low && byte <= high)) return false
    }
    return true
  }
}

/** Neither end is white space, nor anything that may be some. */
export function hasTidyEnds(bytes: Buffer, from: number, to: number): boolean {
  const first = bytes[from] as number
  const last = bytes[to - 1] as number
  if (first > 0x20 && first < 0x7f && last > 0x20 && last < 0x7f) return true
  return isTidy(bytes, from, to) && isTidy(bytes, leadOfLast(bytes, from, to), to)
}

/** Where the last character begins. */
function leadOfLast(bytes: Buffer, from: number, to: number): number {
  let at = to - 1
  while (at > from && ((bytes[at] as number) & 0xc0) === 0x80) at -= 1
  return at
}

/** Whether the character at `at` is certain to be no white space: all of that lies in four blocks of UTF-8. */
function isTidy(bytes: Buffer, at: number, to: number): boolean {
  const byte = bytes[at] as number
  if (byte < 0x80) return byte > 0x20 && byte < 0x7f
  const next = at + 1 < to ? (bytes[at + 1] as number) : 0
  switch (byte) {
    case 0xc2:
      return next > 0xa0
    case 0xe1:
      return next !== 0x9a && next !== 0xa0
    case 0xe2:
      return next !== 0x80 && next !== 0x81
    case 0xe3:
      return next !== 0x80
    case 0xef:
      return next !== 0xbb
    default:
      return true
  }
}

const MOST_DIGITS = 15

/** Reads numbers of up to fifteen digits: such a number is exact, and so is its comparison. */
class ShortNumber {
  /** The whole numbers that it lies between; the same where it is one. */
  least = 0
  most = 0
  readonly #withPoint: boolean

  constructor(withPoint: boolean) {
    this.#withPoint = withPoint
  }

  /** False where it is no such number, or not for certain. */
  read(bytes: Buffer, from: number, to: number): boolean {
    const negative = bytes[from] === MINUS
    const begin = negative ? from + 1 : from
    if (to === begin || to - begin > MOST_DIGITS) return false
    let value = 0
    let at = begin
    for (; at < to && isDigit(bytes[at] as number); at += 1) value = value * 10 + ((bytes[at] as number) - ZERO)
    if (at < to && (at === begin || !this.#isFraction(bytes, at, to))) return false
    this.#bound(negative ? -value : value, at < to, negative)
    return true
  }

  /** A point with digits behind it. */
  #isFraction(bytes: Buffer, from: number, to: number): boolean {
    if (!this.#withPoint || bytes[from] !== POINT || from + 1 === to) return false
    for (let at = from + 1; at < to; at += 1) if (!isDigit(bytes[at] as number)) return false
    return true
  }

  #bound(whole: number, hasFraction: boolean, negative: boolean): void {
    this.least = hasFraction && negative ? whole - 1 : whole
    this.most = hasFraction && !negative ? whole + 1 : whole
  }
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE

/** A short number inside the bounds. */
export function numberWithin({ min, max, above, below }: Bounds, withPoint: boolean): Certain {
  const number = new ShortNumber(withPoint)
  const [least, most] = [min ?? -Infinity, max ?? Infinity]
  const [over, under] = [above ?? -Infinity, below ?? Infinity]
  return (bytes, from, to) =>
    number.read(bytes, from, to) && number.least >= least && number.most <= most && number.least > over && number.most < under
}

/** `7.5E+18` has an `E+`. */
export function hasNoExponent(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at += 1) {
    if (bytes[at] === PLUS && ((bytes[at - 1] as number) | 0x20) === LOWER_E) return false
  }
  return true
}

/** One of these texts. */
export function oneOf(texts: readonly string[]): Certain {
  const entries = texts.map((text) => Buffer.from(text))
  return (bytes, from, to) => entries.some((entry) => equals(entry, bytes, from, to))
}

/** None of these texts. */
export function noneOf(texts: readonly string[]): Certain {
  const entries = texts.map((text) => Buffer.from(text))
  return (bytes, from, to) => !entries.some((entry) => equals(entry, bytes, from, to))
}

function equals(entry: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (entry.length !== to - from) return false
  for (let at = 0; at < entry.length; at += 1) if (bytes[from + at] !== entry[at]) return false
  return true
}
