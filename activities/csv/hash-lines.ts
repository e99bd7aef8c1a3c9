import { behindLine } from './line-end.ts'

const HASH = 0x23

interface HashLine {
  readonly end: number
  readonly line: Buffer
}

/**
 * Behind the lines at the top of a text that begin with `#`, where a table of several columns follows that they do not fit.
 * The last one stays when it can be the header of that table. 0: there are none.
 */
export function behindHashLines(
  text: Buffer,
  widthBelow: (text: Buffer) => { readonly width: number; readonly cellsOf: (line: Buffer) => readonly string[] },
): number {
  const lines: HashLine[] = []
  for (let at = 0; at < text.length && text[at] === HASH;) {
    const end = behindLine(text, at, text.length)
    lines.push({ end, line: text.subarray(at, end) })
    at = end
  }
  const last = lines.at(-1)
  if (last === undefined || last.end >= text.length) return 0
  const { width, cellsOf } = widthBelow(text.subarray(last.end))
  if (width < 2) return 0
  const filled = ({ line }: HashLine): number => cellsOf(line).filter((cell) => cell.trim() !== '').length
  const above = cellsOf(last.line).length === width && filled(last) * 5 >= width * 4 ? lines.slice(0, -1) : lines
  return above.every((line) => filled(line) * 2 <= width) ? (above.at(-1)?.end ?? 0) : 0
}
