import fc from 'fast-check'

/** A well-formed file with what is in it. Everything is plain JSON, so that a counterexample can be kept. */
export interface CsvFile {
  readonly base64: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Config of the intake that pins how it is read. */
  readonly pins: Readonly<Record<string, unknown>>
}

interface Writing {
  readonly delimiter: string
  readonly quote: string | null
  readonly escape: string
  readonly quoting: 'needed' | 'all' | 'some'
  readonly eols: readonly string[]
  readonly finalEol: boolean
  readonly bom: boolean
  readonly encoding: Encoding
  readonly blankLines: boolean
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'latin-1'

const WORDS = [
  '', 'a', 'b', '0', '1', '42', '-1.5', '007', '7506832682593094928', '7.5E+18', 'NULL', 'word', 'two words', ' padded ', '\tx', '#', '=1+1',
  'it\'s', 'say "hi"', '"', '""', '\'', '\\', 'a\\', '\\"', 'x,y', 'x;y', 'x\ty', 'x|y', ',', ';', '\n', '\r', '\r\n', 'l\nl', 'l\r\nl', 'l\rl',
  '\u00a0', 'é', 'ÿþ', 'n\u00b0', '{}', '[1]', '<a>', 'sep=;', '2024-01-31', '1.234,5', '3 %',
] // prettier-ignore
const WIDE_WORDS = ['😀', '日本', '👩‍👩‍👧', 'e\u0301', '\u2028', 'a\ufeffb', '\u3000x', '’', '€', '\u{10ffff}']
const LATIN = /^[\0-\x7f\xa0-\xff]*$/

const cell = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 3, arbitrary: fc.constantFrom(...WIDE_WORDS) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...WORDS, ...WIDE_WORDS), { maxLength: 4 }).map((parts) => parts.join('')) },
)
/** Now and then a cell that is longer than any buffer would like. */
const longCell = fc.tuple(cell, fc.constantFrom(300, 3_000, 20_000)).map(([text, times]) => `${text}x, "é"`.repeat(times))

const writing: fc.Arbitrary<Writing> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  quote: fc.constantFrom('"', '"', '"', "'", null),
  escape: fc.constantFrom('double', 'double', '\\'),
  quoting: fc.constantFrom('needed', 'all', 'some'),
  eols: fc.constantFrom(['\n'], ['\r\n'], ['\r'], ['\n', '\r\n'], ['\n', '\r', '\r\n']),
  finalEol: fc.boolean(),
  bom: fc.boolean(),
  encoding: fc.constantFrom('utf-8', 'utf-8', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'latin-1'),
  blankLines: fc.constantFrom(false, false, true),
})

/** Files of any dialect, pinned. No row repeats the header. */
export const csvFiles: fc.Arbitrary<CsvFile> = fc
  .tuple(fc.integer({ min: 1, max: 6 }), writing, fc.integer({ min: 0, max: 25 }), fc.constantFrom(0, 0, 0, 0, 0, 1))
  .chain(([width, how, count, longs]) =>
    fc
      .tuple(
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: count, maxLength: count }),
        fc.array(longCell, { minLength: longs, maxLength: longs }),
      )
      .map(([rows, long]) => fileOf(withLong(rows, long), width, how)),
  )

function withLong(rows: readonly (readonly string[])[], long: readonly string[]): readonly (readonly string[])[] {
  const [text] = long
  if (text === undefined || rows.length === 0) return rows
  return rows.map((row, index) => (index === rows.length >> 1 ? [...row.slice(0, -1), text] : row))
}

function fileOf(rows: readonly (readonly string[])[], width: number, how: Writing): CsvFile {
  const columns = Array.from({ length: width }, (_, index) => `name ${index}`)
  const written = rows.map((row) => row.map((text) => writable(text, how, width)))
  const record = (cells: readonly string[], index: number): string =>
    cells.map((text, at) => quoted(text, { how, width, often: index + at })).join(how.delimiter)
  const eol = (index: number): string => how.eols[index % how.eols.length] ?? '\n'
  const blank = (index: number): string => (how.blankLines && index % 3 === 1 ? ` ${eol(index)}` : '')
  const lines = [columns, ...written].map(
    (cells, index, all) => record(cells, index) + (index < all.length - 1 || how.finalEol ? eol(index) + blank(index) : ''),
  )
  const { delimiter, quote, encoding } = how
  const pins = {
    delimiter, encoding, header: true, quote: quote ?? 'none',
    ...(how.escape === '\\' && quote !== null ? { escape: '\\' } : {}),
  } // prettier-ignore
  return { base64: encode(lines.join(''), how).toString('base64'), columns, rows: written, pins }
}

/** What the dialect can say of a text. */
function writable(text: string, { quote, delimiter, encoding }: Writing, width: number): string {
  const inEncoding = encoding.startsWith('utf') || LATIN.test(text) ? text : '§'
  if (quote !== null) return inEncoding
  const plain = inEncoding.replaceAll(delimiter, '.').replaceAll(/[\r\n]/g, ' ')
  return width === 1 && /^[ \t]*$/.test(plain) ? '-' : plain
}

function quoted(
  text: string,
  { how, width, often }: { readonly how: Writing; readonly width: number; readonly often: number },
): string {
  const { quote, delimiter, escape, quoting } = how
  if (quote === null) return text
  const isBlank = width === 1 && /^[ \t]*$/.test(text)
  const needed = isBlank || text.includes(quote) || text.includes(delimiter) || /[\r\n]/.test(text)
  if (!needed && (quoting === 'needed' || (quoting === 'some' && often % 2 === 0))) return text
  const escaped =
    escape === '\\' ? text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) : text.replaceAll(quote, quote + quote)
  return quote + escaped + quote
}

function encode(text: string, { encoding, bom }: Writing): Buffer {
  if (encoding === 'utf-8') return Buffer.from((bom ? '\ufeff' : '') + text)
  if (encoding === 'windows-1252' || encoding === 'latin-1') return Buffer.from(text, 'latin1')
  const little = Buffer.from(`\ufeff${text}`, 'utf16le')
  return encoding === 'utf-16le' ? little : little.swap16()
}
