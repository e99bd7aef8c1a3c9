import { type ByteDialect, byteDialect, DOUBLE_QUOTE, type Dialect, LF } from './dialect.ts'
import { encodingForm } from './encodings.ts'
import { decodeSingleByte } from './read-bytes.ts'
import type { RecordPlace, ShortRecord } from './scan-records.ts'
import { joinRecord, splitRecord } from './split-record.ts'

const SLICE_BYTES = 16 << 20
const SPARE_BYTES = 1 << 20
/** Room for three numbers and their separators. */
const PLACE_BYTES = 64

/** A stretch of sound records, ready for DuckDB: UTF-8, LF, `"` doubled, each record led by its place. */
export interface Slice {
  readonly bytes: Buffer
  readonly records: number
  /** Bytes of the longest record. */
  readonly longest: number
  /** Gives the memory back, once the bytes are written. */
  readonly release: () => void
}

/** Gathers sound records into slices: `record,line,byte,` and then the record as it was, mostly in the source's delimiter. */
export class SliceWriter {
  readonly #dialect: Dialect
  readonly #bytes: ByteDialect
  readonly #delimiter: number
  /** 1 for the bytes that have a record rewritten. */
  readonly #marks = new Uint8Array(256)
  #buffer: Buffer = Buffer.allocUnsafe(SPARE_BYTES)
  /** Memory is used again: fresh memory is slow to touch. */
  readonly #free: Buffer[] = []
  #used = 0
  #records = 0
  #longest = 0

  constructor(dialect: Dialect) {
    this.#dialect = dialect
    this.#bytes = byteDialect(dialect)
    this.#delimiter = this.#bytes.handedOn.charCodeAt(0)
    const { quote, escape } = this.#bytes
    for (const mark of [quote, escape, DOUBLE_QUOTE]) if (mark !== -1) this.#marks[mark] = 1
  }

  get isFull(): boolean {
    return this.#used >= SLICE_BYTES
  }

  get isEmpty(): boolean {
    return this.#records === 0
  }

  /** Adds a record with some empty fields more. */
  addShort(bytes: Buffer, start: number, end: number, { place, missing }: ShortRecord): void {
    this.add(bytes, start, end, place)
    const more = Buffer.from(this.#bytes.handedOn.repeat(missing), 'latin1')
    // In front of the line end that is there already.
    if (this.#used + more.length > this.#buffer.length) this.#grow(this.#used + more.length)
    more.copy(this.#buffer, this.#used - 1)
    this.#used += more.length
    this.#buffer[this.#used - 1] = LF
    this.#longest += more.length
  }

  add(bytes: Buffer, start: number, end: number, place: RecordPlace): void {
    if (!this.#bytes.canonical) {
      this.#addRewritten(bytes, start, end, place)
      return
    }
    const before = this.#begin(end - start, place)
    this.#copy(bytes, start, end)
    this.#finish(before)
  }

  /** Takes the slice and begins another one. */
  take(): Slice {
    const buffer = this.#buffer
    const slice = {
      bytes: this.#encoded(),
      records: this.#records,
      longest: this.#longest,
      release: () => void this.#free.push(buffer),
    }
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafe(SLICE_BYTES + SPARE_BYTES)
    this.#used = 0
    this.#records = 0
    this.#longest = 0
    return slice
  }

  /** Quotes of another kind are turned into the doubled `"`; without them a record goes as it is. */
  #addRewritten(bytes: Buffer, start: number, end: number, place: RecordPlace): void {
    const text = this.#isUntouched(bytes, start, end)
      ? bytes.subarray(start, end)
      : Buffer.from(joinRecord(splitRecord(bytes, start, end, this.#bytes), this.#bytes.handedOn), 'latin1')
    const before = this.#begin(text.length, place)
    this.#copy(text, 0, text.length)
    this.#finish(before)
  }

  #isUntouched(bytes: Buffer, start: number, end: number): boolean {
    if (this.#bytes.handedOn !== this.#dialect.delimiter) return false
    for (let at = start; at < end; at += 1) if (this.#marks[bytes[at] as number] === 1) return false
    return true
  }

  /** `Buffer.copy` makes a view for each call: for millions of short records that is ten times as slow as a loop. */
  #copy(bytes: Buffer, start: number, end: number): void {
    const target = this.#buffer
    let to = this.#used
    if (end - start > 2048) bytes.copy(target, to, start, end)
    else for (let at = start; at < end; at += 1, to += 1) target[to] = bytes[at] as number
    this.#used += end - start
  }

  #begin(length: number, place: RecordPlace): number {
    const before = this.#used
    if (before + length + PLACE_BYTES > this.#buffer.length) this.#grow(before + length + PLACE_BYTES)
    this.#number(place.record)
    this.#number(place.line)
    this.#number(place.byte)
    return before
  }

  #finish(before: number): void {
    this.#buffer[this.#used] = LF
    this.#used += 1
    this.#records += 1
    if (this.#used - before > this.#longest) this.#longest = this.#used - before
  }

  #number(value: number): void {
    const buffer = this.#buffer
    let digits = 1
    for (let bound = 10; value >= bound; bound *= 10) digits += 1
    let rest = value
    for (let at = this.#used + digits - 1; at >= this.#used; at -= 1) {
      const shorter = rest < 0x7fff_ffff ? (rest / 10) | 0 : Math.floor(rest / 10)
      buffer[at] = 0x30 + (rest - shorter * 10)
      rest = shorter
    }
    buffer[this.#used + digits] = this.#delimiter
    this.#used += digits + 1
  }

  #grow(wanted: number): void {
    // Doubled each time, also beyond the size of a slice: many records may come at once behind a long one.
    const usual = SLICE_BYTES + SPARE_BYTES
    const grown = Buffer.allocUnsafe(wanted > usual ? wanted * 2 : Math.max(wanted, Math.min(this.#buffer.length * 2, usual)))
    this.#buffer.copy(grown, 0, 0, this.#used)
    this.#buffer = grown
  }

  #encoded(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#used)
    const { encoding } = this.#dialect
    return encodingForm(encoding) === 'single' ? Buffer.from(decodeSingleByte(bytes, encoding)) : bytes
  }
}
