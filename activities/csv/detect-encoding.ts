import { isAscii, isUtf8 } from 'node:buffer'
import type { Encoding } from './dialect.ts'

/** A guess from the first bytes; `certain` when a byte order mark says so. The scan of the whole file may correct a guess. */
export interface EncodingGuess {
  readonly encoding: Encoding
  readonly certain: boolean
  /** Bytes of the byte order mark. */
  readonly markBytes: number
}

/** Tells the encoding from the beginning of a file. */
export function detectEncoding(sample: Buffer): EncodingGuess {
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) return { encoding: 'utf-8', certain: true, markBytes: 3 }
  if (sample[0] === 0xff && sample[1] === 0xfe) return { encoding: 'utf-16le', certain: true, markBytes: 2 }
  if (sample[0] === 0xfe && sample[1] === 0xff) return { encoding: 'utf-16be', certain: true, markBytes: 2 }
  const wide = detectUtf16(sample)
  if (wide !== null) return { encoding: wide, certain: false, markBytes: 0 }
  const evidence = new Utf8Evidence()
  const end = Math.max(sample.lastIndexOf(0x0a), sample.lastIndexOf(0x0d)) + 1
  evidence.addLines(end > 0 ? sample.subarray(0, end) : sample)
  return { encoding: evidence.isUtf8 ? 'utf-8' : singleByte(sample), certain: false, markBytes: 0 }
}

/** Bytes that Windows-1252 has no character for; where they occur the text is Latin-1 with its control characters. */
const NOT_WINDOWS_1252 = [0x81, 0x8d, 0x8f, 0x90, 0x9d]

/** The single-byte encoding of text that is not UTF-8. Both read the same where no byte of 0x80–0x9f occurs. */
function singleByte(sample: Buffer): Encoding {
  return NOT_WINDOWS_1252.some((byte) => sample.includes(byte)) ? 'latin-1' : 'windows-1252'
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
  return even > pairs * 0.4 && odd < pairs * 0.02 ? 'utf-16be' : null
}

/**
 * Counts what speaks for UTF-8 and what against it. A few invalid bytes among valid multi-byte characters are damage; invalid
 * bytes without them are another encoding.
 */
export class Utf8Evidence {
  /** Stretches of text with multi-byte characters, all of them valid. */
  valid = 0
  /** Records with a byte that is not UTF-8. */
  invalid = 0

  get isUtf8(): boolean {
    return this.invalid === 0 || this.valid >= this.invalid
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
      if (!isUtf8(line)) this.invalid += 1
      else if (!isAscii(line)) this.valid += 1
      start = end
    }
  }
}
