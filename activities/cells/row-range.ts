/** Some rows of a batch, by their numbers in it. */
export interface RowRange {
  readonly rows: Int32Array
  readonly count: number
}

let counting = new Int32Array(0)

/** The first rows of a batch. */
export function allRows(count: number): RowRange {
  if (counting.length < count) counting = Int32Array.from({ length: count * 2 }, (_, row) => row)
  return { rows: counting, count }
}
