import type { CellBatch } from '../cells/cell-batch.ts'

/** By column: whether a cell of the batch begins or ends with something else than printable ASCII, so that trimming may matter. */
export function untidyColumns({ bytes, count, width, cellStarts, cellEnds }: CellBatch): readonly boolean[] {
  const untidy = Array.from({ length: width }, () => false)
  for (let cell = 0, column = 0; cell < count * width; cell += 1, column = column + 1 === width ? 0 : column + 1) {
    const from = cellStarts[cell] as number
    const end = cellEnds[cell] as number
    const to = end < 0 ? ~end : end
    if (from < to && !(isPrintable(bytes[from] as number) && isPrintable(bytes[to - 1] as number))) untidy[column] = true
  }
  return untidy
}

const isPrintable = (byte: number): boolean => byte > 0x20 && byte < 0x7f
