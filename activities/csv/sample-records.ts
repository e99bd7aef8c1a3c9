import { commentEnd } from './comment-line.ts'
import type { ByteDialect } from './dialect.ts'
import { createRecordReader } from './read-rare-record.ts'
import type { RecordProblem } from './read-record.ts'

/** One record of a sample. */
export interface SampleRecord {
  readonly start: number
  readonly textEnd: number
  readonly end: number
  readonly lines: number
  readonly fields: number
  readonly problem: RecordProblem | null
}

/**
 * The records of a sample, comments and blank lines left out. A faulty record that spans lines is cut behind its first one,
 * and so is what comes last in a sample that is not whole left out, unless it is all there is.
 */
export function* sampleRecords(sample: Buffer, whole: boolean, dialect: ByteDialect): Generator<SampleRecord> {
  const reader = createRecordReader(dialect)
  reader.bytes = sample
  reader.limit = sample.length
  reader.final = whole
  let found = false
  for (let start = 0; start < sample.length; start = reader.end) {
    const comment = commentEnd(sample, start, sample.length, { mark: dialect.comment, final: true })
    if (comment > 0) {
      reader.end = comment
      continue
    }
    if (!reader.read(start)) {
      if (found) return
      reader.final = true
      reader.read(start)
    }
    if (reader.problem !== null && reader.firstLineEnd > 0) {
      reader.end = reader.textEnd = reader.firstLineEnd
      reader.lines = 1
    }
    if (isBlank(sample, start, reader.textEnd)) continue
    found = true
    const { textEnd, end, lines, fields, problem } = reader
    yield { start, textEnd, end, lines, fields, problem }
  }
}

/** Whether there is nothing but blanks. */
function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false
  }
  return true
}
