/** The largest stretch of a file that is worked on at once. */
export const BATCH_BYTES = 16 << 20

/** The record's bytes are what a CSV of ours would hold: commas, quotes only where they are needed. */
export const VERBATIM = 1
/** The record is not to be kept. */
export const NO_ROW = 2

/**
 * Records of a file as ranges of its bytes, in the order of the file. Cells are numbered record by record: that of record
 * `r` and column `c` is `r * width + c`. A cell's range leaves its quotes out; one that ends at `~end` (negative) holds
 * doubled quotes.
 */
export class CellBatch {
  readonly width: number
  bytes: Buffer
  /** Bytes in use. */
  used = 0
  count = 0
  cellStarts = new Int32Array(0)
  cellEnds = new Int32Array(0)
  /** `VERBATIM`, `NO_ROW` or 0, by record. */
  flags = new Uint8Array(0)
  starts = new Int32Array(0)
  /** Without the line end. */
  ends = new Int32Array(0)
  /** Places in the source, by record: its number, its first line, and the offset of its first byte. */
  records = new Float64Array(0)
  lines = new Float64Array(0)
  offsets = new Float64Array(0)

  constructor(width: number, bytes: Buffer) {
    this.width = width
    this.bytes = bytes
  }

  /** The same records with other columns: by column, its position in this batch, or null for one that is empty. */
  withColumns(positions: readonly (number | null)[]): CellBatch {
    if (positions.length === this.width && positions.every((position, column) => position === column)) return this
    const batch = new CellBatch(positions.length, this.bytes)
    batch.used = this.used
    batch.reserve(this.count)
    batch.count = this.count
    for (const places of ['starts', 'ends', 'records', 'lines', 'offsets'] as const) {
      batch[places].set(this[places].subarray(0, this.count))
    }
    for (const [column, position] of positions.entries()) {
      if (position === null) continue
      for (let row = 0; row < this.count; row += 1) {
        batch.cellStarts[row * batch.width + column] = this.cellStarts[row * this.width + position] as number
        batch.cellEnds[row * batch.width + column] = this.cellEnds[row * this.width + position] as number
      }
    }
    return batch
  }

  /** Makes room for so many more records. */
  reserve(more: number): void {
    if (this.count + more <= this.flags.length) return
    const size = Math.max(this.count + more, this.count * 2, Math.min(this.bytes.length >> 6, 1 << 17))
    this.cellStarts = grown(this.cellStarts, new Int32Array(size * this.width))
    this.cellEnds = grown(this.cellEnds, new Int32Array(size * this.width))
    this.flags = grown(this.flags, new Uint8Array(size))
    this.starts = grown(this.starts, new Int32Array(size))
    this.ends = grown(this.ends, new Int32Array(size))
    this.records = grown(this.records, new Float64Array(size))
    this.lines = grown(this.lines, new Float64Array(size))
    this.offsets = grown(this.offsets, new Float64Array(size))
  }
}

function grown<Numbers extends Int32Array | Uint8Array | Float64Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from)
  return to
}
