import type { CellBatch } from '../../cells/cell-batch.ts'
import type { RowRange } from '../../cells/row-range.ts'
import type { CleanStep } from '../../vocabulary/clean-schema.ts'
import type { IntakeColumn } from './intake-columns.ts'
import type { TakeInputCsvConfig } from './config.ts'

/**
 * Whether a cell is certain to leave as it came: no step of cleaning changes it, and it breaks no check. It may say no to
 * a cell that is sound (DuckDB then decides), and never yes to one that is not. An empty cell has `from` = `to`.
 */
type Certain = (bytes: Buffer, from: number, to: number) => boolean

/** How a column's cells are looked at. */
interface CertainColumn {
  /** Spaces, tabs and line ends at both ends are taken off before. */
  readonly trims: boolean
  /** Null: every cell is certain. */
  readonly certain: Certain | null
}

/** Tells the rows that are certain to be kept as they are, or but for white space at the ends of cells, from those that have to be judged. */
export class CertainRows {
  readonly #columns: readonly CertainColumn[]
  /** Columns of which every cell is certain need no look. */
  readonly #looked: readonly number[]
  readonly #trimmed: number[]

  /** Null where no row is ever certain. */
  static of(columns: readonly IntakeColumn[], config: TakeInputCsvConfig, watched: ReadonlySet<string>): CertainRows | null {
    if (isWritten(config)) return null
    const certain = columns.map((column) => certainColumn(column, config, watched.has(column.name)))
    return certain.every((column) => column !== null) ? new CertainRows(certain) : null
  }

  private constructor(columns: readonly CertainColumn[]) {
    this.#columns = columns
    this.#looked = columns.flatMap(({ trims, certain }, index) => (trims || certain !== null ? [index] : []))
    this.#trimmed = columns.map(() => 0)
  }

  /** Cells that white space was taken off from, by column. */
  get trimmed(): readonly number[] {
    return this.#trimmed
  }

  /** The rows that are not certain. White space at the ends of cells is taken off from those that are. */
  doubtful(batch: CellBatch): RowRange {
    const rows = new Int32Array(batch.count)
    let count = 0
    for (let row = 0; row < batch.count; row += 1) {
      if (this.#isCertain(batch, row)) continue
      rows[count] = row
      count += 1
    }
    return { rows, count }
  }

  #isCertain(batch: CellBatch, row: number): boolean {
    const columns = this.#columns
    const { bytes, width, cellStarts, cellEnds } = batch
    let untidy = false
    const looked = this.#looked
    // An iterator would make an object for each cell.
    for (let index = 0; index < looked.length; index += 1) {
      const column = looked[index] as number
      const { trims, certain } = columns[column] as CertainColumn
      const cell = row * width + column
      let from = cellStarts[cell] as number
      const end = cellEnds[cell] as number
      let to = end < 0 ? ~end : end
      if (trims && from < to && ((bytes[from] as number) <= SPACE || (bytes[to - 1] as number) <= SPACE)) {
        untidy = true
        while (from < to && IS_SPACE[bytes[from] as number] === 1) from += 1
        while (from < to && IS_SPACE[bytes[to - 1] as number] === 1) to -= 1
      }
      if (certain !== null && !certain(bytes, from, to)) return false
    }
    if (untidy) this.#trim(batch, row)
    return true
  }

  #trim(batch: CellBatch, row: number): void {
    const { bytes, width, cellStarts, cellEnds } = batch
    for (const column of this.#looked) {
      if (this.#columns[column]?.trims !== true) continue
      const cell = row * width + column
      const begin = cellStarts[cell] as number
      const end = cellEnds[cell] as number
      const stop = end < 0 ? ~end : end
      let [from, to] = [begin, stop]
      while (from < to && IS_SPACE[bytes[from] as number] === 1) from += 1
      while (from < to && IS_SPACE[bytes[to - 1] as number] === 1) to -= 1
      if (from === begin && to === stop) continue
      cellStarts[cell] = from
      cellEnds[cell] = end < 0 && from < to ? ~to : to
      batch.flags[row] = 0
      this.#trimmed[column] = (this.#trimmed[column] ?? 0) + 1
    }
  }
}

