import { type ByteDialect, CR } from './dialect.ts'
import { behindLine } from './line-end.ts'
import type { MalformedRule } from './malformed.ts'
import { createRecordReader, RareRecordReader } from './read-rare-record.ts'
import type { RecordReader } from './read-record.ts'

/** Bytes behind a faulty record that the recovery wants to see before it decides. */
export const LOOK_AHEAD_BYTES = 256 << 10
/** Lines that an unclosed quote may have swallowed before the record that is tried next. */
const MAX_LINES_TRIED = 32

/** Where a faulty record really ends, and what is wrong with it. */
export interface Recovery {
  readonly textEnd: number
  readonly end: number
  readonly lines: number
  readonly rule: MalformedRule
}

interface FaultyRecord {
  readonly start: number
  readonly used: number
  readonly final: boolean
}

/** Finds out where a faulty record ends: a quote too many or too few may hide the line ends that count. */
export class RecordRecovery {
  readonly #trial: RecordReader
  readonly #lenient: RareRecordReader
  readonly #width: number
  readonly #quoted: boolean

  constructor(dialect: ByteDialect, width: number) {
    this.#trial = createRecordReader(dialect)
    this.#lenient = new RareRecordReader({ ...dialect, rare: true, strayText: true })
    this.#width = width
    this.#quoted = dialect.quote !== -1 && !dialect.strayText
  }

  /** Whether the record that was read last may end elsewhere than it seems to. */
  isInDoubt({ problem, firstLineEnd, fields }: RecordReader): boolean {
    if (problem === null) return fields < this.#width && this.#quoted
    return firstLineEnd > 0 || problem !== 'unclosed_quote'
  }

  /** Null: no other reading makes more sense, and the record covers the lines it seems to cover. */
  find(faulty: RecordReader, record: FaultyRecord): Recovery | null {
    this.#trial.bytes = faulty.bytes
    if (faulty.problem === null) return this.#findLostOpening(faulty, record)
    const earlier = faulty.firstLineEnd > 0 ? this.#findEarlierEnd(faulty, record) : null
    if (earlier !== null || faulty.problem === 'unclosed_quote') return earlier
    // With all of its fields it is whole; what follows may be damaged too.
    const isShort = faulty.problem === 'text_after_quote' && faulty.fields !== this.#width
    const later = isShort ? this.#findLaterEnd(faulty, record) : null
    return later ?? this.#findTail(faulty, record)
  }

  /** An unclosed quote has swallowed lines: the record ends at the first of them behind which a sound record begins. */
  #findEarlierEnd(faulty: RecordReader, record: FaultyRecord): Recovery | null {
    const { bytes } = faulty
    const ending = (end: number, lines: number): Recovery => {
      return { textEnd: withoutLineEnd(bytes, end), end, lines, rule: 'unclosed_quote' }
    }
    let lineEnd = faulty.firstLineEnd
    for (let lines = 1; lines <= MAX_LINES_TRIED && lineEnd < faulty.end; lines += 1) {
      if (this.#beginsSoundRecord(lineEnd, record)) return ending(lineEnd, lines)
      lineEnd = behindLine(bytes, lineEnd, faulty.end)
    }
    // Nothing that begins with an unclosed quote can be sound: its first line is all that it may take with it.
    return faulty.problem === 'unclosed_quote' && lineEnd < faulty.end ? ending(faulty.firstLineEnd, 1) : null
  }

  /** A quote inside a quoted cell has seemed to close it: the cell goes on for some lines. */
  #findLaterEnd(faulty: RecordReader, record: FaultyRecord): Recovery | null {
    const lenient = this.#lenient
    lenient.bytes = faulty.bytes
    this.#limit(lenient, record.start, record)
    if (!lenient.read(record.start) || lenient.problem !== null || lenient.fields !== this.#width) return null
    const { textEnd, end, lines } = lenient
    if (end <= faulty.end || lines > MAX_LINES_TRIED || this.#holdsSoundRecord(faulty, end, record)) return null
    const goesOn = end >= record.used || this.#beginsSoundRecord(end, record)
    return goesOn ? { textEnd, end, lines, rule: 'text_after_quote' } : null
  }

  /** The opening quote of a cell of several lines is lost: its closing one is in a line below, and the fields add up. */
  #findLostOpening(faulty: RecordReader, record: FaultyRecord): Recovery | null {
    const tail = this.#findTail(faulty, record)
    return tail !== null && faulty.fields + tail.fields === this.#width ? tail : null
  }

  /**
   * Lines below a faulty record that cannot be records: the rest of a cell of several lines, which ends with the quote that
   * seems to have no begin, and behind which a sound record begins.
   */
  #findTail(faulty: RecordReader, record: FaultyRecord): (Recovery & { readonly fields: number }) | null {
    const trial = this.#trial
    let fields = 0
    let at = faulty.end
    for (let lines = faulty.lines + 1; lines <= MAX_LINES_TRIED && at < record.used; lines += 1) {
      this.#limit(trial, at, record)
      if (!trial.read(at) || trial.fields >= this.#width) return null
      fields += trial.fields - 1
      const { textEnd, end, problem } = trial
      if (problem !== 'stray_quote' && trial.firstLineEnd > 0) return null
      if (problem === 'stray_quote') {
        lines += trial.lines - 1
        const goesOn = end >= record.used || this.#beginsSoundRecord(end, record)
        return goesOn ? { textEnd, end, lines, rule: faulty.problem ?? 'stray_quote', fields } : null
      }
      if (problem !== null) return null
      at = end
    }
    return null
  }

  /** Whether one of the lines from the end of a record on can be a record of its own. */
  #holdsSoundRecord({ bytes, end }: RecordReader, until: number, record: FaultyRecord): boolean {
    for (let at = end; at < until; at = behindLine(bytes, at, until)) if (this.#beginsSoundRecord(at, record)) return true
    return false
  }

  #beginsSoundRecord(start: number, record: FaultyRecord): boolean {
    const trial = this.#trial
    this.#limit(trial, start, record)
    return trial.read(start) && trial.problem === null && trial.fields === this.#width
  }

  #limit(reader: RecordReader, start: number, { used, final }: FaultyRecord): void {
    reader.limit = Math.min(used, start + LOOK_AHEAD_BYTES)
    reader.final = final && reader.limit === used
  }
}

function withoutLineEnd(bytes: Uint8Array, end: number): number {
  if (bytes[end - 1] === CR) return end - 1
  return bytes[end - 2] === CR ? end - 2 : end - 1
}
