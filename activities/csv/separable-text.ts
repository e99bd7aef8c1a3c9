import { TextDecoder } from 'node:util'
import { type Encoding, encodingForm } from './encodings.ts'

/** Text in which each separator is one byte: UTF-8, or a single-byte encoding as it is. */
export interface SeparableText {
  readonly chunks: AsyncIterable<Buffer>
  /**
   * How many bytes of the file a stretch of the text was; null: as many as it is. To be asked for one stretch after the other,
   * from the begin of the text on.
   */
  readonly sourceBytes: ((bytes: Uint8Array, from: number, to: number) => number) | null
}

/** Stands for what is no character in its encoding, so that the text is not UTF-8 where the file was damaged. */
const NO_CHARACTER = 0xff
const MARK = Buffer.of(NO_CHARACTER)

/** Makes the bytes of a file separable, chunk by chunk. */
export function separableText(chunks: AsyncIterable<Buffer>, encoding: Encoding): SeparableText {
  const form = encodingForm(encoding)
  if (form === 'utf-16') return { chunks: fromUtf16(chunks, encoding === 'utf-16be'), sourceBytes: utf16Bytes }
  if (form !== 'multi') return { chunks, sourceBytes: null }
  const stretches = new Stretches()
  return { chunks: fromMultiByte(chunks, encoding, stretches), sourceBytes: (_, from, to) => stretches.take(to - from) }
}

async function* fromUtf16(chunks: AsyncIterable<Buffer>, bigEndian: boolean): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    const end = wholeUnits(bytes, bigEndian)
    rest = bytes.subarray(end)
    yield utf8Of(bytes.subarray(0, end), bigEndian)
  }
  if (rest.length >= 2) yield utf8Of(rest.subarray(0, 2), bigEndian)
  if (rest.length % 2 === 1) yield MARK
}

/** Before half a unit, and before the first half of a pair, at the end of a chunk. */
function wholeUnits(bytes: Buffer, bigEndian: boolean): number {
  const end = bytes.length & ~1
  if (end === 0) return 0
  const high = bytes[bigEndian ? end - 2 : end - 1] as number
  return (high & 0xfc) === 0xd8 ? end - 2 : end
}

function utf8Of(bytes: Buffer, bigEndian: boolean): Buffer {
  const text = (bigEndian ? bytes.swap16() : bytes).toString('utf16le')
  if (!/\p{Surrogate}/u.test(text)) return Buffer.from(text)
  return Buffer.concat(text.split(/(\p{Surrogate})/u).map((part, at) => (at % 2 === 1 ? MARK : Buffer.from(part))))
}

/** Bytes that a stretch of UTF-8 takes in UTF-16. */
function utf16Bytes(bytes: Uint8Array, from: number, to: number): number {
  let units = 0
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 && byte !== NO_CHARACTER ? 2 : 1
  }
  return units * 2
}

/** Lines of which the length before and after is known; records begin where lines do, so nothing finer is needed. */
class Stretches {
  readonly #after: number[] = []
  readonly #before: number[] = []
  #next = 0

  add(before: number, after: number): void {
    this.#before.push(before)
    this.#after.push(after)
  }

  take(after: number): number {
    let left = after
    let before = 0
    while (left > 0 && this.#next < this.#after.length) {
      const [is, was] = [this.#after[this.#next] as number, this.#before[this.#next] as number]
      const part = left >= is ? was : Math.round((was * left) / is)
      before += part
      if (left < is) {
        this.#after[this.#next] = is - left
        this.#before[this.#next] = was - part
      } else this.#next += 1
      left -= Math.min(left, is)
    }
    if (this.#next > 65_536) {
      this.#after.splice(0, this.#next)
      this.#before.splice(0, this.#next)
      this.#next = 0
    }
    return before
  }
}

/** A line longer than this is cut where no character can be cut in two. */
const LONG_LINE_BYTES = 8 << 20

async function* fromMultiByte(chunks: AsyncIterable<Buffer>, encoding: Encoding, stretches: Stretches): AsyncGenerator<Buffer> {
  const decoder = new LineDecoder(encoding)
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk])
    const end = cutBehindLine(bytes)
    rest = bytes.subarray(end)
    if (end > 0) yield decoder.decode(bytes.subarray(0, end), stretches)
  }
  if (rest.length > 0) yield decoder.decode(rest, stretches)
}

/** Behind the last line end; a CR at the very end may have its LF in the next chunk. */
function cutBehindLine(bytes: Buffer): number {
  const end = Math.max(bytes.lastIndexOf(0x0a), bytes.lastIndexOf(0x0d, -2)) + 1
  if (end > 0 || bytes.length < LONG_LINE_BYTES) return end
  // Second bytes begin at 0x30: a blank, comma or quote is one by itself.
  for (let at = bytes.length - 1; at > 0; at -= 1) if ((bytes[at] as number) < 0x30) return at + 1
  return bytes.length
}

/** Text of a multi-byte encoding as UTF-8, with a mark for each invalid sequence. A line end is one in all of these encodings. */
class LineDecoder {
  readonly #strict: TextDecoder
  readonly #lenient: TextDecoder

  constructor(encoding: Encoding) {
    this.#strict = new TextDecoder(encoding, { fatal: true })
    this.#lenient = new TextDecoder(encoding)
  }

  decode(bytes: Buffer, stretches: Stretches): Buffer {
    const whole = this.#valid(bytes)
    if (whole !== null && countLines(whole, stretches, bytes)) return whole
    const lines = linesOf(bytes).map((line) => {
      const text = this.#valid(line) ?? this.#marked(line)
      stretches.add(line.length, text.length)
      return text
    })
    return Buffer.concat(lines)
  }

  #valid(bytes: Buffer): Buffer | null {
    try {
      return Buffer.from(this.#strict.decode(bytes))
    } catch {
      return null
    }
  }

  /** The line end stays a line end, whatever stands before it. */
  #marked(line: Buffer): Buffer {
    let end = line.length
    while (end > 0 && (line[end - 1] === 0x0a || line[end - 1] === 0x0d)) end -= 1
    const parts = this.#lenient.decode(line.subarray(0, end)).split('\ufffd')
    const marked = parts.flatMap((part, at) => (at === 0 ? [Buffer.from(part)] : [MARK, Buffer.from(part)]))
    return Buffer.concat([...marked, ...(parts.length === 1 ? [MARK] : []), line.subarray(end)])
  }
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length;) {
    const end = lineEnd(bytes, start)
    lines.push(bytes.subarray(start, end))
    start = end
  }
  return lines
}

function lineEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] === 0x0a) return at + 1
    if (bytes[at] === 0x0d) return bytes[at + 1] === 0x0a ? at + 2 : at + 1
  }
  return bytes.length
}

/** Notes the length of each line on both sides; false, and nothing noted, when the sides have not the same lines. */
function countLines(after: Buffer, stretches: Stretches, before: Buffer): boolean {
  const [was, is] = [linesOf(before), linesOf(after)]
  if (was.length !== is.length) return false
  for (const [at, line] of was.entries()) stretches.add(line.length, (is[at] as Buffer).length)
  return true
}
