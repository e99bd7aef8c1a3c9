import { type ByteDialect, byteDialect, CR, type Dialect, type DialectPins, LF } from './dialect.ts'
import { RecordReader } from './read-record.ts'

const DELIMITERS = [',', ';', '\t', '|'] as const
const SAMPLE_RECORDS = 2_000

/** What a way of reading makes of a sample. */
export interface SampleReading {
  readonly records: number
  /** The commonest number of fields, and how many records have it. */
  readonly width: number
  readonly regular: number
  /** Records with a fault in their quoting. */
  readonly faulty: number
  /** Records with a properly quoted field. */
  readonly quoted: number
}

type Separators = Pick<Dialect, 'delimiter' | 'quote' | 'escape'>

/** Finds delimiter, quote and escape by reading a sample in each way and taking the most regular one. */
export function sniffDialect(sample: Buffer, whole: boolean, pins: DialectPins): Separators {
  const candidates: readonly string[] = pins.delimiter === undefined ? DELIMITERS : [pins.delimiter]
  let best: Separators = { delimiter: pins.delimiter ?? ',', ...quoting(pins, '"') }
  let bestScore = -1
  for (const delimiter of candidates) {
    const separators = sniffQuote(sample, whole, delimiter, pins)
    const score = scoreOf(readSample(sample, whole, byteDialect(separators)))
    if (score > bestScore + 1e-9) {
      best = separators
      bestScore = score
    }
  }
  return best
}

/** Regular records count, and more so with more fields; one column is what remains when nothing separates. */
function scoreOf({ records, width, regular, faulty }: SampleReading): number {
  if (records === 0 || width < 2) return 0
  const share = regular / records
  return share ** 2 * (1 - faulty / records) * (1 - 1 / (width + 1))
}

function quoting(pins: DialectPins, quote: string | null): Pick<Separators, 'quote' | 'escape'> {
  const chosen = pins.quote === undefined ? quote : pins.quote
  return { quote: chosen, escape: chosen === null ? null : (pins.escape ?? chosen) }
}

function sniffQuote(sample: Buffer, whole: boolean, delimiter: string, pins: DialectPins): Separators {
  const read = (separators: Separators) => readSample(sample, whole, byteDialect(separators))
  const plain: Separators = { delimiter, ...quoting(pins, '"') }
  if (pins.quote !== undefined) return pins.escape === undefined ? sniffEscape(sample, plain, read) : plain
  const double = read(plain)
  if (double.quoted > 0) return pins.escape === undefined ? sniffEscape(sample, plain, read) : plain
  const apostrophe: Separators = { delimiter, ...quoting(pins, "'") }
  const single = sample.includes(0x27) ? read(apostrophe) : null
  // Apostrophes begin many a word: they quote only where they do so well and nothing else is quoted.
  if (single !== null && single.faulty === 0 && single.quoted * 4 > single.records && double.width === single.width)
    return apostrophe
  // Inches and the like: quotes in many records, and not one that encloses a field.
  const none: Separators = { delimiter, quote: null, escape: null }
  return double.faulty >= 3 && double.faulty * 50 > double.records && read(none).regular > double.regular * 0.9 ? none : plain
}

function sniffEscape(sample: Buffer, plain: Separators, read: (separators: Separators) => SampleReading): Separators {
  if (plain.quote === null || !sample.includes(`\\${plain.quote}`)) return plain
  const backslash: Separators = { ...plain, escape: '\\' }
  const [doubled, escaped] = [read(plain), read(backslash)]
  return escaped.faulty < doubled.faulty && escaped.regular >= doubled.regular ? backslash : plain
}

/** Reads up to two thousand records of a sample and counts. The last record of a cut sample is left out. */
export function readSample(sample: Buffer, whole: boolean, dialect: ByteDialect): SampleReading {
  const reader = new RecordReader(dialect)
  reader.bytes = sample
  reader.limit = sample.length
  reader.final = whole
  const widths = new Map<number, number>()
  let records = 0
  let faulty = 0
  let quoted = 0
  for (let start = 0; start < sample.length && records < SAMPLE_RECORDS; start = reader.end) {
    if (!reader.read(start)) {
      if (records > 0) break
      reader.final = true
      continue
    }
    if (reader.textEnd === start) continue
    if (reader.problem !== null && reader.firstLineEnd > 0) reader.end = reader.firstLineEnd
    records += 1
    if (reader.problem !== null) faulty += 1
    else if (hasQuoted(sample, start, reader.textEnd, dialect)) quoted += 1
    widths.set(reader.fields, (widths.get(reader.fields) ?? 0) + 1)
  }
  let width = 1
  let regular = 0
  for (const [fields, count] of widths)
    if (count > regular || (count === regular && fields > width)) [width, regular] = [fields, count]
  return { records, width, regular, faulty, quoted }
}

/** Whether a record without faults has a field in quotes: any quote in it then encloses one. */
function hasQuoted(bytes: Buffer, start: number, end: number, { quote }: ByteDialect): boolean {
  if (quote === -1) return false
  const at = bytes.indexOf(quote, start)
  return at !== -1 && at < end
}

/** Excel's first line `sep=;`: its delimiter and where the text goes on; null when there is none. */
export function excelSeparator(sample: Buffer): { readonly delimiter: string; readonly end: number } | null {
  const line = sample.toString('latin1', 0, 16)
  const found = /^"?sep=(.)"?(\r\n|\n|\r)/i.exec(line)
  return found === null ? null : { delimiter: found[1] as string, end: found[0].length }
}

/** Behind the blank lines at `start`, and how many there were. */
export function skipBlankLines(sample: Buffer, start: number): { readonly at: number; readonly lines: number } {
  let lines = 0
  let at = start
  for (;;) {
    let end = at
    while (sample[end] === 0x20 || sample[end] === 0x09) end += 1
    if (sample[end] !== LF && sample[end] !== CR) return { at, lines }
    at = sample[end] === CR && sample[end + 1] === LF ? end + 2 : end + 1
    lines += 1
  }
}
