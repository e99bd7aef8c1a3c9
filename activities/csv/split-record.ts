import type { ByteDialect } from './dialect.ts'

/** The fields of one record as byte strings (latin1), quotes taken off and escapes undone. Slow: headers, samples, odd dialects. */
export function splitRecord(bytes: Buffer, start: number, end: number, dialect: ByteDialect): readonly string[] {
  return splitText(bytes.toString('latin1', start, end), dialect)
}

function splitText(text: string, dialect: ByteDialect): readonly string[] {
  const delimiter = String.fromCharCode(dialect.delimiter)
  if (dialect.quote === -1) return text.split(delimiter)
  const fields: string[] = []
  for (let at = 0; ; at += 1) {
    const field = readField(text, at, dialect)
    fields.push(field.value)
    at = field.end
    if (at >= text.length) return fields
  }
}

function readField(text: string, start: number, dialect: ByteDialect): { value: string; end: number } {
  const delimiter = String.fromCharCode(dialect.delimiter)
  const quote = String.fromCharCode(dialect.quote)
  let value = ''
  let at = start
  if (text[at] === quote) {
    const closing = closingQuote(text, at + 1, dialect)
    value = unescape(text.slice(at + 1, closing), dialect)
    at = closing + 1
  }
  const end = text.indexOf(delimiter, at)
  const stop = end === -1 ? text.length : end
  return { value: value + text.slice(at, stop), end: stop }
}

function closingQuote(text: string, from: number, dialect: ByteDialect): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === dialect.escape) at += 1
    else if (code === dialect.quote) {
      if (dialect.escape !== -1 || text.charCodeAt(at + 1) !== dialect.quote) return at
      at += 1
    }
  }
  return text.length
}

/** A backslash escapes quotes and itself; before other characters it stands for itself. */
function unescape(text: string, dialect: ByteDialect): string {
  const quote = String.fromCharCode(dialect.quote)
  if (dialect.escape === -1) return text.replaceAll(quote + quote, quote)
  const escape = String.fromCharCode(dialect.escape)
  return text.includes(escape)
    ? text
        .replaceAll(escape + escape, '\0')
        .replaceAll(escape + quote, quote)
        .replaceAll('\0', escape)
    : text
}

/** Fields as one RFC 4180 record, quoted where they must be. */
export function joinRecord(fields: readonly string[], delimiter: string): string {
  return fields
    .map((field) =>
      field.includes('"') || field.includes(delimiter) || /[\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field,
    )
    .join(delimiter)
}
