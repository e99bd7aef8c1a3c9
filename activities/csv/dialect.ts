import type { Encoding } from './encodings.ts'
import { encodeText } from './read-bytes.ts'

/** How the fields of a record are told apart. Quote and escape are one ASCII character, the delimiter one character or more. */
export interface Separators {
  readonly encoding: Encoding
  readonly delimiter: string
  /** Null: nothing is quoted, a quote is a character like any other. */
  readonly quote: string | null
  /** The quote itself (doubled quotes, RFC 4180) or another character such as a backslash; null without quotes. */
  readonly escape: string | null
  /** Blanks between a delimiter and a quote are no part of the cell. */
  readonly paddedQuotes: boolean
  /** What a quote inside a field is that it does not enclose: a fault, or a character like any other. */
  readonly strayQuotes: 'reject' | 'text'
  /** What a line begins with that is no record; null: every line is one. */
  readonly comment: string | null
  /** False: a blank line is a record with one empty cell. */
  readonly skipBlankLines: boolean
}

/** How a file is read. */
export interface Dialect extends Separators {
  readonly header: boolean
  /** Physical lines at the top that belong to no table. */
  readonly skipLines: number
  /** Lines at the end, blank ones not counted, that belong to no table. */
  readonly skipFooter: number
}

/** What the YAML fixes; the rest is found out. */
export type DialectPins = { readonly [Key in keyof Dialect]?: Dialect[Key] }

/** What holds of most files: what is not guessed, and what a guess begins with. */
export const PLAIN: Omit<Dialect, 'encoding' | 'delimiter' | 'header'> = {
  quote: '"',
  escape: '"',
  paddedQuotes: false,
  strayQuotes: 'reject',
  comment: null,
  skipBlankLines: true,
  skipLines: 0,
  skipFooter: 0,
}

/** The YAML lines that pin what was found, ready to be pasted into a stage's config. */
export function dialectYaml(dialect: Dialect): readonly string[] {
  const { escape, quote, comment } = dialect
  return [
    `encoding: ${dialect.encoding}`,
    `delimiter: ${yamlText(dialect.delimiter)}`,
    `quote: ${quote === null ? 'none' : yamlText(quote)}`,
    ...(escape === null || escape === quote ? [] : [`escape: ${yamlText(escape)}`]),
    `header: ${dialect.header}`,
    ...(dialect.skipLines === 0 ? [] : [`skip_lines: ${dialect.skipLines}`]),
    ...(dialect.skipFooter === 0 ? [] : [`skip_footer: ${dialect.skipFooter}`]),
    ...(comment === null ? [] : [`comment: ${yamlText(comment)}`]),
    ...(dialect.skipBlankLines ? [] : ['skip_blank_lines: false']),
    ...(dialect.paddedQuotes ? ['padded_quotes: true'] : []),
    ...(dialect.strayQuotes === 'text' ? ['stray_quotes: text'] : []),
  ]
}

function yamlText(text: string): string {
  if (/[^\x20-\x7e\xa1-\uffff]/.test(text)) return JSON.stringify(text)
  return text.includes("'") ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : `'${text}'`
}

/** A dialect as the scanner wants it: bytes, and for each state a table of the bytes that end a run of plain ones. */
export interface ByteDialect {
  /** The first byte of the delimiter. */
  readonly delimiter: number
  readonly delimiterBytes: Buffer
  /** -1: none. */
  readonly quote: number
  /** -1: the doubled quote. */
  readonly escape: number
  /** 1 for delimiter, line ends and quote: where a plain field has to be looked at. */
  readonly plainStops: Uint8Array
  /** 1 for quote, escape and line ends: where a quoted field has to be looked at. */
  readonly quotedStops: Uint8Array
  /** Needs the reader that knows everything and is slower. */
  readonly rare: boolean
  readonly padded: boolean
  readonly strayText: boolean
  /** Empty: no line is a comment. */
  readonly comment: Buffer
  /** Fields are quoted by `"`, doubled inside, and by nothing else. */
  readonly canonical: boolean
}

export const LF = 0x0a
export const CR = 0x0d
const DOUBLE_QUOTE = 0x22

/** Turns a dialect into byte tables. */
export function byteDialect(dialect: Separators): ByteDialect {
  const { encoding, paddedQuotes: padded } = dialect
  const delimiterBytes = encodeText(dialect.delimiter, encoding)
  const delimiter = delimiterBytes[0] ?? -1
  const quote = byteOf(dialect.quote)
  const escape = dialect.escape === dialect.quote ? -1 : byteOf(dialect.escape)
  const strayText = dialect.strayQuotes === 'text' && quote !== -1
  const rare = delimiterBytes.length > 1 || padded || strayText || (quote === -1 && escape !== -1)
  return {
    delimiter,
    delimiterBytes,
    quote,
    escape,
    plainStops: stops(delimiter, quote, rare && quote === -1 ? escape : -1, LF, CR),
    quotedStops: stops(quote, escape, LF, CR),
    rare,
    padded,
    strayText,
    comment: dialect.comment === null ? NOTHING : encodeText(dialect.comment, encoding),
    canonical: quote === DOUBLE_QUOTE && escape === -1 && !rare,
  }
}

const NOTHING = Buffer.alloc(0)

const byteOf = (mark: string | null): number => mark?.charCodeAt(0) ?? -1

function stops(...bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of bytes) if (byte >= 0) table[byte] = 1
  return table
}
