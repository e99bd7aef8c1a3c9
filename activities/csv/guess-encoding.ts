import { analyse } from 'chardet'
import { byteTable, type Encoding, encodingForm, findEncoding } from './encodings.ts'
import { decodeSingleByte } from './read-bytes.ts'

/** Confidence of the detector that leaves no doubt, and by which one candidate has to lead. */
const SURE = 80
const LEAD = 6
/** Bytes beyond ASCII by which a script is known. */
const SCRIPT_BYTES = 6
const THAI_BYTES = 60
/** Share of those bytes that stand together in scripts other than Latin, and at most in Latin ones. */
const OTHER_SCRIPT = 0.7
const LATIN_SCRIPT = 0.2

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
  const isOtherScript = together > OTHER_SCRIPT
  const found = candidatesOf(text)
  const own = isOtherScript ? unknownToDetector(text, found[0]?.confidence ?? 0) : null
  if (own !== null) return { encoding: own, doubt: null }
  const others = found.filter(({ encoding }) => isPossible(encoding, together))
  const [best] = others
  const western: Candidate = { encoding: westernOf(text), confidence: confidenceOf(found, LATIN_1) }
  // Windows-1252 is what most of these files are in: another one has to be clearly better, unless the text speaks against it.
  const isOther = best !== undefined && (isOtherScript || marksInWords(text) || best.confidence > western.confidence + LEAD)
  const chosen = isOther ? best : western
  if (!isOther && !isOtherScript && isUsualWestern(text)) return { encoding: chosen.encoding, doubt: null }
  const rivals = [...others, western].filter(
    (rival) => rival.encoding !== chosen.encoding && rival.confidence >= chosen.confidence - LEAD && differs(text, rival, chosen),
  )
  const isUnknown = isOtherScript && !isOther
  return { encoding: chosen.encoding, doubt: isSure(chosen, rivals, isUnknown) ? null : doubtOf(shown, chosen, rivals) }
}

const isSure = (chosen: Candidate, rivals: readonly Candidate[], isUnknown: boolean): boolean =>
  chosen.confidence >= SURE || (rivals.length === 0 && !isUnknown)

/** Whether an encoding other than Windows-1252 and Latin-1 has the script that the text is in. */
function isPossible(encoding: Encoding, together: number): boolean {
  if (LATIN_1.has(encoding)) return false
  return together > OTHER_SCRIPT ? !LATIN.has(encoding) : together > LATIN_SCRIPT || LATIN.has(encoding)
}

/** As Windows-1252 the text has marks inside words, such as `wi³c`: it is in an encoding that has letters there. */
function marksInWords(text: Buffer): boolean {
  const marks = read(text, 'windows-1252').match(/(?<=\p{L})[\x80-\x9f¡-¶¸-¿×÷](?=\p{L})/gu) ?? []
  return marks.length * 10 > highBytes(text)
}

/** Letters and marks of German, French, Spanish, Portuguese, Dutch and the Nordic languages, and nothing else. */
function isUsualWestern(text: Buffer): boolean {
  const usual = /^[ -~\sÀ-ÂÄ-ÏÑ-ÔÖØ-ßà-âäæç-ïñóôöøúûüáåãõùÿœŒ€£§«»°ªº¿¡–—‘’“”„…·²³®©™•]*$/u
  return usual.test(read(text, 'windows-1252'))
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
function unknownToDetector(text: Buffer, confidence: number): Encoding | null {
  const high = Buffer.from(text.filter((byte) => byte >= 0x80))
  if (high.length >= THAI_BYTES && confidence <= 50 && isScript(high, 'windows-874', /^[\u0e00-\u0e7f]+$/)) return 'windows-874'
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

const differs = (text: Buffer, a: Candidate, b: Candidate): boolean => read(text, a.encoding) !== read(text, b.encoding)

function read(text: Buffer, encoding: Encoding): string {
  return encodingForm(encoding) === 'single' ? decodeSingleByte(text, encoding) : new TextDecoder(encoding).decode(text)
}
