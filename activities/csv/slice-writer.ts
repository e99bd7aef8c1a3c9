import { type ByteDialect, byteDialect, DOUBLE_QUOTE, type Dialect } from './dialect.ts'
import { decodeSingleByte } from './read-bytes.ts'
import type { RecordPlace } from './scan-records.ts'
import { joinRecord, splitRecord } from './split-record.ts'

const SLICE_BYTES = 16 << 20
/** Room for three numbers and their separators. */
const PLACE_BYTES = 64

/** A stretch of sound records, ready for DuckDB: UTF-8, LF, `"` doubled, each record led by its place. */
export interface Slice {
  readonly bytes: Buffer
  readonly records: number
  /** Bytes of the longest record. */
  readonly longest: number
}

/** Gathers sound records into slices: `record,line,byte,` and then the record as it was, in the source's delimiter. */
export class SliceWriter {
  readonly #dialect: Dialect
  readonly #bytes: ByteDialect
  #buffer: Buffer = Buffer.allocUnsafe(1 << 20)
  #used = 0
  #records = 0
  #longest = 0

  constructor(dialect: Dialect) {
    this.#dialect = dialect
    this.#bytes = byteDialect(dialect)
  }

  get isFull(): boolean {
    return this.#used >= SLICE_BYTES
  }

  get isEmpty(): boolean {
    return this.#records === 0
  }

  add(bytes: Buffer, start: number, end: number, place: RecordPlace): void {
    if (!this.#bytes.canonical) {
      this.#addRewritten(bytes, start, end, place)
      return
    }
    const before = this.#begin(end - start, place)
    bytes.copy(this.#buffer, this.#used, start, end)
    this.#used += end - start
    this.#finish(before)
  }

  /** Takes the slice and begins another one. */
  take(): Slice {
    const slice = { bytes: this.#encoded(), records: this.#records, longest: this.#longest }
    this.#buffer = Buffer.allocUnsafe(SLICE_BYTES + (1 << 20))
    this.#used = 0
    this.#records = 0
    this.#longest = 0
    return slice
  }

  /** Quotes of another kind are turned into the doubled `"`; without them a record goes as it is. */
  #addRewritten(bytes: Buffer, start: number, end: number, place: RecordPlace): void {
    const { quote, escape } = this.#bytes
    const untouched = [quote, escape, DOUBLE_QUOTE].every((byte) => byte === -1 || !within(bytes.indexOf(byte, start), end))
    const text = untouched
      ? bytes.subarray(start, end)
      : Buffer.from(joinRecord(splitRecord(bytes, start, end, this.#bytes), this.#dialect.delimiter), 'latin1')
    const before = this.#begin(text.length, place)
    text.copy(this.#buffer, this.#used)
    this.#used += text.length
    this.#finish(before)
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
    this.#buffer[this.#used] = 0x0a
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
    buffer[this.#used + digits] = this.#bytes.delimiter
    this.#used += digits + 1
  }

  #grow(wanted: number): void {
    const grown = Buffer.allocUnsafe(Math.max(wanted, Math.min(this.#buffer.length * 2, SLICE_BYTES + (1 << 20))))
    this.#buffer.copy(grown, 0, 0, this.#used)
    this.#buffer = grown
  }

  #encoded(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#used)
    const { encoding } = this.#dialect
    return encoding === 'windows-1252' || encoding === 'latin-1' ? Buffer.from(decodeSingleByte(bytes, encoding)) : bytes
  }
}

function within(found: number, end: number): boolean {
  return found !== -1 && found < end
}
