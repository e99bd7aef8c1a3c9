import { type ByteDialect, CR, LF } from './dialect.ts'
import { type RecordProblem, RecordReader } from './read-record.ts'

const SPACE = 0x20
const TAB = 0x09
/** A quote that does not end its field. */
const OPEN = -2

/**
 * Reads records of the dialects that are rare: delimiters of several bytes, blanks between delimiter and quote, quotes inside
 * fields as text, escapes without quotes. A class of its own, so that the loop every usual file goes through stays small.
 */
export class RareRecordReader extends RecordReader {
  /** Cells of the last record as byte strings (latin1); null: they are not wanted. */
  cells: string[] | null = null
  readonly #dialect: ByteDialect
  /** Of the field that is being read: where its text begins and ends, and whether it was quoted. */
  #from = 0
  #to = 0
  #quoted = false
  #faulty = false
  /** The bytes, for taking cells out of them. */
  #text: Buffer = Buffer.alloc(0)

  constructor(dialect: ByteDialect) {
    super(dialect)
    this.#dialect = dialect
  }

  override read(start: number): boolean {
    this.fields = 0
    this.lines = 0
    this.problem = null
    this.firstLineEnd = 0
    if (this.cells !== null) {
      this.cells = []
      this.#text = Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
    }
    for (let at = start; ;) {
      const end = this.#readField(at)
      if (end < 0) return false
      this.fields += 1
      this.cells?.push(this.#cell(end))
      const next = this.#passDelimiter(end)
      if (next < 0) {
        if (end < this.limit) {
          this.textEnd = end
          this.end = this.#passLineEnd(end)
          return this.end > 0
        }
        this.textEnd = this.end = this.limit
        return this.final
      }
      at = next
    }
  }

  /** Where the field ends; -1 when more bytes are needed. */
  #readField(start: number): number {
    const { quote, padded } = this.#dialect
    let at = start
    this.#faulty = false
    if (padded) while (this.#isBlank(at)) at += 1
    this.#quoted = at < this.limit && this.bytes[at] === quote
    if (!this.#quoted) {
      this.#from = start
      return this.#skipPlain(start)
    }
    this.#from = at + 1
    return this.#skipQuoted(at + 1)
  }

  #skipPlain(from: number): number {
    const { bytes, limit } = this
    const { plainStops, quote, escape, strayText } = this.#dialect
    for (let at = from; ; at += 1) {
      while (at < limit && plainStops[bytes[at] as number] === 0) at += 1
      this.#to = at
      if (at >= limit) return limit
      const byte = bytes[at]
      if (quote === -1 && byte === escape) {
        at += 1
        if (at < limit && (bytes[at] === LF || bytes[at] === CR)) at = this.#passInside(at) - 1
      } else if (byte === quote) {
        if (!strayText) this.#fault('stray_quote')
      } else if (byte === LF || byte === CR || this.#isDelimiter(at)) return at
    }
  }

  /** From behind an opening quote to the end of the field; -1 when more bytes are needed. */
  #skipQuoted(from: number): number {
    const { bytes, limit } = this
    const { quotedStops, escape } = this.#dialect
    for (let at = from; ;) {
      while (at < limit && quotedStops[bytes[at] as number] === 0) at += 1
      // What follows a quote decides what it is: blanks and the bytes of a delimiter may be cut off here.
      if (at + 1 >= limit && !this.final) return -1
      this.#to = Math.min(at, limit)
      if (at >= limit) {
        this.#fault('unclosed_quote')
        return limit
      }
      const byte = bytes[at]
      if (byte === LF || byte === CR) at = this.#passInside(at)
      else if (byte === escape) at += bytes[at + 1] === LF || bytes[at + 1] === CR ? 1 : 2
      else {
        const behind = this.#behindQuote(at + 1)
        if (behind !== OPEN) return behind
        const passed = this.#passOpenQuote(at)
        if (passed === at) return this.#skipPlain(at + 1)
        at = passed
      }
    }
  }

