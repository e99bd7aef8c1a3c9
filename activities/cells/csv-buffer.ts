import { ByteBuffer } from './byte-buffer.ts'
import type { CellBatch } from './cell-batch.ts'

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d
const COMMA = 0x2c
/** Bytes that a cell must be quoted for. */
const QUOTED_FOR = Uint8Array.from({ length: 256 }, (_, byte) => ([QUOTE, LF, CR, COMMA].includes(byte) ? 1 : 0))

/**
 * Gathers records of a CSV as we write it: RFC 4180, commas, LF, quotes only where they are needed, a lone empty cell as
 * `""`. Records that stand like that in their batch, one behind the other, are copied at once.
 */
export class CsvBuffer extends ByteBuffer {
  #runStart = 0
  #runEnd = -1
  #runOf: Buffer | null = null

  /** Takes a record that stands verbatim in its batch. */
  addVerbatim({ bytes, starts, ends }: CellBatch, row: number): void {
    const start = starts[row] as number
    if (start !== this.#runEnd + 1 || bytes !== this.#runOf) {
      this.endRun()
      this.#runStart = start
      this.#runOf = bytes
    }
    this.#runEnd = ends[row] as number
  }

  /** Writes a record behind what is there; returns where it begins. It may be taken back by setting `used`. */
  addRecord(batch: CellBatch, row: number): number {
    this.endRun()
    const begin = this.used
    this.putCells(batch, row)
    this.put(LF)
    return begin
  }

  /** The cells of a record, without a line end: one more byte has room behind them. */
  putCells(batch: CellBatch, row: number): void {
    const { width } = batch
    const first = row * width
    for (let cell = first; cell < first + width; cell += 1) {
      if (cell > first) this.put(COMMA)
      this.putCell(batch, cell)
    }
  }

  /** One cell of a batch; one more byte has room behind it. */
  putCell({ width, bytes, cellStarts, cellEnds }: CellBatch, cell: number): void {
    const from = cellStarts[cell] as number
    const end = cellEnds[cell] as number
    const to = end < 0 ? ~end : end
    this.room(to - from + 1)
    if (end < 0 || (width === 1 && to === from) || needsQuotes(bytes, from, to)) this.putQuoted(bytes, from, to, end < 0)
    else this.copy(bytes, from, to)
  }

  /** Puts the records of a run into the bytes. */
  endRun(): void {
    const source = this.#runOf
    if (source === null) return
    const length = this.#runEnd - this.#runStart
    this.room(length + 1)
    source.copy(this.bytes, this.used, this.#runStart, this.#runEnd)
    this.used += length
    this.put(LF)
    this.#runOf = null
    this.#runEnd = -1
  }

  /** A text in quotes; in `doubled` ones those inside are doubled already. */
  putQuoted(bytes: Uint8Array, from: number, to: number, doubled: boolean): void {
    this.room(2 * (to - from) + 4)
    this.put(QUOTE)
    if (doubled) this.copy(bytes, from, to)
    else {
      for (let at = from; at < to; at += 1) {
        const byte = bytes[at] as number
        if (byte === QUOTE) this.put(QUOTE)
        this.put(byte)
      }
    }
    this.put(QUOTE)
  }
}

function needsQuotes(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (QUOTED_FOR[bytes[at] as number] === 1) return true
  return false
}

/** A text as one cell of a CSV as we write it. */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The header of a CSV as we write it, with its line end. */
export function csvHeader(names: readonly string[]): string {
  return `${names.map(csvCell).join(',')}\n`
}
