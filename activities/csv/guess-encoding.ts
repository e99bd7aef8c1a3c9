import { analyse } from 'chardet'
import { byteTable, type Encoding, encodingForm, findEncoding } from './encodings.ts'

/** Confidence of the detector below which its word is doubtful, and by which one candidate has to lead. */
const LOW_CONFIDENCE = 25
const LEAD = 6
/** Bytes beyond ASCII by which a script is known. */
const SCRIPT_BYTES = 6
const THAI_BYTES = 60

const LATIN: ReadonlySet<Encoding> = new Set<Encoding>(['windows-1252', 'latin-1', 'iso-8859-2', 'windows-1250', 'windows-1254'])

interface Candidate {
  readonly encoding: Encoding
  readonly confidence: number
}

/**
 * The encoding of text that is not UTF-8, from those of its lines that show it. Latin letters with accents stand alone among
 * ASCII, letters of other scripts stand together: that decides which candidates of the detector count at all.
 */
export function guessEncoding(text: Buffer, shown: string): { readonly encoding: Encoding; readonly doubt: string | null } {
  const together = sharesNeighbours(text)
  const own = together > 0.5 ? unknownToDetector(text) : null
  if (own !== null) return { encoding: own, doubt: null }
  const found = candidatesOf(text)
  const western = westernOf(text)
  const fallback: Candidate = { encoding: western, confidence: confidenceOf(found, LATIN_1) }
  const others = found.filter(({ encoding }) => {
    if (LATIN_1.has(encoding)) return false
    return together > 0.5 ? !LATIN.has(encoding) : together > 0.2 || LATIN.has(encoding)
  })
  const [best] = others
  // Windows-1252 is what most of these files are in: another one has to be clearly better, unless the script speaks against it.
  const isOther = best !== undefined && (together > 0.5 || best.confidence > fallback.confidence + LEAD)
  const chosen = isOther ? best : fallback
  const rivals = [...others, fallback].filter(
    (rival) => rival.encoding !== chosen.encoding && rival.confidence >= chosen.confidence - LEAD && differs(text, rival, chosen),
  )
  const isUnsure = together > 0.5 && !isOther
  if (!isUnsure && (rivals.length === 0 || chosen.confidence >= 80)) return { encoding: chosen.encoding, doubt: null }
  if (!isUnsure && chosen.confidence >= LOW_CONFIDENCE && rivals.every(({ encoding }) => LATIN_1.has(encoding)))
    return { encoding: chosen.encoding, doubt: null }
  return { encoding: chosen.encoding, doubt: doubtOf(shown, chosen, rivals) }
}

const LATIN_1: ReadonlySet<Encoding> = new Set<Encoding>(['windows-1252', 'latin-1'])

function doubtOf(shown: string, chosen: Candidate, rivals: readonly Candidate[]): string {
  const others = rivals.slice(0, 3).map(({ encoding, confidence }) => `${encoding} (${confidence} of 100)`)
  const or = others.length === 0 ? '' : `; it may as well be ${others.join(' or ')}`
  return `the encoding of ${shown} is a guess: ${chosen.encoding} (${chosen.confidence} of 100)${or}. Look at the accented letters and pin it with encoding:`
}

function candidatesOf(text: Buffer): readonly Candidate[] {
  const found = analyse(text).flatMap(({ name, confidence }) => {
    const encoding = findEncoding(name)
    return encoding === null || encoding.startsWith('utf-') || !decodes(text, encoding) ? [] : [{ encoding, confidence }]
  })
  return found.sort((a, b) => b.confidence - a.confidence)
}

/** Damage aside, every character of the text has to be one of the encoding. */
function decodes(text: Buffer, encoding: Encoding): boolean {
  if (encodingForm(encoding) === 'multi') {
    const marks = new TextDecoder(encoding).decode(text).split('\ufffd').length - 1
    return marks * 50 <= highBytes(text)
  }
  const { holes } = byteTable(encoding)
  let bad = 0
  for (const byte of text) bad += holes[byte] as number
  return bad * 50 <= highBytes(text)
}

const confidenceOf = (found: readonly Candidate[], names: ReadonlySet<Encoding>): number =>
  found.find(({ encoding }) => names.has(encoding))?.confidence ?? 0

/** The share of bytes beyond ASCII that have another one beside them. */
function sharesNeighbours(text: Buffer): number {
  let [high, together] = [0, 0]
  for (let at = 0; at < text.length; at += 1) {
    if ((text[at] as number) < 0x80) continue
    high += 1
    if ((text[at - 1] ?? 0) >= 0x80 || (text[at + 1] ?? 0) >= 0x80) together += 1
  }
  return high < SCRIPT_BYTES ? 0 : together / high
}

function highBytes(text: Buffer): number {
  let high = 0
  for (const byte of text) if (byte >= 0x80) high += 1
  return high
}

/** Two encodings that the detector does not know: every byte of the text is a letter of one script. */
function unknownToDetector(text: Buffer): Encoding | null {
  const high = Buffer.from(text.filter((byte) => byte >= 0x80))
  if (high.length >= THAI_BYTES && isScript(high, 'windows-874', /^[\u0e00-\u0e7f]+$/)) return 'windows-874'
  return isScript(high, 'ibm866', /^[А-Яа-яЁё№]+$/) ? 'ibm866' : null
}

const isScript = (high: Buffer, encoding: Encoding, letters: RegExp): boolean =>
  letters.test(new TextDecoder(encoding).decode(high))

/** Latin-1 only where bytes that Windows-1252 lacks are as many as those that only it has: both read the same without them. */
function westernOf(text: Buffer): Encoding {
  const { holes } = byteTable('windows-1252')
  let [lacking, own] = [0, 0]
  for (const byte of text) {
    if (byte < 0x80 || byte > 0x9f) continue
    if (holes[byte] === 1) lacking += 1
    else own += 1
  }
  return lacking > 0 && lacking >= own ? 'latin-1' : 'windows-1252'
}

function differs(text: Buffer, a: Candidate, b: Candidate): boolean {
  const read = ({ encoding }: Candidate): string =>
    encodingForm(encoding) === 'single'
      ? text.toString('latin1').replaceAll(/[\x80-\xff]/g, (c) => byteTable(encoding).characters[c.charCodeAt(0)] as string)
      : new TextDecoder(encoding).decode(text)
  return read(a) !== read(b)
}
