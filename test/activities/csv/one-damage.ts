/** How a generated file is written. */
export interface FileStyle {
  readonly delimiter: string
  readonly lineEnd: '\n' | '\r\n'
  readonly mark: boolean
}

/** A generated table, record by record, each written as the bytes of its own. */
export interface GeneratedTable {
  readonly name: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A file with one damaged record. */
export interface DamagedFile {
  readonly bytes: Buffer
  /** Number of the damaged record, from 1, and the physical lines it covers. */
  readonly record: number
  readonly line: number
  readonly endLine: number
  readonly byte: number
}

/** Numbers that follow from a seed: the same file every time. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const WORDS = ['amber', 'Brücke', 'cedar', 'dune', 'émigré', 'fjord', 'glass', 'harbour', 'Ōsaka', 'jade', 'Київ', 'lemon']

/** Tables of several shapes: narrow and wide, of numbers, of text with delimiters, quotes and line ends, with empty cells. */
export function generateTables(random: (below: number) => number, rows: number): readonly GeneratedTable[] {
  const word = (): string => WORDS[random(WORDS.length)] ?? ''
  const text = (): string => Array.from({ length: 2 + random(5) }, word).join(' ')
  const rich = (): string => (random(3) === 0 ? text() : `${text()}, "${word()}"; ${random(4) === 0 ? '\n' : ''}${text()}`)
  const build = (name: string, header: readonly string[], row: (index: number) => readonly string[]): GeneratedTable => ({
    name,
    header,
    rows: Array.from({ length: rows }, (_, index) => row(index + 1)),
  })
  const wide = Array.from({ length: 14 }, (_, index) => `field ${index + 1}`)
  return [
    build('numbers', ['id', 'views', 'share'], (index) => [`${index}`, `${random(100_000)}`, `0.${random(1000)}`]),
    build('two columns of text', ['name', 'city'], () => [text(), word()]),
    build('rich text', ['id', 'comment', 'author', 'note'], (index) => [`${index}`, rich(), word(), rich()]),
    build('wide, with empty cells', wide, (index) => [`${index}`, ...wide.slice(1).map(() => (random(3) === 0 ? '' : word()))]),
  ]
}

/** Cells as one RFC 4180 record; `all` quotes every cell. */
export function writeRecord(cells: readonly string[], delimiter: string, all = false): string {
  const quoted = (cell: string): boolean => all || cell.includes(delimiter) || /["\r\n]/.test(cell)
  return cells.map((cell) => (quoted(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(delimiter)
}

/** Writes a table with one of its records replaced by damaged bytes. */
export function writeDamaged(
  table: GeneratedTable,
  style: FileStyle,
  damaged: { readonly record: number; readonly raw: Buffer },
): DamagedFile {
  const { delimiter, lineEnd, mark } = style
  const parts: Buffer[] = [Buffer.from(mark ? '\ufeff' : ''), Buffer.from(`${writeRecord(table.header, delimiter)}${lineEnd}`)]
  let place = { line: 0, endLine: 0, byte: 0 }
  let line = 2
  for (const [index, cells] of table.rows.entries()) {
    const raw = index + 1 === damaged.record ? damaged.raw : Buffer.from(writeRecord(cells, delimiter))
    const lines = raw.toString('latin1').split('\n').length
    if (index + 1 === damaged.record) place = { line, endLine: line + lines - 1, byte: sizeOf(parts) }
    parts.push(raw, Buffer.from(lineEnd))
    line += lines
  }
  return { bytes: Buffer.concat(parts), record: damaged.record, ...place }
}

const sizeOf = (parts: readonly Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0)
