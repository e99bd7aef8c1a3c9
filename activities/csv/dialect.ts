/** Encodings that intake reads. `latin-1` differs from `windows-1252` in the bytes 0x80–0x9f only. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'latin-1'

/** How the fields of a file are told apart. Every character is one ASCII byte. */
export interface Dialect {
  readonly encoding: Encoding
  readonly delimiter: string
  /** Null: nothing is quoted, a quote is a character like any other. */
  readonly quote: string | null
  /** The quote itself (doubled quotes, RFC 4180) or another character such as a backslash; null without quotes. */
  readonly escape: string | null
  readonly header: boolean
}

/** What the YAML fixes; the rest is found out. */
export type DialectPins = { readonly [Key in keyof Dialect]?: Dialect[Key] }

/** The YAML lines that pin what was found, ready to be pasted into a stage's config. */
export function dialectYaml(dialect: Dialect): readonly string[] {
  return [
    `encoding: ${dialect.encoding}`,
    `delimiter: ${yamlCharacter(dialect.delimiter)}`,
    `quote: ${dialect.quote === null ? 'none' : yamlCharacter(dialect.quote)}`,
    ...(dialect.escape === null || dialect.escape === dialect.quote ? [] : [`escape: ${yamlCharacter(dialect.escape)}`]),
    `header: ${dialect.header}`,
  ]
}

function yamlCharacter(character: string): string {
  if (character === '\t') return '"\\t"'
  return character === "'" ? `"'"` : `'${character}'`
}

/** A dialect as the scanner wants it: bytes, and for each state a table of the bytes that end a run of plain ones. */
export interface ByteDialect {
  readonly delimiter: number
  /** -1: none. */
  readonly quote: number
  /** -1: the doubled quote. */
  readonly escape: number
  /** 1 for delimiter, line ends and quote: where a plain field has to be looked at. */
  readonly plainStops: Uint8Array
  /** 1 for quote, escape and line ends: where a quoted field has to be looked at. */
  readonly quotedStops: Uint8Array
  /** Records can be copied as they are for a reader that knows `"`, doubled. */
  readonly canonical: boolean
}

export const LF = 0x0a
export const CR = 0x0d
export const DOUBLE_QUOTE = 0x22

/** Turns a dialect into byte tables. */
export function byteDialect(dialect: Pick<Dialect, 'delimiter' | 'quote' | 'escape'>): ByteDialect {
  const delimiter = dialect.delimiter.charCodeAt(0)
  const quote = dialect.quote === null ? -1 : dialect.quote.charCodeAt(0)
  const escape =
    dialect.quote === null || dialect.escape === null || dialect.escape === dialect.quote ? -1 : dialect.escape.charCodeAt(0)
  return {
    delimiter,
    quote,
    escape,
    plainStops: stops(delimiter, quote, LF, CR),
    quotedStops: stops(quote, escape, LF, CR),
    canonical: quote === DOUBLE_QUOTE && escape === -1,
  }
}

function stops(...bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of bytes) if (byte >= 0) table[byte] = 1
  return table
}
