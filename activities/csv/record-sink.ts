import type { CutPlace } from '../cells/cut-records.ts'
import type { MalformedRecord } from './malformed.ts'

/** Takes what the scanner finds, in the order of the file. */
export interface RecordSink {
  /**
   * Takes the records of a stretch of valid bytes that are plainly sound, and moves the place along; where the first one
   * begins that is not. Without it every record is looked at one by one.
   */
  cut?(bytes: Buffer, start: number, limit: number, place: CutPlace): number
  /** A record that fits its header: the bytes between `start` and `end`, without the line end. */
  sound(bytes: Buffer, start: number, end: number, place: RecordPlace): void
  /** A record without its last fields, which are taken for empty. */
  short(bytes: Buffer, start: number, end: number, record: ShortRecord): void
  malformed(bytes: Buffer, start: number, end: number, record: MalformedRecord): void
}

/** A place in the source as delivered. The scanner moves one object along. */
export interface RecordPlace {
  readonly record: number
  readonly line: number
  readonly byte: number
}

interface ShortRecord {
  readonly place: RecordPlace
  readonly missing: number
}
