import { CR, LF } from './dialect.ts'
import type { RecordReader } from './read-record.ts'

/** Bytes behind a faulty record that the recovery wants to see before it decides. */
export const LOOK_AHEAD_BYTES = 256 << 10
/** Lines that an unclosed quote may have swallowed before the record that is tried next. */
const MAX_LINES_TRIED = 32

export interface Recovery {
  readonly textEnd: number
  readonly end: number
  readonly lines: number
}

interface FaultyRecord {
  readonly start: number
  readonly width: number
  readonly used: number
  readonly final: boolean
}

/**
 * Where a faulty record of several lines really ends: at the first of its lines behind which a sound record begins. Null:
 * no line gives such a reading, and the record covers the lines it seems to cover.
 */
export function findRecovery(trial: RecordReader, faulty: RecordReader, record: FaultyRecord): Recovery | null {
  const { bytes } = faulty
  let lineEnd = faulty.firstLineEnd
  for (let lines = 1; lines <= MAX_LINES_TRIED && lineEnd < faulty.end; lines += 1) {
    if (beginsSoundRecord(trial, lineEnd, record)) return { textEnd: withoutLineEnd(bytes, lineEnd), end: lineEnd, lines }
    lineEnd = nextLine(bytes, lineEnd, faulty.end)
  }
  // Nothing that begins with an unclosed quote can be sound: its first line is all that it may take with it.
  if (faulty.problem !== 'unclosed_quote' || lineEnd >= faulty.end) return null
  return { textEnd: withoutLineEnd(bytes, faulty.firstLineEnd), end: faulty.firstLineEnd, lines: 1 }
}

function beginsSoundRecord(trial: RecordReader, start: number, { width, used, final }: FaultyRecord): boolean {
  const limit = Math.min(used, start + LOOK_AHEAD_BYTES)
  trial.limit = limit
  trial.final = final && limit === used
  return trial.read(start) && trial.problem === null && trial.fields === width
}

function nextLine(bytes: Uint8Array, from: number, limit: number): number {
  for (let at = from; at < limit; at += 1) {
    if (bytes[at] === LF) return at + 1
    if (bytes[at] === CR) return bytes[at + 1] === LF ? at + 2 : at + 1
  }
  return limit
}

function withoutLineEnd(bytes: Uint8Array, end: number): number {
  if (bytes[end - 1] === CR) return end - 1
  return bytes[end - 2] === CR ? end - 2 : end - 1
}