  /** Behind a quote that does not end its field, doubled or taken for text; the same place when it is a fault. */
  #passOpenQuote(at: number): number {
    const { quote, escape, strayText } = this.#dialect
    if (escape === -1 && at + 1 < this.limit && this.bytes[at + 1] === quote) return at + 2
    if (strayText) return at + 1
    this.#fault('text_after_quote')
    return at
  }

  /** Where the field ends if the quote in front of `at` closes it; OPEN when it does not, -1 when more bytes are needed. */
  #behindQuote(at: number): number {
    const { padded, delimiterBytes } = this.#dialect
    let end = at
    if (padded) while (this.#isBlank(end)) end += 1
    if (end < this.limit && (this.bytes[end] === LF || this.bytes[end] === CR)) return end
    if (end + delimiterBytes.length > this.limit && !this.final) return -1
    if (end >= this.limit) return end
    return this.#isDelimiter(end) ? end : OPEN
  }

  #fault(problem: RecordProblem): void {
    this.#faulty = true
    this.problem ??= problem
  }

  #cell(end: number): string {
    // Behind a fault the cell is what stands there.
    const cell = this.#text.toString('latin1', this.#from, this.#faulty ? end : this.#to)
    return this.#quoted ? this.#unquoted(cell) : this.#unescaped(cell)
  }

  #unquoted(cell: string): string {
    const { quote, escape } = this.#dialect
    const mark = String.fromCharCode(quote)
    if (escape === -1) return cell.replaceAll(mark + mark, mark)
    return replaceEscaped(cell, escape, (character) => character === mark)
  }

  #unescaped(cell: string): string {
    const { quote, escape, delimiterBytes } = this.#dialect
    if (quote !== -1 || escape === -1) return cell
    const first = String.fromCharCode(delimiterBytes[0] ?? 0)
    return replaceEscaped(cell, escape, (character) => character === first || character === '\n' || character === '\r')
  }

  #isBlank(at: number): boolean {
    const byte = this.bytes[at]
    return at < this.limit && (byte === SPACE || byte === TAB) && !this.#isDelimiter(at)
  }

  #isDelimiter(at: number): boolean {
    const { delimiterBytes } = this.#dialect
    if (at + delimiterBytes.length > this.limit) return false
    for (let index = 0; index < delimiterBytes.length; index += 1)
      if (this.bytes[at + index] !== delimiterBytes[index]) return false
    return true
  }

  #passDelimiter(at: number): number {
    return this.#isDelimiter(at) ? at + this.#dialect.delimiterBytes.length : -1
  }

  /** Behind a line end inside a field. */
  #passInside(at: number): number {
    this.lines += 1
    const next = this.bytes[at] === CR && at + 1 < this.limit && this.bytes[at + 1] === LF ? at + 2 : at + 1
    if (this.firstLineEnd === 0) this.firstLineEnd = next
    return next
  }

  /** Behind the line end at `at`: LF, CRLF or CR; -1 when more bytes are needed. */
  #passLineEnd(at: number): number {
    this.lines += 1
    if (this.bytes[at] === LF) return at + 1
    if (at + 1 >= this.limit) return this.final ? at + 1 : -1
    return this.bytes[at + 1] === LF ? at + 2 : at + 1
  }
}

/** An escape in front of itself or of what needs one is taken off; before other characters it stands for itself. */
function replaceEscaped(cell: string, escape: number, needs: (character: string) => boolean): string {
  const mark = String.fromCharCode(escape)
  if (!cell.includes(mark)) return cell
  let plain = ''
  for (let at = 0; at < cell.length; at += 1) {
    const next = cell[at + 1]
    if (cell[at] === mark && next !== undefined && (next === mark || needs(next))) at += 1
    plain += cell[at]
  }
  return plain
}

/** The reader that a dialect needs. */
export function createRecordReader(dialect: ByteDialect): RecordReader {
  return dialect.rare ? new RareRecordReader(dialect) : new RecordReader(dialect)
}
