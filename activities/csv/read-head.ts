import type { EncodingGuess } from './detect-encoding.ts'
import { byteDialect, type Dialect, type DialectPins, PLAIN, type Separators } from './dialect.ts'
import { fitHeader } from './fit-header.ts'
import { behindHashLines } from './hash-lines.ts'
import { decodeText } from './read-bytes.ts'
import { sampleRecords } from './sample-records.ts'
import { type FileTop, skipTop, topAbove } from './skip-top.ts'
import { readSample, sniffDialect } from './sniff-dialect.ts'
import { type ColumnNames, looksLikeHeader } from './sniff-header.ts'
import { preambleRecords } from './sniff-preamble.ts'
import { splitRecord } from './split-record.ts'

const HEADER_SAMPLE_RECORDS = 50
const HASH = 0x23

/** What the beginning of a file says about the rest. */
export interface CsvHead {
  readonly dialect: Dialect
  /** The encoding was pinned or a byte order mark says it: the scan does not correct it. */
  readonly encodingCertain: boolean
  readonly columns: readonly string[]
  /** The header's text, to find it again further down; null without header. */
  readonly headerText: Buffer | null
  /** Where the data begins, in the bytes that are scanned, and on which physical line. */
  readonly dataStart: number
  readonly dataLine: number
  /** The lines above the header. */
  readonly top: Pick<FileTop, 'preamble' | 'blank' | 'comment'>
  readonly warnings: readonly string[]
}

export interface HeadOptions {
  /** The file has no more than the sample. */
  readonly whole: boolean
  readonly pins: DialectPins
  readonly expectedColumns: readonly string[]
  readonly shown: string
}

/** Finds out from a sample of a file how it is to be read. */
export function readHead(sample: Buffer, guess: EncodingGuess, options: HeadOptions): CsvHead {
  const top = skipTop(sample, guess, options)
  const pins = top.delimiter === null ? options.pins : { delimiter: top.delimiter, ...options.pins }
  const first = readTable(sample.subarray(top.at), guess, { ...options, pins })
  const above = pins.skipLines === undefined ? preambleEnd(first, { ...options, pins }) : 0
  if (above === 0) return describe(first, top, { ...options, pins })
  const lower = topAbove(sample, guess, top.at + above)
  const table = readTable(sample.subarray(lower.at), guess, { ...options, pins })
  return describe(table, lower, { ...options, pins: { ...pins, skipLines: lower.preamble } })
}

/** The beginning of a table, read in the way that suits it. */
interface HeadTable {
  readonly text: Buffer
  readonly guess: EncodingGuess
  readonly separators: Separators
  readonly records: readonly HeadRecord[]
  readonly width: number
}

interface HeadRecord {
  readonly cells: readonly string[]
  readonly start: number
  readonly textEnd: number
  readonly end: number
  readonly lines: number
  readonly apart: boolean
}

function readTable(text: Buffer, guess: EncodingGuess, { whole, pins }: HeadOptions): HeadTable {
  const { encoding } = guess
  const separators = sniffDialect(text, { whole, pins, encoding })
  const dialect = byteDialect(separators)
  const records: HeadRecord[] = []
  let end = 0
  for (const record of sampleRecords(text, whole, dialect)) {
    const fields = splitRecord(text, record.start, record.textEnd, dialect)
    const cells = fields.map((field) => decodeText(Buffer.from(field, 'latin1'), encoding))
    records.push({ ...record, cells, apart: record.start > end })
    end = record.end
    if (records.length >= HEADER_SAMPLE_RECORDS) break
  }
  return { text, guess, separators, records, width: readSample(text, whole, separators).width }
}

/** Where in the text the table begins, behind a preamble; 0: there is none. */
function preambleEnd({ text, guess, records, width }: HeadTable, options: HeadOptions): number {
  const { pins, expectedColumns } = options
  if (text[0] === HASH) {
    const end = behindHashLines(text, (below) => widthOf(below, guess, options))
    if (end > 0) return end
  }
  const above = preambleRecords(records, { width, header: pins.header, expected: expectedColumns })
  return records[above]?.start ?? 0
}

function widthOf(
  text: Buffer,
  { encoding }: EncodingGuess,
  { whole, pins }: HeadOptions,
): ReturnType<Parameters<typeof behindHashLines>[1]> {
  const separators = sniffDialect(text, { whole, pins, encoding })
  const dialect = byteDialect(separators)
  return {
    width: readSample(text, whole, separators).width,
    cellsOf: (line) => splitRecord(line, 0, line.length, dialect),
  }
}

function describe(table: HeadTable, top: FileTop, { pins, expectedColumns }: HeadOptions): CsvHead {
  const { records, separators, guess, text } = table
  const [first] = records
  const header =
    pins.header ??
    looksLikeHeader(
      records.map(({ cells }) => cells),
      expectedColumns,
    )
  const { skipLines = PLAIN.skipLines, skipFooter = PLAIN.skipFooter } = pins
  const dialect = { ...separators, header, skipLines, skipFooter }
  const { preamble, blank, comment } = top
  const known = { dialect, encodingCertain: guess.certain, top: { preamble, blank, comment } }
  if (!header || first === undefined) {
    return { ...known, ...numbered(table.width), headerText: null, dataStart: top.at, dataLine: top.line }
  }
  return {
    ...known,
    ...fitHeader(first.cells, tableBelow(records)),
    headerText: Buffer.from(text.subarray(first.start, first.textEnd)),
    dataStart: top.at + first.end,
    dataLine: top.line + first.lines,
  }
}

function numbered(width: number): ColumnNames {
  return { columns: Array.from({ length: width }, (_, index) => `column${index + 1}`), warnings: [] }
}

function tableBelow([header, ...below]: readonly HeadRecord[]): Parameters<typeof fitHeader>[1] {
  const counts = new Map<number, number>()
  for (const { cells } of below) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1)
  const [width, regular] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most), [0, 0])
  const behind = below.flatMap(({ cells }) => (cells.length === width ? cells.slice(header?.cells.length ?? 0) : []))
  return { records: below.length, width, regular, emptyBehind: behind.every((cell) => cell.trim() === '') }
}