const SPACE = 0x20
const PLUS = 0x2b
const LOWER_E = 0x65
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
/** The white space among ASCII. */
const IS_SPACE = Uint8Array.from({ length: 256 }, (_, byte) => (byte === SPACE || (byte >= 0x09 && byte <= 0x0d) ? 1 : 0))

/** Whether numbers are written in another way than ours. */
const isWritten = ({ decimal, group, units }: TakeInputCsvConfig): boolean => (decimal ?? group ?? units) !== undefined

/** Every word of a column that is understood here; with any other one its cells are never certain. */
const UNDERSTOOD = new Set([
  'clean',
  'null_tokens',
  'required',
  'type',
  'in',
  'min',
  'max',
  'above',
  'below',
  'nulls',
  'as',
  'match',
])

/** Null: none of its cells is ever certain. */
function certainColumn({ config: spec }: IntakeColumn, config: TakeInputCsvConfig, isWatched: boolean): CertainColumn | null {
  const said = Object.entries(spec).filter(([, value]) => value !== undefined)
  if (said.some(([key]) => !UNDERSTOOD.has(key)) || spec.nulls === 'fail' || spec.as !== undefined) return null
  const steps = spec.clean ?? (config.trim ? (['trim'] as const) : [])
  const parts = [...steps.map((step) => CLEAN[step]), certainValue(spec)]
  if (parts.includes(null)) return null
  const checks = parts.filter((part) => typeof part === 'function')
  const tokens = [...config.null_tokens, ...(spec.null_tokens ?? [])].filter((token) => token !== '')
  if (tokens.length > 0) checks.push(noneOf(tokens))
  if (isWatched) checks.push(hasNoExponent)
  const whenEmpty = spec.required !== true
  return { trims: steps[0] === 'trim', certain: checks.length === 0 && whenEmpty ? null : all(checks, whenEmpty) }
}

function all(checks: readonly Certain[], whenEmpty: boolean): Certain {
  const [first, second] = checks
  if (first === undefined) return (_bytes, from, to) => from < to || whenEmpty
  if (second === undefined) return (bytes, from, to) => (from === to ? whenEmpty : first(bytes, from, to))
  return (bytes, from, to) => (from === to ? whenEmpty : checks.every((check) => check(bytes, from, to)))
}

/** Null: never certain. */
function certainValue(spec: IntakeColumn['config']): Certain | 'always' | null {
  const bounds = boundsOf(spec)
  if (bounds === null) return null
  const hasBounds = Object.keys(bounds).length > 0
  if (spec.in !== undefined && !isTexts(spec.in)) return null
  const listed = spec.in === undefined ? [] : [oneOf(spec.in)]
  switch (spec.type) {
    case 'integer':
    case 'decimal': {
      const number = numberWithin(bounds, spec.type === 'decimal')
      return listed[0] === undefined ? number : null
    }
    case 'text':
    case 'id':
    case 'enum':
    case undefined:
      if (hasBounds) return null
      return listed[0] ?? 'always'
    default:
      return null
  }
}

interface Bounds {
  readonly min?: number
  readonly max?: number
  readonly above?: number
  readonly below?: number
}

/** Null: a bound that is not a number as it stands. */
function boundsOf({ min, max, above, below }: IntakeColumn['config']): Bounds | null {
  const said = Object.entries({ min, max, above, below }).filter(([, value]) => value !== undefined)
  const numbers = said.map(([key, value]) => [key, isShortNumber(value) ? Number(value) : Number.NaN] as const)
  return numbers.some(([, value]) => Number.isNaN(value)) ? null : (Object.fromEntries(numbers) as Bounds)
}

const isShortNumber = (bound: unknown): boolean =>
  (typeof bound === 'number' || typeof bound === 'string') && /^-?\d{1,15}$/.test(String(bound))

const isTexts = (entries: unknown): entries is readonly string[] =>
  Array.isArray(entries) && entries.every((entry) => typeof entry === 'string')

/** What each step leaves alone for certain; null: not known here. */
const CLEAN: Readonly<Record<CleanStep, Certain | null>> = {
  trim: hasTidyEnds,
  lower: asciiWithout(0x41, 0x5a),
  upper: asciiWithout(0x61, 0x7a),
  fold: asciiWithout(0x41, 0x5a),
  nfc: asciiWithout(0x80, 0x80),
  visible: asciiWithout(0, 0x1f),
  squeeze: null,
}

