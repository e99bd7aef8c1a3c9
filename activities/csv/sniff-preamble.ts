import { looksLikeHeader } from './sniff-header.ts'

/** Records at the top among which a header is looked for. */
export const MAX_PREAMBLE_RECORDS = 40

interface TopRecord {
  readonly cells: readonly string[]
  /** Blank lines stand between it and the record above. */
  readonly apart: boolean
}

/**
 * How many of the first records are a preamble (a title, notes, names and values above the table): those in front of the
 * first one that has as many fields as the table, when none of them can be its header and that one, or the row that it is
 * without a header, begins a regular table. 0: there is none.
 */
export function preambleRecords(
  records: readonly TopRecord[],
  table: { readonly width: number; readonly header: boolean | undefined; readonly expected: readonly string[] },
): number {
  const { width, header, expected } = table
  if (width < 2) return 0
  const begin = records.findIndex(({ cells }) => cells.length === width && !isTitle(cells))
  if (begin <= 0 || begin > MAX_PREAMBLE_RECORDS) return 0
  const apart = records.slice(1, begin + 1).some((record) => record.apart)
  const above = records.slice(0, begin).map(({ cells }) => cells)
  if (!above.every((cells, index) => isThin(cells, width) || (apart && index < begin && isBelowHalf(cells, width)))) return 0
  const below = records.slice(begin).map(({ cells }) => cells)
  const regular = below.filter((cells) => cells.length === width).length
  if (below.length < 2 || regular * 5 < below.length * 3) return 0
  // Data without a header below a title: the table has more to show for itself.
  if (header === false || !looksLikeHeader(below, expected)) return regular >= 3 ? begin : 0
  return canBeHeader(below[0] ?? []) ? begin : 0
}

/** A title of a sheet: the first cell alone is filled, and there are three or more. */
function isTitle(cells: readonly string[]): boolean {
  return cells.length >= 3 && filled(cells) === 1 && cells[0]?.trim() !== ''
}

/** A record that is no header of so many columns: a line of text, or the one name and value of a report. */
function isThin(cells: readonly string[], width: number): boolean {
  if (cells[0]?.trim().startsWith('#') === true && cells.length !== width) return true
  return filled(cells) <= Math.max(1, Math.floor(width / 3))
}

function isBelowHalf(cells: readonly string[], width: number): boolean {
  return filled(cells) * 2 <= width
}

/** Names that can be told apart, and hardly a gap. */
function canBeHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim().toLowerCase()).filter((name) => name !== '')
  return names.length * 5 >= cells.length * 4 && new Set(names).size === names.length
}

const filled = (cells: readonly string[]): number => cells.filter((cell) => cell.trim() !== '').length
