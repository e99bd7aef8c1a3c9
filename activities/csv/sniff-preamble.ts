import { looksLikeHeader, standsAboveNumbers } from './sniff-header.ts'

/** Records at the top among which a header is looked for. */
const MAX_PREAMBLE_RECORDS = 40

interface TopRecord {
  readonly cells: readonly string[]
  /** Blank lines stand between it and the record above. */
  readonly apart: boolean
}

/**
 * How many of the first records are a preamble (a title, notes, names and values above the table). None of them can be the
 * header, and behind them a regular table begins. 0: there is none.
 */
export function preambleRecords(
  records: readonly TopRecord[],
  table: { readonly width: number; readonly header: boolean | undefined; readonly expected: readonly string[] },
): number {
  const { width, header, expected } = table
  if (width < 2) return 0
  const lower = header === false ? 0 : lowerHeader(records, width)
  const begin = records.findIndex((_, index) => !isAbove(records, index, width))
  if (begin <= 0 || begin > MAX_PREAMBLE_RECORDS || (lower > 0 && records[begin]?.cells.length !== width)) return lower
  const below = records.slice(begin).map(({ cells }) => cells)
  const regular = below.filter((cells) => cells.length === width).length
  if (below.length < 2 || regular * 5 < below.length * 3) return lower
  // Data without a header below a title: the table has more to show for itself.
  if (header === false || !looksLikeHeader(below, expected)) return regular >= 3 ? begin : 0
  return canBeHeader(below[0] ?? []) ? begin : lower
}

/** A header that only its types show: it has the fields of the table, which nothing above it has, and text above numbers. */
function lowerHeader(records: readonly TopRecord[], width: number): number {
  const begin = records.findIndex(({ cells }) => cells.length === width)
  const cells = records.slice(begin).map((record) => record.cells)
  return begin > 0 && begin <= MAX_PREAMBLE_RECORDS && canBeHeader(cells[0] ?? []) && standsAboveNumbers(cells) ? begin : 0
}

/** A record that is neither header nor data of a table of so many columns. */
function isAbove(records: readonly TopRecord[], index: number, width: number): boolean {
  const cells = records[index]?.cells ?? []
  if (cells.length === width) return isTitle(cells)
  if (isThin(cells, width)) return true
  // Names and values in a block of their own.
  return filled(cells) * 2 <= width && records.slice(1, index + 2).some(({ apart }) => apart)
}

/** A title of a sheet: the first cell alone is filled, and there are three or more. */
function isTitle(cells: readonly string[]): boolean {
  return cells.length >= 3 && filled(cells) === 1 && cells[0]?.trim() !== ''
}

/** A record that is no header of so many columns: a line of text, or the one name and value of a report. */
function isThin(cells: readonly string[], width: number): boolean {
  return cells[0]?.trim().startsWith('#') === true || filled(cells) <= Math.max(1, Math.floor(width / 3))
}

/** Names that can be told apart, and hardly a gap. */
function canBeHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim().toLowerCase()).filter((name) => name !== '')
  return names.length * 5 >= cells.length * 4 && new Set(names).size === names.length
}

const filled = (cells: readonly string[]): number => cells.filter((cell) => cell.trim() !== '').length
