import type { DialectPins, Separators } from './dialect.ts'
import type { Sample, SampleReading } from './sniff-dialect.ts'

/** Finds out what a file makes of quotes and escapes beyond RFC 4180, where its records show that it is a habit. */
export function sniffStyle(sample: Sample, plain: Separators, pins: DialectPins): Separators {
  const unquoted = escapesWithoutQuotes(sample, plain, pins)
  if (unquoted !== null) return unquoted
  if (plain.quote === null || sample.read(plain).faulty === 0) return plain
  const padded = pins.paddedQuotes === undefined && isPadded(sample, plain) ? { ...plain, paddedQuotes: true } : plain
  const isText = pins.strayQuotes === undefined && quotesAreText(sample, padded)
  return isText ? { ...padded, strayQuotes: 'text' } : padded
}

/** Dumps of databases: `\` in front of the delimiters and line ends of cells that are not quoted. */
function escapesWithoutQuotes({ bytes, read }: Sample, plain: Separators, pins: DialectPins): Separators | null {
  if (pins.quote !== undefined || pins.escape !== undefined || !bytes.includes(`\\${plain.delimiter}`)) return null
  const escaped: Separators = { ...plain, quote: null, escape: '\\' }
  const [usual, other] = [read(plain), read(escaped)]
  if (usual.quoted > 0 || other.regular * 10 < other.records * 9) return null
  return other.regular / other.records > usual.regular / usual.records && other.width > 1 ? escaped : null
}

/** Blanks around quotes, in at least half of the records that have quotes, and with them no fault remains unmended. */
function isPadded({ read }: Sample, plain: Separators): boolean {
  const [usual, padded] = [read(plain), read({ ...plain, paddedQuotes: true })]
  const mended = usual.faulty - padded.faulty
  // A blank behind a closing quote can mean nothing else; one in front of a quote may be a text that begins with it.
  const enough = usual.stray === padded.stray ? 1 : 2
  return mended >= enough && mended >= usual.quoted && padded.faulty <= mended && isAsRegular(padded, usual)
}

/** Quotes inside cells in so many records that they are no damage: all, or some of every twenty, or marks of a measure. */
function quotesAreText({ bytes, read }: Sample, current: Separators): boolean {
  const usual = read(current)
  const text = read({ ...current, strayQuotes: 'text' })
  // Fewer records: an unclosed quote would take its neighbours with it.
  if (text.faulty >= usual.faulty || text.records < usual.records || !isAsRegular(text, usual)) return false
  const { faulty, records } = usual
  if (faulty === records || (faulty >= 3 && faulty * 20 >= records)) return true
  return faulty * 2 >= records && text.faulty === 0 && areMarksOfMeasure(bytes, current.quote ?? '"')
}

const isAsRegular = (one: SampleReading, other: SampleReading): boolean =>
  one.regular / one.records >= (other.regular / other.records) * 0.98

/** 37.8" and the like: every quote stands behind a digit. */
function areMarksOfMeasure(bytes: Buffer, quote: string): boolean {
  for (let at = bytes.indexOf(quote); at !== -1; at = bytes.indexOf(quote, at + 1)) {
    const before = bytes[at - 1] ?? 0
    if (before < 0x30 || before > 0x39) return false
  }
  return true
}
