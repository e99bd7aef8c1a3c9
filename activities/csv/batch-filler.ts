import { BATCH_BYTES, CellBatch } from '../cells/cell-batch.ts'
import { type CutPlace, RecordCutter } from '../cells/cut-records.ts'
import { type ByteDialect, byteDialect, type Dialect } from './dialect.ts'
import { encodingForm } from './encodings.ts'
import { decodeText } from './read-bytes.ts'
import type { RecordPlace, RecordSink } from './record-sink.ts'
import type { ScanOptions } from './scan-records.ts'
import { splitRecord } from './split-record.ts'

const SPARE_BYTES = 2 << 20

/** Gathers the sound records of a file into batches of cells, in UTF-8. */
export class BatchFiller implements Pick<RecordSink, 'cut' | 'sound'> {
  readonly #dialect: Dialect
  readonly #bytes: ByteDialect
  readonly #width: number
  readonly #cutter: RecordCutter | null
  readonly #sourceBytes: ScanOptions['sourceBytes']
  /** Memory is used again: fresh memory is slow to touch. */
  readonly #free: CellBatch[] = []
  #batch: CellBatch
  #used = 0

  constructor({ dialect, width, headerText, sourceBytes }: FillOptions) {
    this.#dialect = dialect
    this.#width = width
    this.#bytes = byteDialect(dialect)
    this.#sourceBytes = sourceBytes
    this.#cutter = cutterFor(this.#bytes, { dialect, width, headerText, sourceBytes })
    this.#batch = new CellBatch(width, Buffer.allocUnsafeSlow(SPARE_BYTES))
  }

  get isFull(): boolean {
    return this.#used >= BATCH_BYTES
  }

  get isEmpty(): boolean {
    return this.#batch.count === 0
  }

  /** Takes the records of a stretch that are plainly sound; where the first one begins that is not. Moves the place along. */
  cut(bytes: Buffer, start: number, limit: number, place: CutPlace): number {
    if (this.#cutter === null) return start
    this.#room(limit - start + 1)
    const batch = this.#batch
    const first = batch.count
    bytes.copy(batch.bytes, this.#used, start, limit)
    const before = place.byte
    const end = this.#cutter.cut(batch, this.#used, this.#used + limit - start, place)
    const taken = end - this.#used
    if (this.#sourceBytes !== null) place.byte = this.#sourceOffsets({ first, before, end }, this.#sourceBytes)
    this.#used = end
    return start + taken
  }

  /** Adds a record that is taken apart here; fields that it lacks are empty. */
  sound(bytes: Buffer, start: number, end: number, place: RecordPlace): void {
    const { encoding } = this.#dialect
    const single = encodingForm(encoding) === 'single'
    const cells = splitRecord(bytes, start, end, this.#bytes)
    const batch = this.#batch
    batch.reserve(1)
    const row = batch.count
    batch.starts[row] = this.#used
    for (let column = 0; column < this.#width; column += 1) {
      const raw = Buffer.from(cells[column] ?? '', 'latin1')
      const text = single ? Buffer.from(decodeText(raw, encoding)) : raw
      this.#room(text.length)
      text.copy(batch.bytes, this.#used)
      batch.cellStarts[row * this.#width + column] = this.#used
      this.#used += text.length
      batch.cellEnds[row * this.#width + column] = this.#used
    }
    batch.ends[row] = this.#used
    batch.flags[row] = 0
    batch.records[row] = place.record
    batch.lines[row] = place.line
    batch.offsets[row] = place.byte
    batch.count = row + 1
  }

  /** Takes the batch and begins another one. Once it is done with, it is given back by `release`. */
  take(): CellBatch {
    const batch = this.#batch
    batch.used = this.#used
    this.#batch = this.#free.pop() ?? new CellBatch(this.#width, Buffer.allocUnsafeSlow(BATCH_BYTES + SPARE_BYTES))
    this.#batch.count = 0
    this.#used = 0
    return batch
  }

  release(batch: CellBatch): void {
    if (batch.bytes.length <= 2 * BATCH_BYTES) this.#free.push(batch)
  }

  #room(size: number): void {
    const batch = this.#batch
    const wanted = this.#used + size
    if (wanted <= batch.bytes.length) return
    const usual = BATCH_BYTES + SPARE_BYTES
    const grown = Buffer.allocUnsafeSlow(wanted > usual ? wanted * 2 : usual)
    batch.bytes.copy(grown, 0, 0, this.#used)
    batch.bytes = grown
  }

  /** The bytes that were cut were others in the file: gives the records their offsets there. */
  #sourceOffsets(
    { first, before, end }: { readonly first: number; readonly before: number; readonly end: number },
    sourceBytes: NonNullable<ScanOptions['sourceBytes']>,
  ): number {
    const batch = this.#batch
    let offset = before
    for (let row = first; row < batch.count; row += 1) {
      batch.offsets[row] = offset
      const next = row + 1 < batch.count ? (batch.starts[row + 1] as number) : end
      offset += sourceBytes(batch.bytes, batch.starts[row] as number, next)
    }
    return offset
  }
}

export type FillOptions = Pick<ScanOptions, 'dialect' | 'width' | 'headerText' | 'sourceBytes'>

/** Null: the dialect needs a closer look at every record. */
function cutterFor(bytes: ByteDialect, { dialect, width, headerText }: FillOptions): RecordCutter | null {
  const { delimiter, rare, canonical, comment } = bytes
  if (rare || delimiter >= 0x80 || (dialect.quote !== null && !canonical)) return null
  const { quote, encoding } = dialect
  const asciiOnly = encodingForm(encoding) === 'single'
  return new RecordCutter({ delimiter, quoted: quote !== null, width, headerText, asciiOnly, comment: comment[0] ?? -1 })
}
