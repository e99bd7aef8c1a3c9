import { byteDialect, CR, type DialectPins, LF, PLAIN, type Separators } from './dialect.ts'
import type { Encoding } from './encodings.ts'
import { encodeText } from './read-bytes.ts'
import { sampleRecords } from './sample-records.ts'
import { sniffStyle } from './sniff-style.ts'

const DELIMITERS = [',', ';', '\t', '|'] as const
/** Rare ones count less: they are marks of punctuation in many a text. */
const RARE_DELIMITERS = ['\x1f', '\x01', '~', '^', '¦', '§'] as const
const RARE_WEIGHT = 0.5
/** Delimiters that are written twice by some programs. */
const DOUBLED = ['|', ';', '~', '^', ':'] as const
const SAMPLE_RECORDS = 2_000

/** What a way of reading makes of a sample. */
export interface SampleReading {
  readonly records: number
  /** The commonest number of fields, and how many records have it. */
  readonly width: number
  readonly regular: number
  /** Records with a fault in their quoting. */
  readonly faulty: number
  /** Those of them that have a quote inside a plain field. */
  readonly stray: number
  /** Records with a properly quoted field. */
  readonly quoted: number
}

/** A sample of a file, and how to try a way of reading it. */
export interface Sample {
  readonly bytes: Buffer
  readonly read: (separators: Separators) => SampleReading
}

interface SniffOptions {
  readonly whole: boolean
  readonly pins: DialectPins
  readonly encoding: Encoding
}

/** Finds delimiter, quote, escape and style by reading a sample in each way and taking the most regular one. */
export function sniffDialect(bytes: Buffer, { whole, pins, encoding }: SniffOptions): Separators {
  const sample: Sample = { bytes, read: (separators) => readSample(bytes, whole, separators) }
  const fixed = { ...PLAIN, encoding, ...pins }
  const readings = candidates(bytes, pins, encoding).map(({ delimiter, weight }) => {
    const quoted = sniffQuote(sample, { ...fixed, delimiter, ...quoting(pins, '"') }, pins)
    const separators = sniffStyle(sample, quoted, pins)
    return { separators, weight, reading: sample.read(separators) }
  })
  const isQuoted = readings.some(({ reading }) => reading.quoted > 0)
  let best: Separators = { ...fixed, delimiter: pins.delimiter ?? ',', ...quoting(pins, '"') }
  let bestScore = 0
  for (const { separators, weight, reading } of readings) {
    // Quotes that enclose cells under one delimiter are no inches under another.
    const score = scoreOf(reading) * (isQuoted && separators.quote === null ? weight / 2 : weight)
    if (score > bestScore + 1e-9) {
      best = separators
      bestScore = score
    }
  }
  if (bestScore > 0) return best
  return readings.find(({ separators }) => separators.delimiter === best.delimiter)?.separators ?? best
}

function candidates(
  bytes: Buffer,
  pins: DialectPins,
  encoding: Encoding,
): readonly { readonly delimiter: string; readonly weight: number }[] {
  if (pins.delimiter !== undefined) return [{ delimiter: pins.delimiter, weight: 1 }]
  const text = bytes.toString('latin1')
  const bytesOf = (delimiter: string): string => encodeText(delimiter, encoding).toString('latin1')
  const doubled = DOUBLED.filter((mark) => text.includes(mark + mark) && !text.replaceAll(mark + mark, '').includes(mark))
  return [
    ...DELIMITERS.filter((mark) => !doubled.some((other) => other === mark)).map((delimiter) => ({ delimiter, weight: 1 })),
    ...doubled.map((mark) => ({ delimiter: mark + mark, weight: 1 })),
    ...RARE_DELIMITERS.filter((mark) => text.includes(bytesOf(mark))).map((delimiter) => ({ delimiter, weight: RARE_WEIGHT })),
  ]
}

/** Regular records count, and more so with more fields; one column is what remains when nothing separates. */
function scoreOf({ records, width, regular, faulty }: SampleReading): number {
  if (records === 0 || width < 2) return 0
  const share = regular / records
  return share ** 2 * (1 - faulty / records) * (1 - 1 / (width + 1))
}

function quoting(pins: DialectPins, quote: string | null): Pick<Separators, 'quote' | 'escape'> {
  const chosen = pins.quote === undefined ? quote : pins.quote
  return { quote: chosen, escape: pins.escape ?? chosen }
}

function sniffQuote({ bytes, read }: Sample, plain: Separators, pins: DialectPins): Separators {
  const escaped = (): Separators => (pins.escape === undefined ? sniffEscape(bytes, plain, read) : plain)
  if (pins.quote !== undefined) return escaped()
  const double = read(plain)
  if (double.quoted > 0) return escaped()
  const apostrophe: Separators = { ...plain, ...quoting(pins, "'") }
  const single = bytes.includes(0x27) ? read(apostrophe) : null
  // Apostrophes begin many a word: they quote only where they do so well and nothing else is quoted.
  if (single !== null && single.faulty === 0 && single.quoted * 4 > single.records && double.width === single.width)
    return apostrophe
  // Blanks around quotes are looked for later.
  if (pins.paddedQuotes !== false && double.faulty > 0 && read({ ...plain, paddedQuotes: true }).faulty === 0) return plain
  // Inches and the like: quotes in many records, and not one that encloses a field.
  const none: Separators = { ...plain, quote: null, escape: pins.escape ?? null }
  return double.faulty >= 3 && double.faulty * 50 > double.records && read(none).regular > double.regular * 0.9 ? none : plain
}

function sniffEscape(bytes: Buffer, plain: Separators, read: Sample['read']): Separators {
  if (plain.quote === null || !bytes.includes(`\\${plain.quote}`)) return plain
  const backslash: Separators = { ...plain, escape: '\\' }
  const [doubled, escaped] = [read(plain), read(backslash)]
  return escaped.faulty < doubled.faulty && escaped.regular >= doubled.regular ? backslash : plain
}

/** Reads up to two thousand records of a sample and counts. The last record of a cut sample is left out. */
export function readSample(bytes: Buffer, whole: boolean, separators: Separators): SampleReading {
  const dialect = byteDialect(separators)
  const widths = new Map<number, number>()
  const counts = { records: 0, faulty: 0, stray: 0, quoted: 0 }
  for (const { start, textEnd, fields, problem } of sampleRecords(bytes, whole, dialect)) {
    counts.records += 1
    if (problem !== null) counts.faulty += 1
    else if (hasQuoted(bytes, start, textEnd, dialect.quote)) counts.quoted += 1
    if (problem === 'stray_quote') counts.stray += 1
    widths.set(fields, (widths.get(fields) ?? 0) + 1)
    if (counts.records >= SAMPLE_RECORDS) break
  }
  return { ...counts, ...commonest(widths) }
}

function commonest(widths: ReadonlyMap<number, number>): Pick<SampleReading, 'width' | 'regular'> {
  let width = 1
  let regular = 0
  for (const [fields, count] of widths)
    if (count > regular || (count === regular && fields > width)) [width, regular] = [fields, count]
  return { width, regular }
}

/** Whether a record without faults has a field in quotes: any quote in it then encloses one. */
function hasQuoted(bytes: Buffer, start: number, end: number, quote: number): boolean {
  if (quote === -1) return false
  for (let at = start; at < end; at += 1) if (bytes[at] === quote) return true
  return false
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
