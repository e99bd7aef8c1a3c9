import { type ByteDialect, CR, LF } from './dialect.ts'

/** What can be wrong inside one record, whatever its number of fields. */
export type RecordProblem = 'stray_quote' | 'text_after_quote' | 'unclosed_quote'

/**
 * Reads one record after the other from a buffer. The shape of the last one lies in the reader's own properties, since a
 * file holds millions of records and none of them is worth an object.
 *
 * Every record ends somewhere: after a fault the rest of the field is taken as it stands, up to a delimiter or line end.
 */
export class RecordReader {
  bytes: Uint8Array = new Uint8Array(0)
  /** Bytes in use. */
  limit = 0
  /** Nothing follows the limit. */
  final = false

  /** Where the record's text ends, its line end left out. */
  textEnd = 0
  /** Where the next record begins. */
  end = 0
  fields = 0
  /** Line ends passed, the record's own included. */
  lines = 0
  problem: RecordProblem | null = null
  /** Where the next record would begin if this one ended inside quotes with its first line; 0: no line end inside. */
  firstLineEnd = 0

  readonly #dialect: ByteDialect

  constructor(dialect: ByteDialect) {
    this.#dialect = dialect
  }

  /** Reads the record that begins at `start`; false when more bytes are needed to see its end. */
  read(start: number): boolean {
    const { bytes, limit, final } = this
    const { delimiter, quote } = this.#dialect
    let at = start
    this.fields = 1
    this.lines = 0
    this.problem = null
    this.firstLineEnd = 0
    for (;;) {
      if (at < limit && bytes[at] === quote) {
        at = this.#skipQuoted(at + 1)
        if (at < 0) return false
      }
      at = this.#skipPlain(at)
      if (at >= limit) {
        this.textEnd = this.end = limit
        return final
      }
      if (bytes[at] !== delimiter) break
      at += 1
      this.fields += 1
    }
    this.textEnd = at
    this.end = this.#passLineEnd(at)
    return this.end > 0
  }

  /** From behind an opening quote to behind the closing one; -1 when more bytes are needed. */
  #skipQuoted(from: number): number {
    const { bytes, limit } = this
    const { quotedStops } = this.#dialect
    let at = from
    for (;;) {
      while (at < limit && quotedStops[bytes[at] as number] === 0) at += 1
      if (at + 1 >= limit && !this.final) return -1
      if (at >= limit) {
        this.problem ??= 'unclosed_quote'
        return limit
      }
      const next = this.#passQuotedStop(at)
      if (next < 0) return this.#behindQuote(at + 1)
      at = next
    }
  }

  /** Behind a line end, an escaped character or a doubled quote inside quotes; -1 at the closing quote. */
  #passQuotedStop(at: number): number {
    const { bytes } = this
    const { quote, escape } = this.#dialect
    const byte = bytes[at]
    if (byte === LF || byte === CR) {
      const next = this.#passLineEnd(at)
      if (this.firstLineEnd === 0) this.firstLineEnd = next
      return next
    }
    const following = at + 1 < this.limit ? bytes[at + 1] : -1
    // A line end after the escape is counted by the next turn.
    if (byte === escape) return following === LF || following === CR ? at + 1 : Math.min(at + 2, this.limit)
    return escape === -1 && following === quote ? at + 2 : -1
  }

  /** A closing quote is followed by a delimiter or line end, or else by a fault. */
  #behindQuote(at: number): number {
    const { bytes, limit } = this
    const { quote, plainStops } = this.#dialect
    if (at < limit && (plainStops[bytes[at] as number] === 0 || bytes[at] === quote)) this.problem ??= 'text_after_quote'
    return at
  }

  /** To the next delimiter or line end; a quote on the way is a fault. */
  #skipPlain(from: number): number {
    const { bytes, limit } = this
    const { quote, plainStops } = this.#dialect
    let at = from
    for (;;) {
      while (at < limit && plainStops[bytes[at] as number] === 0) at += 1
      if (at >= limit || bytes[at] !== quote) return at
      this.problem ??= 'stray_quote'
      at += 1
    }
  }

  /** Behind the line end at `at`: LF, CRLF or CR; -1 when more bytes are needed. */
  #passLineEnd(at: number): number {
    this.lines += 1
    if (this.bytes[at] === LF) return at + 1
    if (at + 1 >= this.limit) return this.final ? at + 1 : -1
    return this.bytes[at + 1] === LF ? at + 2 : at + 1
  }
}
