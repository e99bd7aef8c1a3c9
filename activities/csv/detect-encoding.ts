import { isAscii, isUtf8 } from 'node:buffer'
import { OnclockError } from '../../pipeline/errors.ts'
import type { Encoding } from './encodings.ts'
import { guessEncoding } from './guess-encoding.ts'
import { isDamage } from './stray-bytes.ts'

/** A guess from the first bytes; `certain` when a byte order mark says so. The scan of the whole file may correct a guess. */
export interface EncodingGuess {
  readonly encoding: Encoding
  readonly certain: boolean
  /** Bytes of the byte order mark. */
  readonly markBytes: number
  /** A warning, where it may well be another one. */
  readonly doubt: string | null
}

/** Tells the encoding from the beginning of a file. Throws INPUT_UNREADABLE for UTF-32. */
export function detectEncoding(sample: Buffer, shown: string): EncodingGuess {
  refuseUtf32(sample, shown)
  const marked = { certain: true, doubt: null }
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) return { ...marked, encoding: 'utf-8', markBytes: 3 }
  if (sample[0] === 0xff && sample[1] === 0xfe) return { ...marked, encoding: 'utf-16le', markBytes: 2 }
  if (sample[0] === 0xfe && sample[1] === 0xff) return { ...marked, encoding: 'utf-16be', markBytes: 2 }
  const guessed = { certain: false, markBytes: 0, doubt: null }
  const wide = detectUtf16(sample)
  if (wide !== null) return { ...guessed, encoding: wide }
  const evidence = new Utf8Evidence()
  const end = Math.max(sample.lastIndexOf(0x0a), sample.lastIndexOf(0x0d)) + 1
  evidence.addLines(end > 0 ? sample.subarray(0, end) : sample)
  return evidence.isUtf8(countLines(sample))
    ? { ...guessed, encoding: 'utf-8' }
    : { ...guessed, ...guessEncoding(evidence.sample, shown) }
}

function refuseUtf32(sample: Buffer, shown: string): void {
  const little = sample.length >= 8 && sample.readUInt32LE(0) < 0x110000 && sample.readUInt32LE(4) < 0x110000
  const big = sample.length >= 8 && sample.readUInt32BE(0) < 0x110000 && sample.readUInt32BE(4) < 0x110000
  const mark = sample.length >= 4 && (sample.readUInt32LE(0) === 0xfeff || sample.readUInt32BE(0) === 0xfeff)
  // Four zeros are no text in any of them.
  if (!mark && (!(little || big) || sample.readUInt32LE(0) === 0)) return
  // A file that says it is UTF-16 is that, whatever its characters.
  if (!mark && (sample.readUInt16LE(0) === 0xfeff || sample.readUInt16BE(0) === 0xfeff)) return
  throw new OnclockError('INPUT_UNREADABLE', `${shown} is UTF-32, which hardly any program reads`, {
    hint: `Save it as UTF-8: iconv -f UTF-32 -t UTF-8 FILE > NEW`,
  })
}

/** UTF-16 without a mark: text in Latin letters has a zero in every other byte. */
function detectUtf16(sample: Buffer): Encoding | null {
  const pairs = Math.min(sample.length, 65_536) >> 1
  if (pairs < 2 || sample.indexOf(0) === -1) return null
  let even = 0
  let odd = 0
  for (let at = 0; at < pairs * 2; at += 2) {
    if (sample[at] === 0) even += 1
    if (sample[at + 1] === 0) odd += 1
  }
  if (odd > pairs * 0.4 && even < pairs * 0.02) return 'utf-16le'
  if (even > pairs * 0.4 && odd < pairs * 0.02) return 'utf-16be'
  return detectSeparators(sample.subarray(0, pairs * 2))
}

/** Other scripts have few zeros, but commas and line ends in both halves' own place. */
function detectSeparators(sample: Buffer): Encoding | null {
  let [little, big] = [0, 0]
  for (let at = 0; at < sample.length; at += 2) {
    const [first, second] = [sample[at] as number, sample[at + 1] as number]
    if (second === 0 && SEPARATORS.has(first)) little += 1
    if (first === 0 && SEPARATORS.has(second)) big += 1
  }
  const enough = Math.max(4, sample.length / 200)
  if (little > enough && big === 0) return 'utf-16le'
  return big > enough && little === 0 ? 'utf-16be' : null
}

const SEPARATORS: ReadonlySet<number> = new Set([0x0a, 0x0d, 0x09, 0x20, 0x22, 0x2c, 0x3b, 0x7c])

const MOST_SAMPLED_BYTES = 64 << 10

function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) lines += 1
  return lines
}

/**
 * Counts what speaks for UTF-8 and what against it. A few invalid bytes among valid multi-byte characters are damage; invalid
 * bytes without them are another encoding, unless they are rare and make no words in any.
 */
export class Utf8Evidence {
  /** Stretches of text with multi-byte characters, all of them valid. */
  valid = 0
  /** Records with a byte that is not UTF-8. */
  invalid = 0
  readonly #invalid: Buffer[] = []
  #sampled = 0

  /** `records`: how many were looked at, with those that are ASCII. */
  isUtf8(records: number): boolean {
    return this.valid >= this.invalid || isDamage(this.sample, { invalid: this.invalid, records })
  }

  /** Some of the text that is not UTF-8. */
  get sample(): Buffer {
    return Buffer.concat(this.#invalid.flatMap((part) => [part, NEW_LINE]))
  }

  addInvalid(record: Uint8Array): void {
    this.invalid += 1
    if (this.#sampled >= MOST_SAMPLED_BYTES) return
    const part = Buffer.from(record.subarray(0, MOST_SAMPLED_BYTES))
    this.#invalid.push(part)
    this.#sampled += part.length
  }

  addLines(bytes: Buffer): void {
    if (isUtf8(bytes)) {
      if (!isAscii(bytes)) this.valid += 1
      return
    }
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(0x0a, start)
      const end = found === -1 ? bytes.length : found + 1
      const line = bytes.subarray(start, end)
      if (!isUtf8(line)) this.addInvalid(line)
      else if (!isAscii(line)) this.valid += 1
      start = end
    }
  }
}

const NEW_LINE = Buffer.of(0x0a)
