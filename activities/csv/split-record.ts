import type { ByteDialect } from './dialect.ts'
import { RareRecordReader } from './read-rare-record.ts'

/** The fields of one record as byte strings (latin1), quotes taken off and escapes undone. Slow: headers, samples, odd dialects. */
export function splitRecord(bytes: Buffer, start: number, end: number, dialect: ByteDialect): readonly string[] {
  const reader = new RareRecordReader(dialect)
  reader.bytes = bytes
  reader.limit = end
  reader.final = true
  reader.cells = []
  reader.read(start)
  return reader.cells
}

/** Fields as one RFC 4180 record, quoted where they must be. */
export function joinRecord(fields: readonly string[], delimiter: string): string {
  return fields
    .map((field) =>
      field.includes('"') || field.includes(delimiter) || /[\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field,
    )
    .join(delimiter)
}
