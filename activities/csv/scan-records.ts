import { commentEnd } from './comment-line.ts'
import type { Utf8Evidence } from './detect-encoding.ts'
import { type ByteDialect, byteDialect, type Dialect } from './dialect.ts'
import { type Encoding, encodingForm, invalidIndex } from './encodings.ts'
import { malformedMessage, type MalformedRule } from './malformed.ts'
import { createRecordReader } from './read-rare-record.ts'
import type { RecordReader } from './read-record.ts'
import type { RecordSink } from './record-sink.ts'
import { LOOK_AHEAD_BYTES, RecordRecovery } from './recover-record.ts'
import type { SeparableText } from './separable-text.ts'
import { ValidStretches } from './valid-stretches.ts'

/** A record longer than this is taken for one with an unclosed quote. */
const MAX_RECORD_BYTES = 64 << 20
const LONG_RECORD_BYTES = 1 << 20

export interface ScanOptions {
  readonly dialect: Dialect
  /** Fields a record must have. */
  readonly width: number
  readonly headerText: Buffer | null
  readonly dataStart: number
  readonly dataLine: number
  /** How many bytes of the file a stretch was; null: as many as it is. */
  readonly sourceBytes: SeparableText['sourceBytes']
  /** Records after which no more are taken; default: none. */
  readonly limit?: number
  /** Records with too few fields are sound: the missing ones are empty. */
  readonly fillShort?: boolean
}

/**
 * Counts the records of a file from its bytes, as they come in chunks, and tells sound ones from malformed ones. It is the
 * one place that knows how many rows went in: whatever loads them has to come to the same number.
 */
export class RecordScanner {
  readonly counts = { records: 0, sound: 0, short: 0, malformed: 0, blank: 0, comment: 0 }

  readonly #options: ScanOptions
  readonly #sink: RecordSink
  readonly #reader: RecordReader
  readonly #recovery: RecordRecovery
  readonly #bytes: ByteDialect
  readonly #skipBlank: boolean
  readonly #limit: number
  readonly #encoding: Encoding
  readonly #valid: ValidStretches
  readonly #sourceBytes: SeparableText['sourceBytes']
  #buffer: Buffer = Buffer.alloc(0)
  #used = 0
  /** Bytes to gather before the buffer is read again. */
  #readFrom = 0
  #toSkip: number
  readonly #place = { record: 0, line: 0, byte: 0 }
  #nextNul = 0

  constructor(options: ScanOptions, sink: RecordSink) {
    this.#options = options
    this.#sink = sink
    this.#bytes = byteDialect(options.dialect)
    this.#reader = createRecordReader(this.#bytes)
    this.#recovery = new RecordRecovery(this.#bytes, options.width)
    this.#skipBlank = options.dialect.skipBlankLines
    this.#limit = options.limit ?? Infinity
    this.#encoding = options.dialect.encoding
    this.#valid = new ValidStretches(this.#encoding)
    this.#sourceBytes = options.sourceBytes
    this.#place.line = options.dataLine
    this.#toSkip = options.dataStart
  }

  /** What the bytes say of the encoding. */
  get evidence(): Utf8Evidence {
    return this.#valid.evidence
  }

  /** As many records as are wanted were taken. */
  get isDone(): boolean {
    return this.counts.records >= this.#limit
  }

