/** Slow and plain reading of CSV, to hold the fast one against. It shares no code with it. */

/** A source as text in which every byte (UTF-16: every two bytes) is one character, so that places in it are places in the file. */
export interface SourceText {
  readonly text: string
  /** Bytes of one character. */
  readonly unit: 1 | 2
  /** Characters of a stretch as people see them. */
  readonly decode: (stretch: string) => string
}

const C1 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

export function sourceText(bytes: Buffer, encoding: string): SourceText {
  if (encoding.startsWith('utf-16')) {
    const even = bytes.subarray(0, bytes.length - (bytes.length % 2))
    const little = encoding === 'utf-16le' ? even : Buffer.from(even).swap16()
    // Half a character at the end is one that is wrong.
    const half = bytes.length === even.length ? '' : '\ud800'
    return { text: little.toString('utf16le') + half, unit: 2, decode: (stretch) => Buffer.from(stretch).toString() }
  }
  const text = bytes.toString('latin1')
  if (encoding === 'utf-8') return { text, unit: 1, decode: (stretch) => Buffer.from(stretch, 'latin1').toString('utf8') }
  if (encoding === 'latin-1') return { text, unit: 1, decode: (stretch) => stretch }
  const decode = (stretch: string): string => stretch.replace(/[\x80-\x9f]/g, (c) => C1[c.charCodeAt(0) - 0x80] ?? c)
  return { text, unit: 1, decode }
}

/** The length of the line end at a place; 0: there is none. */
export function lineEndAt(text: string, at: number): number {
  if (text[at] === '\n') return 1
  if (text[at] !== '\r') return 0
  return text[at + 1] === '\n' ? 2 : 1
}

/** Line ends before a place. */
export function lineEndsIn(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0
}

/** As the stage's metadata has it. */
export interface ToldDialect {
  readonly encoding: string
  readonly delimiter: string
  readonly quote: string | null
  readonly escape: string | null
  readonly padded_quotes: boolean
  readonly stray_quotes: 'reject' | 'text'
}

export interface SlowRecord {
  /** Undecoded. */
  readonly cells: readonly string[]
  /** Where its text ends. */
  readonly end: number
}

/** The record that begins at a place; null when its quoting is faulty. */
export function recordAt(text: string, start: number, dialect: ToldDialect): SlowRecord | null {
  const cells: string[] = []
  let at = start
  for (;;) {
    const cell = cellAt(text, at, dialect)
    if (cell === null) return null
    cells.push(cell.value)
    at = cell.end
    if (!text.startsWith(dialect.delimiter, at) || at >= text.length) return { cells, end: at }
    at += dialect.delimiter.length
  }
}

function cellAt(text: string, start: number, dialect: ToldDialect): { readonly value: string; readonly end: number } | null {
  const { quote, escape, delimiter, padded_quotes: padded } = dialect
  const ends = (at: number): boolean => at >= text.length || lineEndAt(text, at) > 0 || text.startsWith(delimiter, at)
  const pastBlanks = (from: number): number => {
    let at = from
    while (!ends(at) && (text[at] === ' ' || text[at] === '\t')) at += 1
    return padded ? at : from
  }
  const first = pastBlanks(start)
  if (quote === null || text[first] !== quote) {
    let end = start
    while (!ends(end)) {
      if (text[end] === quote) return null
      end += 1
    }
    return { value: text.slice(start, end), end }
  }
  const quoted = quotedAt(text, first, quote, escape ?? quote)
  if (quoted === null) return null
  const end = pastBlanks(quoted.end)
  return ends(end) ? { value: quoted.value, end } : null
}

function quotedAt(
  text: string,
  start: number,
  quote: string,
  escape: string,
): { readonly value: string; readonly end: number } | null {
  let value = ''
  for (let at = start + 1; at < text.length; at += 1) {
    const [here, next] = [text[at], text[at + 1]]
    if (here === escape && escape !== quote && (next === quote || next === escape)) {
      value += next
      at += 1
    } else if (here === quote) {
      if (escape !== quote || next !== quote) return { value, end: at + 1 }
      value += quote
      at += 1
    } else value += here
  }
  return null
}

/** Where blank lines end that begin at a place, and how many there are; one with a delimiter is a record of empty cells. */
export function behindBlankLines(
  text: string,
  start: number,
  delimiter: string,
): { readonly at: number; readonly lines: number } {
  let lines = 0
  let at = start
  for (;;) {
    let end = at
    while ((text[end] === ' ' || text[end] === '\t') && text[end] !== delimiter) end += 1
    const length = lineEndAt(text, end)
    if (length === 0) return end >= text.length && end > at ? { at: end, lines: lines + 1 } : { at, lines }
    at = end + length
    lines += 1
  }
}

const WHITE = /^[\p{White_Space}]+|[\p{White_Space}]+$/gu

/** What the intake does to every cell unless told otherwise. */
export const trimmed = (cell: string): string => cell.replaceAll(WHITE, '')
