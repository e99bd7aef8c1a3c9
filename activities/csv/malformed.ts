/** Why a record cannot be taken apart into the columns of its file. */
export type MalformedRule =
  | 'too_many_fields'
  | 'too_few_fields'
  | 'stray_quote'
  | 'text_after_quote'
  | 'unclosed_quote'
  | 'invalid_byte'
  | 'nul_character'
  | 'repeated_header'

/** A record that was left out before loading, with its place in the bytes as delivered. */
export interface MalformedRecord {
  readonly rule: MalformedRule
  /** Never holds a value of the file. */
  readonly message: string
  readonly record: number
  readonly line: number
  /** The last physical line it covers. */
  readonly endLine: number
  readonly byte: number
}

/** What to say about a malformed record, in a few words for people. */
export function malformedMessage(
  rule: MalformedRule,
  facts: { fields: number; expected: number; line: number; endLine: number; encoding: string },
): string {
  const across = facts.endLine > facts.line ? ` (lines ${facts.line} to ${facts.endLine})` : ''
  return `${sayRule(rule, facts)}${across}`
}

function sayRule(
  rule: MalformedRule,
  { fields, expected, encoding }: { fields: number; expected: number; encoding: string },
): string {
  switch (rule) {
    case 'too_many_fields':
    case 'too_few_fields':
      return `has ${fields} fields where ${expected} are expected`
    case 'stray_quote':
      return 'has a quote inside a field that is not quoted'
    case 'text_after_quote':
      return 'has text behind a closing quote'
    case 'unclosed_quote':
      return 'opens a quote that is not closed'
    case 'invalid_byte':
      return `has a byte that is not ${encoding.replace(/^utf/, 'UTF')}`
    case 'nul_character':
      return 'has a NUL character'
    case 'repeated_header':
      return 'repeats the header'
    default:
      return rule satisfies never
  }
}
