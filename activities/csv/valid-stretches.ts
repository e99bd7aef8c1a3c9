import { isAscii } from 'node:buffer'
import { Utf8Evidence } from './detect-encoding.ts'
import { type Encoding, validityOf } from './encodings.ts'

/** Stretches that are checked at once for bytes that are no character. */
const VALIDITY_BYTES = 16 << 10
/** Stretches that are cut at once. */
const CUT_BYTES = 64 << 10

/** Knows where the bytes of a buffer are characters of their encoding: checked by stretches, so that few records need a check of their own. */
export class ValidStretches {
  readonly evidence = new Utf8Evidence()
  /** Null: every byte is a character. */
  readonly #isValidText: ((bytes: Uint8Array) => boolean) | null
  #buffer: Buffer = Buffer.alloc(0)
  #used = 0
  #validUntil = 0
  #invalidUntil = 0

  constructor(encoding: Encoding) {
    this.#isValidText = validityOf(encoding)
  }

  /** Begins with other bytes. */
  begin(buffer: Buffer, used: number): void {
    this.#buffer = buffer
    this.#used = used
    this.#validUntil = 0
    this.#invalidUntil = 0
  }

  /** The end of a stretch from `start` on that is known to be valid. */
  endOfStretch(start: number): number {
    const isValidText = this.#isValidText
    const limit = Math.min(this.#used, start + CUT_BYTES)
    if (isValidText === null || start >= this.#used) return limit
    if (start < this.#invalidUntil) return start
    if (start + CUT_BYTES / 2 < this.#validUntil) return Math.min(this.#used, this.#validUntil)
    const until = this.#behindAscii(limit, start)
    if (!this.#passes(start, until, isValidText)) {
      this.#invalidUntil = until
      return start
    }
    return until
  }

  /** Whether a record is valid; looks at a stretch from its begin on where that is not known yet. */
  isValid(start: number, end: number): boolean {
    const isValidText = this.#isValidText
    if (isValidText === null || end <= this.#validUntil) return true
    const until = this.#behindAscii(Math.min(this.#used, Math.max(end, start + VALIDITY_BYTES)), end)
    if (this.#passes(start, until, isValidText)) return true
    const record = this.#buffer.subarray(start, end)
    const valid = isValidText(record)
    if (!valid) this.evidence.addInvalid(record)
    else if (!isAscii(record)) this.evidence.valid += 1
    return valid
  }

  #passes(start: number, until: number, isValidText: (bytes: Uint8Array) => boolean): boolean {
    const stretch = this.#buffer.subarray(start, until)
    if (!isValidText(stretch)) return false
    this.#validUntil = until
    if (!isAscii(stretch)) this.evidence.valid += 1
    return true
  }

  /** Back to where no character is cut in two. */
  #behindAscii(limit: number, least: number): number {
    let until = limit
    while (until > least && (this.#buffer[until - 1] as number) >= 0x80) until -= 1
    return until
  }
}