/** All ASCII, without the characters from `low` to `high`. */
function asciiWithout(low: number, high: number): Certain {
  return (bytes, from, to) => {
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] as number
      if (byte >= 0x7f || (byte >= low && byte <= high)) return false
    }
    return true
  }
}

/** Neither end is white space, nor anything that may be some. */
function hasTidyEnds(bytes: Buffer, from: number, to: number): boolean {
  const first = bytes[from] as number
  const last = bytes[to - 1] as number
  if (first > 0x20 && first < 0x7f && last > 0x20 && last < 0x7f) return true
  return isTidy(bytes, from, to) && isTidy(bytes, leadOfLast(bytes, from, to), to)
}

/** Where the last character begins. */
function leadOfLast(bytes: Buffer, from: number, to: number): number {
  let at = to - 1
  while (at > from && ((bytes[at] as number) & 0xc0) === 0x80) at -= 1
  return at
}

/** Whether the character at `at` is certain to be no white space: all of that lies in four blocks of UTF-8. */
function isTidy(bytes: Buffer, at: number, to: number): boolean {
  const byte = bytes[at] as number
  if (byte < 0x80) return byte > 0x20 && byte < 0x7f
  const next = at + 1 < to ? (bytes[at + 1] as number) : 0
  switch (byte) {
    case 0xc2:
      return next > 0xa0
    case 0xe1:
      return next !== 0x9a && next !== 0xa0
    case 0xe2:
      return next !== 0x80 && next !== 0x81
    case 0xe3:
      return next !== 0x80
    case 0xef:
      return next !== 0xbb
    default:
      return true
  }
}

const MOST_DIGITS = 15

/** Reads numbers of up to fifteen digits: such a number is exact, and so is its comparison. */
class ShortNumber {
  /** The whole numbers that it lies between; the same where it is one. */
  least = 0
  most = 0
  readonly #withPoint: boolean

  constructor(withPoint: boolean) {
    this.#withPoint = withPoint
  }

  /** False where it is no such number, or not for certain. */
  read(bytes: Buffer, from: number, to: number): boolean {
    const negative = bytes[from] === MINUS
    const begin = negative ? from + 1 : from
    if (to === begin || to - begin > MOST_DIGITS) return false
    let value = 0
    let at = begin
    for (; at < to && isDigit(bytes[at] as number); at += 1) value = value * 10 + ((bytes[at] as number) - ZERO)
    if (at < to && (at === begin || !this.#isFraction(bytes, at, to))) return false
    this.#bound(negative ? -value : value, at < to, negative)
    return true
  }

  /** A point with digits behind it. */
  #isFraction(bytes: Buffer, from: number, to: number): boolean {
    if (!this.#withPoint || bytes[from] !== POINT || from + 1 === to) return false
    for (let at = from + 1; at < to; at += 1) if (!isDigit(bytes[at] as number)) return false
    return true
  }

  #bound(whole: number, hasFraction: boolean, negative: boolean): void {
    this.least = hasFraction && negative ? whole - 1 : whole
    this.most = hasFraction && !negative ? whole + 1 : whole
  }
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE

function numberWithin({ min, max, above, below }: Bounds, withPoint: boolean): Certain {
  const number = new ShortNumber(withPoint)
  const [least, most] = [min ?? -Infinity, max ?? Infinity]
  const [over, under] = [above ?? -Infinity, below ?? Infinity]
  return (bytes, from, to) =>
    number.read(bytes, from, to) && number.least >= least && number.most <= most && number.least > over && number.most < under
}

/** `7.5E+18` has an `E+`. */
function hasNoExponent(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at += 1) {
    if (bytes[at] === PLUS && ((bytes[at - 1] as number) | 0x20) === LOWER_E) return false
  }
  return true
}

function oneOf(texts: readonly string[]): Certain {
  const entries = texts.map((text) => Buffer.from(text))
  return (bytes, from, to) => entries.some((entry) => equals(entry, bytes, from, to))
}

function noneOf(texts: readonly string[]): Certain {
  const entries = texts.map((text) => Buffer.from(text))
  return (bytes, from, to) => !entries.some((entry) => equals(entry, bytes, from, to))
}

function equals(entry: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (entry.length !== to - from) return false
  for (let at = 0; at < entry.length; at += 1) if (bytes[from + at] !== entry[at]) return false
  return true
}