  /** Takes the next chunk of the file. */
  push(chunk: Buffer): void {
    if (this.isDone) return
    let rest = chunk
    if (this.#toSkip > 0) {
      const skipped = Math.min(this.#toSkip, rest.length)
      this.#place.byte += this.#sourceBytes === null ? skipped : this.#sourceBytes(rest, 0, skipped)
      this.#toSkip -= skipped
      rest = rest.subarray(skipped)
    }
    if (rest.length === 0) return
    this.#append(rest)
    if (this.#used >= this.#readFrom) this.#consume(false)
  }

  /** The file has ended. */
  end(): void {
    this.#consume(true)
  }

  #append(chunk: Buffer): void {
    if (this.#used + chunk.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(4 << 20, (this.#used + chunk.length) * 2))
      this.#buffer.copy(grown, 0, 0, this.#used)
      this.#buffer = grown
    }
    chunk.copy(this.#buffer, this.#used)
    this.#used += chunk.length
  }

  #consume(final: boolean): void {
    const reader = this.#reader
    reader.bytes = this.#buffer
    reader.limit = this.#used
    reader.final = final
    this.#nextNul = nextIndex(this.#buffer, 0, this.#used, 0)
    this.#valid.begin(this.#buffer, this.#used)
    const start = this.#readAll(final)
    this.#buffer.copyWithin(0, start, this.#used)
    this.#used -= start
    // A long record is read again from its begin: not at every chunk, but each time the buffer has doubled.
    this.#readFrom = this.#used > LONG_RECORD_BYTES ? this.#used * 2 : 0
  }

  /** Takes every record that is complete; where the first incomplete one begins. */
  #readAll(final: boolean): number {
    const reader = this.#reader
    const limit = this.#limit
    const comment = this.#bytes.comment[0] ?? -1
    let start = 0
    while (start < this.#used && this.counts.records < limit) {
      start = this.#cut(start)
      if (start >= this.#used) break
      if (this.#buffer[start] === comment) {
        const end = this.#passComment(start, final)
        if (end < 0) return start
        if (end > start) {
          start = end
          continue
        }
      }
      if (!reader.read(start) && !this.#readLong(start, final)) return start
      if (this.#isBlankLine(start)) this.counts.blank += 1
      else if (this.#isSound(start)) this.#soundIfValid(start, reader.textEnd)
      else if (!this.#judge(start, final)) return start
      this.#advance(start, reader.end, reader.lines)
      start = reader.end
    }
    return this.isDone ? this.#used : start
  }

  /** Passes what is plainly sound; where the first record begins that has to be looked at. */
  #cut(from: number): number {
    const sink = this.#sink
    if (sink.cut === undefined || this.#limit !== Infinity) return from
    let start = from
    for (;;) {
      const limit = this.#valid.endOfStretch(start)
      if (limit <= start) return start
      this.#place.record = this.counts.records
      const end = sink.cut(this.#buffer, start, limit, this.#place)
      const found = this.#place.record - this.counts.records
      this.counts.records += found
      this.counts.sound += found
      if (found === 0) return start
      start = end
    }
  }

  /** Behind the comment that begins here; the same place where none does, -1 when more bytes are needed. */
  #passComment(start: number, final: boolean): number {
    const end = commentEnd(this.#buffer, start, this.#used, { mark: this.#bytes.comment, final })
    if (end <= 0) return end < 0 ? -1 : start
    this.counts.comment += 1
    this.#advance(start, end, 1)
    return end
  }

  /** Takes a record that does not seem to end for one, once it is too long to be true. */
  #readLong(start: number, final: boolean): boolean {
    if (this.#used - start < MAX_RECORD_BYTES) return false
    this.#reader.final = true
    this.#reader.read(start)
    this.#reader.final = final
    return true
  }

  #isBlankLine(start: number): boolean {
    return this.#reader.fields === 1 && this.#skipBlank && isBlank(this.#buffer, start, this.#reader.textEnd)
  }

  #isSound(start: number): boolean {
    const { problem, fields, textEnd } = this.#reader
    const { width, headerText } = this.#options
    return (
      problem === null &&
      fields === width &&
      (headerText === null || textEnd - start !== headerText.length) &&
      (this.#nextNul === -1 || this.#nextNul >= textEnd)
    )
  }

  #soundIfValid(start: number, end: number, missing = 0): void {
    if (!this.#valid.isValid(start, end)) {
      this.#malformed(start, end, 'invalid_byte')
      return
    }
    this.counts.records += 1
    this.counts.sound += 1
    this.#place.record = this.counts.records
    if (missing === 0) this.#sink.sound(this.#buffer, start, end, this.#place)
    else {
      this.counts.short += 1
      this.#sink.short(this.#buffer, start, end, { place: this.#place, missing })
    }
  }

  #advance(start: number, end: number, lines: number): void {
    this.#place.byte += this.#sourceBytes === null ? end - start : this.#sourceBytes(this.#buffer, start, end)
    this.#place.line += lines
  }

  /** Looks closer at a record that may be malformed; false when more bytes are needed to judge. */
  #judge(start: number, final: boolean): boolean {
    const reader = this.#reader
    const rule = this.#faultOf(start, reader.textEnd)
    if (rule === null) {
      this.#soundIfValid(start, reader.textEnd)
      return true
    }
    if (rule === 'too_few_fields' && this.#options.fillShort === true) {
      this.#soundIfValid(start, reader.textEnd, this.#options.width - reader.fields)
      return true
    }
    if (this.#recovery.isInDoubt(reader)) {
      if (!final && this.#used - reader.end < LOOK_AHEAD_BYTES && this.#used - start < MAX_RECORD_BYTES) return false
      this.#recover(start, rule, final)
    } else this.#malformed(start, reader.textEnd, rule)
    return true
  }

  /** A quote too many or too few: perhaps the record ends elsewhere. */
  #recover(start: number, rule: MalformedRule, final: boolean): void {
    const reader = this.#reader
    const recovery = this.#recovery.find(reader, { start, used: this.#used, final })
    if (recovery !== null) {
      reader.end = recovery.end
      reader.textEnd = recovery.textEnd
      reader.lines = recovery.lines
    }
    this.#malformed(start, reader.textEnd, recovery?.rule ?? rule)
  }

  #faultOf(start: number, end: number): MalformedRule | null {
    const { width, headerText } = this.#options
    const { problem, fields } = this.#reader
    if (problem !== null) return problem
    if (
      headerText !== null &&
      end - start === headerText.length &&
      this.#buffer.compare(headerText, 0, headerText.length, start, end) === 0
    ) {
      return 'repeated_header'
    }
    if (fields !== width) return fields > width ? 'too_many_fields' : 'too_few_fields'
    if (this.#nextNul !== -1 && this.#nextNul < end) {
      if (this.#nextNul >= start) return 'nul_character'
      this.#nextNul = nextIndex(this.#buffer, 0, this.#used, start)
      if (this.#nextNul !== -1 && this.#nextNul < end) return 'nul_character'
    }
    return null
  }

  #malformed(start: number, end: number, rule: MalformedRule): void {
    this.counts.records += 1
    this.counts.malformed += 1
    const { fields, lines } = this.#reader
    const { line, byte } = this.#place
    const endLine = line + Math.max(lines, 1) - 1
    const encoding = this.#invalidIn(start, end, rule)
    const message = malformedMessage(rule, { fields, expected: this.#options.width, line, endLine, encoding })
    this.#sink.malformed(this.#buffer, start, end, { rule, message, record: this.counts.records, line, endLine, byte })
  }

  /** The encoding, and where the byte is that it has no character for, as far as that is known. */
  #invalidIn(start: number, end: number, rule: MalformedRule): string {
    const form = encodingForm(this.#encoding)
    if (rule !== 'invalid_byte' || form === 'multi') return this.#encoding
    const at = invalidIndex(this.#buffer, start, end, this.#encoding)
    const before = form === 'utf-16' && this.#sourceBytes !== null ? this.#sourceBytes(this.#buffer, start, at) : at - start
    return `${this.#encoding}, at byte ${this.#place.byte + before} of the file`
  }
}

function nextIndex(buffer: Buffer, value: number, limit: number, from: number): number {
  const found = buffer.indexOf(value, from)
  return found < limit ? found : -1
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] !== 0x20 && bytes[at] !== 0x09) return false
  return true
}
