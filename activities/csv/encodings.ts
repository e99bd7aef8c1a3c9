import { isUtf8 } from 'node:buffer'
import { suggest } from '../../pipeline/suggest.ts'

/**
 * Encodings that intake reads. `single`: every byte is a character and the first 128 are ASCII, so that separators can be looked
 * for in the bytes themselves. `multi`: a byte that looks like a separator may be half a character, so they become UTF-8 first.
 */
const FORMS = {
  'utf-8': 'utf-8',
  'utf-16le': 'utf-16',
  'utf-16be': 'utf-16',
  'windows-1252': 'single',
  'latin-1': 'single',
  'iso-8859-2': 'single',
  'iso-8859-3': 'single',
  'iso-8859-4': 'single',
  'iso-8859-5': 'single',
  'iso-8859-6': 'single',
  'iso-8859-7': 'single',
  'iso-8859-8': 'single',
  'iso-8859-10': 'single',
  'iso-8859-13': 'single',
  'iso-8859-14': 'single',
  'iso-8859-15': 'single',
  'windows-874': 'single',
  'windows-1250': 'single',
  'windows-1251': 'single',
  'windows-1253': 'single',
  'windows-1254': 'single',
  'windows-1255': 'single',
  'windows-1256': 'single',
  'windows-1257': 'single',
  'windows-1258': 'single',
  'koi8-r': 'single',
  'koi8-u': 'single',
  ibm866: 'single',
  macintosh: 'single',
  'x-mac-cyrillic': 'single',
  shift_jis: 'multi',
  'euc-jp': 'multi',
  'iso-2022-jp': 'multi',
  gb18030: 'multi',
  big5: 'multi',
  'euc-kr': 'multi',
} as const

export type Encoding = keyof typeof FORMS

/** The encodings by their own names, the commonest first. */
export const ENCODING_NAMES = Object.keys(FORMS) as readonly Encoding[]

/** How separators are found in text of an encoding. */
export function encodingForm(encoding: Encoding): 'utf-8' | 'utf-16' | 'single' | 'multi' {
  return FORMS[encoding]
}

/** Other names, without the marks between letters and digits. */
const ALIASES: { readonly [name: string]: Encoding } = {
  ascii: 'utf-8',
  usascii: 'utf-8',
  utf8sig: 'utf-8',
  utf8bom: 'utf-8',
  utf16: 'utf-16le',
  unicode: 'utf-16le',
  ucs2: 'utf-16le',
  ansi: 'windows-1252',
  iso88591: 'latin-1',
  l1: 'latin-1',
  iso88599: 'windows-1254',
  latin2: 'iso-8859-2',
  latin3: 'iso-8859-3',
  latin4: 'iso-8859-4',
  latin5: 'windows-1254',
  latin6: 'iso-8859-10',
  latin7: 'iso-8859-13',
  latin8: 'iso-8859-14',
  latin9: 'iso-8859-15',
  iso885911: 'windows-874',
  tis620: 'windows-874',
  cp874: 'windows-874',
  cp866: 'ibm866',
  macroman: 'macintosh',
  maccyrillic: 'x-mac-cyrillic',
  koi8: 'koi8-r',
  sjis: 'shift_jis',
  mskanji: 'shift_jis',
  windows31j: 'shift_jis',
  cp932: 'shift_jis',
  ms932: 'shift_jis',
  gbk: 'gb18030',
  gb2312: 'gb18030',
  cp936: 'gb18030',
  euccn: 'gb18030',
  cp950: 'big5',
  big5hkscs: 'big5',
  cp949: 'euc-kr',
  uhc: 'euc-kr',
  windows949: 'euc-kr',
  ksc56011987: 'euc-kr',
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
const BY_PLAIN_NAME = new Map<string, Encoding>([
  ...ENCODING_NAMES.map((name) => [plain(name), name] as const),
  ...ENCODING_NAMES.filter((name) => /^windows-125\d$/.test(name)).map((name) => [`cp${name.slice(8)}`, name] as const),
  ...ENCODING_NAMES.filter((name) => /^windows-125\d$/.test(name)).map((name) => [`win${name.slice(8)}`, name] as const),
  ...Object.entries(ALIASES),
])

/** The encoding that a name means, whatever its case and marks: `UTF8`, `cp1252`, `ISO-8859-1`; null: none. */
export function findEncoding(name: string): Encoding | null {
  return BY_PLAIN_NAME.get(plain(name)) ?? null
}

/** The name nearest to one that is none; null when none is near. */
export function suggestEncoding(name: string): string | null {
  return suggest(name.toLowerCase(), ENCODING_NAMES) ?? suggest(plain(name), [...BY_PLAIN_NAME.keys()])
}

/** A single-byte encoding as a table. */
export interface ByteTable {
  /** By byte: its character, as a text. */
  readonly characters: readonly string[]
  /** 1 for the bytes that are no character. */
  readonly holes: Uint8Array
  readonly hasHoles: boolean
}

const C1 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'
const tables = new Map<Encoding, ByteTable>()

/** The table of a single-byte encoding, made once. */
export function byteTable(encoding: Encoding): ByteTable {
  const known = tables.get(encoding)
  if (known !== undefined) return known
  const characters = Array.from({ length: 256 }, (_, byte) => characterOf(encoding, byte))
  const holes = Uint8Array.from(characters, (character, byte) =>
    character === '\ufffd' || (byte >= 0x80 && encoding.startsWith('windows-') && /[\x80-\x9f]/.test(character)) ? 1 : 0,
  )
  const table = { characters, holes, hasHoles: holes.includes(1) }
  tables.set(encoding, table)
  return table
}

function characterOf(encoding: Encoding, byte: number): string {
  if (byte < 0x80 || encoding === 'latin-1') return String.fromCharCode(byte)
  // Node's own decoder takes Windows-1252 for Latin-1.
  if (encoding === 'windows-1252') return byte < 0xa0 ? (C1[byte - 0x80] as string) : String.fromCharCode(byte)
  return new TextDecoder(encoding).decode(Uint8Array.of(byte))
}

/** Where in a stretch that is not free of it the first byte is that stands for no character. */
export function invalidIndex(bytes: Buffer, start: number, end: number, encoding: Encoding): number {
  if (encodingForm(encoding) === 'single') {
    const { holes } = byteTable(encoding)
    let at = start
    while (at < end && holes[bytes[at] as number] === 0) at += 1
    return at
  }
  // Halves: the stretch up to the first invalid character is valid, or ends inside a character that goes on.
  let [from, to] = [start, end]
  while (to - from > 1) {
    let middle = (from + to) >> 1
    while (middle > from && ((bytes[middle] as number) & 0xc0) === 0x80) middle -= 1
    if (middle === from) break
    if (isUtf8(bytes.subarray(from, middle))) from = middle
    else to = middle
  }
  return from
}

/** Tells whether a stretch of separable bytes is free of what its encoding has no character for; null: every byte has one. */
export function validityOf(encoding: Encoding): ((bytes: Uint8Array) => boolean) | null {
  if (encodingForm(encoding) !== 'single') return isUtf8
  const { holes, hasHoles } = byteTable(encoding)
  return hasHoles ? (bytes) => bytes.every((byte) => holes[byte] === 0) : null
}
