import type { CellBatch } from '../../cells/cell-batch.ts'
import type { RowRange } from '../../cells/row-range.ts'
import { type CertainColumn, certainColumn } from './certain-column.ts'
import type { TakeInputCsvConfig } from './config.ts'
import type { IntakeColumn } from './intake-columns.ts'

/** Tells the rows that are certain to be kept as they are, or but for white space at the ends of cells, from those that have to be judged. */
export class CertainRows {
  readonly #columns: readonly CertainColumn[]
  /** Columns of which every cell is certain need no look. */
  readonly #looked: readonly number[]
  readonly #trimmed: number[]

  /** Null where no row is ever certain. */
  static of(columns: readonly IntakeColumn[], config: TakeInputCsvConfig, watched: ReadonlySet<string>): CertainRows | null {
    const certain = columns.map((column) => certainColumn(column, config, watched.has(column.name)))
    return certain.every((column) => column !== null) ? new CertainRows(certain) : null
  }

  private constructor(columns: readonly CertainColumn[]) {
    this.#columns = columns
    this.#looked = columns.flatMap(({ trims, certain }, index) => (trims || certain !== null ? [index] : []))
    this.#trimmed = columns.map(() => 0)
  }

  /** Cells that white space was taken off from, by column. */
  get trimmed(): readonly number[] {
    return this.#trimmed
  }

  /** The rows that are not certain. White space at the ends of cells is taken off from those that are. */
  doubtful(batch: CellBatch): RowRange {
    const rows = new Int32Array(batch.count)
    let count = 0
    for (let row = 0; row < batch.count; row += 1) {
      if (this.#isCertain(batch, row)) continue
      rows[count] = row
      count += 1
    }
    return { rows, count }
  }

  #isCertain(batch: CellBatch, row: number): boolean {
    const columns = this.#columns
    const { bytes, width, cellStarts, cellEnds } = batch
    let untidy = false
    const looked = this.#looked
    // An iterator would make an object for each cell.
    for (let index = 0; index < looked.length; index += 1) {
      const column = looked[index] as number
      const { trims, certain } = columns[column] as CertainColumn
      const cell = row * width + column
      let from = cellStarts[cell] as number
      const end = cellEnds[cell] as number
      let to = end < 0 ? ~end : end
      if (trims && from < to && ((bytes[from] as number) <= SPACE || (bytes[to - 1] as number) <= SPACE)) {
        untidy = true
        from = behindSpace(bytes, from, to)
        to = beforeSpace(bytes, from, to)
      }
      if (certain !== null && !certain(bytes, from, to)) return false
    }
    if (untidy) this.#trim(batch, row)
    return true
  }

  #trim(batch: CellBatch, row: number): void {
    const { bytes, width, cellStarts, cellEnds } = batch
    for (const column of this.#looked) {
      if (this.#columns[column]?.trims !== true) continue
      const cell = row * width + column
      const begin = cellStarts[cell] as number
      const end = cellEnds[cell] as number
      const stop = end < 0 ? ~end : end
      const from = behindSpace(bytes, begin, stop)
      const to = beforeSpace(bytes, from, stop)
      if (from === begin && to === stop) continue
      cellStarts[cell] = from
      cellEnds[cell] = end < 0 && from < to ? ~to : to
      batch.flags[row] = 0
      this.#trimmed[column] = (this.#trimmed[column] ?? 0) + 1
    }
  }
}

const SPACE = 0x20
/** The white space among ASCII. */
const IS_SPACE = Uint8Array.from({ length: 256 }, (_, byte) => (byte === SPACE || (byte >= 0x09 && byte <= 0x0d) ? 1 : 0))

function behindSpace(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to && IS_SPACE[bytes[at] as number] === 1) at += 1
  return at
}

function beforeSpace(bytes: Buffer, from: number, to: number): number {
  let at = to
  while (from < at && IS_SPACE[bytes[at - 1] as number] === 1) at -= 1
  return at
}
