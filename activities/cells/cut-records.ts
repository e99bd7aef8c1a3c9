import type { CellBatch } from './cell-batch.ts'
import { VERBATIM } from './cell-batch.ts'

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d
const COMMA = 0x2c
const SPACE = 0x20
/** Records that room is made for at once. */
const AT_ONCE = 1024

export interface CutOptions {
  /** One byte. */
  readonly delimiter: number
  /** Fields are quoted by `"`, doubled inside. */
  readonly quoted: boolean
  readonly width: number
  /** A record with this text is the header once more. */
  readonly headerText: Buffer | null
  /** Bytes above 0x7f are out of the ordinary: the encoding is not UTF-8. */
  readonly asciiOnly?: boolean
  /** What a line begins with that may be a comment; -1: none is. */
  readonly comment?: number
  /** A CSV that we have written: nothing in it is out of the ordinary. */
  readonly ours?: boolean
}

/** Where a record is in the source. The cutter moves it along. */
export interface CutPlace {
  record: number
  line: number
  byte: number
}

/**
 * Cuts the records of a file that are plainly sound into cells, as fast as may be. Whatever is out of the ordinary (a stray
 * quote, another number of fields, a NUL, a lone CR, a blank line, the header once more) is left to whoever called.
 */
export class RecordCutter {
  readonly #options: CutOptions
  readonly #plainStops: Uint8Array
  readonly #quotedStops: Uint8Array
  /** -1: nothing is quoted. */
  readonly #quote: number
  readonly #verbatim: number

  constructor(options: CutOptions) {
    this.#options = options
    const { delimiter, quoted, asciiOnly = false, ours = false } = options
    const rare = [...(ours ? [] : [0]), ...(asciiOnly ? Array.from({ length: 128 }, (_, byte) => byte + 128) : [])]
    // Where nothing is quoted a quote is a character, and its record is not what we would write.
    this.#plainStops = stopsAt([delimiter, LF, ...(ours ? [] : [CR]), ...rare, QUOTE])
    this.#quote = quoted ? QUOTE : -1
    this.#verbatim = delimiter === COMMA ? VERBATIM : 0
    this.#quotedStops = stopsAt([COMMA, LF, CR, QUOTE, ...rare])
  }

  /**
   * Adds records from `start` on to the batch; returns where the first one begins that is out of the ordinary or does not
   * end before `limit`.
   */
  cut(batch: CellBatch, start: number, limit: number, place: CutPlace): number {
    const { bytes } = batch
    // A stop behind the last byte, so that no loop has to ask where it is: to read beyond the buffer would make them slow.
    if (limit >= bytes.length) throw new Error('there is no byte behind those to cut')
    const behind = bytes[limit] as number
    bytes[limit] = LF
    try {
      return this.#cutAll(batch, start, limit, place)
    } finally {
      bytes[limit] = behind
    }
  }

  #cutAll(batch: CellBatch, start: number, limit: number, place: CutPlace): number {
    let at = start
    for (;;) {
      batch.reserve(AT_ONCE)
      const before = batch.count
      at = this.#cutSome(batch, at, limit, place)
      if (batch.count < before + AT_ONCE) return at
    }
  }

  /** Cuts at most `AT_ONCE` records, for which there is room. */
  #cutSome(batch: CellBatch, start: number, limit: number, place: CutPlace): number {
    const { bytes, starts, ends, records, lines, offsets } = batch
    const { width, headerText, comment = -1 } = this.#options
    const most = batch.count + AT_ONCE
    let at = start
    for (let row = batch.count; row < most && at < limit; row += 1) {
      if (bytes[at] === comment) return at
      const end = this.#cutCells(batch, at, limit)
      if (end < 0) return at
      if (headerText !== null && end - at === headerText.length && headerText.compare(bytes, at, end) === 0) return at
      if (width === 1 && (end === at || (bytes[at] as number) <= SPACE)) return at
      const next = bytes[end] === CR ? end + 2 : end + 1
      starts[row] = at
      ends[row] = end
      place.record += 1
      records[row] = place.record
      lines[row] = place.line
      offsets[row] = place.byte
      batch.count = row + 1
      place.line += this.#lines
      place.byte += next - at
      at = next
    }
    return at
  }

  #lines = 1

  /** Where the text of the record ends whose cells it adds; -1 when it is out of the ordinary. */
  #cutCells(batch: CellBatch, start: number, limit: number): number {
    const { bytes, width, cellStarts, cellEnds, count } = batch
    const { delimiter } = this.#options
    const plainStops = this.#plainStops
    const quote = this.#quote
    const lastCell = count * width + width - 1
    let cell = count * width
    let verbatim = this.#verbatim
    let at = start
    this.#lines = 1
    for (;;) {
      if (bytes[at] === quote) {
        const end = this.#quotedEnd(bytes, at + 1, limit)
        if (end < 0) return -1
        cellStarts[cell] = at + 1
        cellEnds[cell] = this.#doubled ? ~end : end
        if (!this.#needsQuotes) verbatim = 0
        at = end + 1
      } else {
        cellStarts[cell] = at
        while (plainStops[bytes[at] as number] === 0) at += 1
        cellEnds[cell] = at
      }
      if (at >= limit) return -1
      if (cell === lastCell) break
      if (bytes[at] !== delimiter) return -1
      at += 1
      cell += 1
    }
    if (bytes[at] !== LF && (bytes[at] !== CR || at + 1 >= limit || bytes[at + 1] !== LF)) return -1
    batch.flags[count] = verbatim
    return at
  }

  #doubled = false
  #needsQuotes = false

  /** Where the closing quote is; -1 when there is none before the limit, or something rare in between. */
  #quotedEnd(bytes: Buffer, from: number, limit: number): number {
    const stops = this.#quotedStops
    let at = from
    this.#doubled = false
    this.#needsQuotes = false
    for (;;) {
      while (at < limit && stops[bytes[at] as number] === 0) at += 1
      if (at + 1 >= limit) return -1
      const byte = bytes[at] as number
      if (byte === QUOTE) {
        if (bytes[at + 1] !== QUOTE) return at
        this.#doubled = true
        this.#needsQuotes = true
        at += 2
      } else {
        if (byte !== COMMA && byte !== LF && (byte !== CR || (bytes[at + 1] !== LF && this.#options.ours !== true))) return -1
        if (byte === LF) this.#lines += 1
        this.#needsQuotes = true
        at += 1
      }
    }
  }
}

function stopsAt(bytes: readonly number[]): Uint8Array {
  const stops = new Uint8Array(256)
  for (const byte of bytes) stops[byte] = 1
  return stops
}
