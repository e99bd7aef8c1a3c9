import { readFile } from 'node:fs/promises'
import { type CellBatch, NO_ROW } from '../../cells/cell-batch.ts'
import { RecordCutter } from '../../cells/cut-records.ts'
import { CellBatch as Cells } from '../../cells/cell-batch.ts'
import type { RowRange } from '../../cells/row-range.ts'

const COMMA = 0x2c

/**
 * Puts the cells of rows that DuckDB has cleaned in the place of those that were delivered. The CSV at `path` has the rows
 * that are sound, in order, each led by its record number; rows of the range that are not in it are not to be kept.
 */
export async function putJudged(batch: CellBatch, doubtful: RowRange, path: string): Promise<void> {
  const text = await readFile(path)
  const from = batch.used
  append(batch, text)
  const judged = new Cells(batch.width + 1, batch.bytes)
  const cutter = new RecordCutter({ delimiter: COMMA, quoted: true, width: judged.width, headerText: null, ours: true })
  const end = cutter.cut(judged, from, batch.used, { record: 0, line: 1, byte: 0 })
  if (end !== batch.used) throw new Error('rows that were judged cannot be read')
  let next = 0
  for (let index = 0; index < doubtful.count; index += 1) {
    const row = doubtful.rows[index] as number
    if (next < judged.count && numberAt(judged, next) === batch.records[row]) {
      take(batch, row, judged, next)
      next += 1
    } else batch.flags[row] = NO_ROW
  }
  if (next !== judged.count) throw new Error('rows that were judged are not those that were asked for')
}

function append(batch: CellBatch, text: Buffer): void {
  if (batch.used + text.length >= batch.bytes.length) {
    const grown = Buffer.allocUnsafeSlow(batch.used + text.length + 1)
    batch.bytes.copy(grown, 0, 0, batch.used)
    batch.bytes = grown
  }
  text.copy(batch.bytes, batch.used)
  batch.used += text.length
}

function numberAt(judged: CellBatch, index: number): number {
  const cell = index * judged.width
  let value = 0
  for (let at = judged.cellStarts[cell] as number; at < (judged.cellEnds[cell] as number); at += 1) {
    value = value * 10 + ((judged.bytes[at] as number) - 0x30)
  }
  return value
}

function take(batch: CellBatch, row: number, judged: CellBatch, index: number): void {
  const first = index * judged.width + 1
  batch.cellStarts.set(judged.cellStarts.subarray(first, first + batch.width), row * batch.width)
  batch.cellEnds.set(judged.cellEnds.subarray(first, first + batch.width), row * batch.width)
  batch.flags[row] = 0
}
