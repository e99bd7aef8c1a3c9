import type { Colours, Page } from './page.ts'
import { fit, pad, widthOf } from './text-width.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** The least it is cut down to where the page is narrow; a column without it keeps its width. */
  readonly shrinkTo?: number
  /** Left out where the page is still too narrow: the highest number goes first. */
  readonly droppable?: number
}

export interface Cell {
  readonly text: string
  readonly colour?: (text: string) => string
}

/** Lines of a table: columns as wide as their content, cut where the page is narrow, colour put on last. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], page: Page, indent = ''): string[] {
  const available = page.width - indent.length
  const widths = columnWidths(columns, rows, available)
  if (widthOfLine(widths) > available) {
    const dropped = leastNeeded(columns)
    if (dropped !== -1) {
      const others = <T>(of: readonly T[]): T[] => of.filter((_, index) => index !== dropped)
      return table(others(columns), rows.map(others), page, indent)
    }
  }
  const lineOf = (cells: readonly Cell[]): string => {
    const parts = columns.map((column, index) => {
      const cell = cells[index] ?? { text: '' }
      const width = widths[index] ?? 0
      const last = index === columns.length - 1 && column.align !== 'right'
      const text = last ? fit(cell.text, width) : pad(fit(cell.text, width), width, column.align)
      return cell.colour === undefined ? text : cell.colour(text)
    })
    return (indent + parts.join(GAP)).trimEnd()
  }
  return [headline(columns, page.colours, lineOf), ...rows.map(lineOf)]
}

const GAP = '  '

function headline(columns: readonly Column[], colours: Colours, lineOf: (cells: readonly Cell[]) => string): string {
  return lineOf(columns.map((column) => ({ text: column.title, colour: colours.dim })))
}

function columnWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[], available: number): number[] {
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index]?.text ?? ''))),
  )
  let excess = widthOfLine(widths) - available
  while (excess > 0) {
    const widest = widestShrinkable(columns, widths)
    if (widest === -1) break
    widths[widest] = (widths[widest] ?? 0) - 1
    excess -= 1
  }
  return widths
}

function widestShrinkable(columns: readonly Column[], widths: readonly number[]): number {
  let widest = -1
  for (const [index, column] of columns.entries()) {
    const width = widths[index] ?? 0
    if (column.shrinkTo === undefined || width <= column.shrinkTo) continue
    if (widest === -1 || width > (widths[widest] ?? 0)) widest = index
  }
  return widest
}

function leastNeeded(columns: readonly Column[]): number {
  const most = Math.max(...columns.map((column) => column.droppable ?? 0))
  return most === 0 ? -1 : columns.findIndex((column) => column.droppable === most)
}

function widthOfLine(widths: readonly number[]): number {
  return widths.reduce((total, value) => total + value, 0) + GAP.length * (widths.length - 1)
}
