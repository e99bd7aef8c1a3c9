import { OnclockError } from '../../pipeline/errors.ts'
import { detectEncoding, type EncodingGuess } from './detect-encoding.ts'
import { byteDialect, type Dialect, type DialectPins } from './dialect.ts'
import { decodeText, openBytes, separable } from './read-bytes.ts'
import { RecordReader } from './read-record.ts'
import { refuseBinary, refuseOtherKinds, requireFile } from './refuse-input.ts'
import { excelSeparator, readSample, skipBlankLines, sniffDialect } from './sniff-dialect.ts'
import { looksLikeHeader, nameColumns } from './sniff-header.ts'
import { splitRecord } from './split-record.ts'

const SAMPLE_BYTES = 1 << 20
const HEADER_SAMPLE_RECORDS = 50

/** What a look at the beginning of a file has found. */
export interface CsvLook {
  readonly path: string
  readonly gzip: boolean
  readonly bytes: number
  readonly dialect: Dialect
  /** The encoding was pinned or a byte order mark says it: the scan does not correct it. */
  readonly encodingCertain: boolean
  readonly columns: readonly string[]
  /** The header's text, to find it again further down; null without header. */
  readonly headerText: Buffer | null
  /** Where the data begins, in the bytes that are scanned, and on which physical line. */
  readonly dataStart: number
  readonly dataLine: number
  readonly warnings: readonly string[]
}

/** Refuses what is not a CSV file, and finds out how the rest is to be read. `shown` names the file in messages. */
export async function lookAtCsv(
  path: string,
  shown: string,
  options: { readonly pins: DialectPins; readonly expectedColumns: readonly string[] },
): Promise<CsvLook> {
  const bytes = await requireFile(path, shown)
  const raw = await firstBytes(openBytes(path, false).chunks, SAMPLE_BYTES)
  const gzip = raw[0] === 0x1f && raw[1] === 0x8b
  const delivered = gzip ? await firstBytes(openBytes(path, true).chunks, SAMPLE_BYTES) : raw
  refuseOtherKinds(delivered, shown)
  const encoding = chooseEncoding(delivered, options.pins)
  const sample = await firstBytes(separable(once(delivered), encoding.encoding), SAMPLE_BYTES * 2)
  refuseBinary(sample.subarray(0, 65_536), shown)
  const whole = delivered.length < SAMPLE_BYTES
  return { path, gzip, bytes, ...readHead(sample, whole, encoding, { ...options, shown }) }
}

function chooseEncoding(sample: Buffer, pins: DialectPins): EncodingGuess {
  const guess = detectEncoding(sample)
  if (pins.encoding === undefined) return guess
  return { encoding: pins.encoding, certain: true, markBytes: pins.encoding === guess.encoding ? guess.markBytes : 0 }
}

interface HeadOptions {
  readonly pins: DialectPins
  readonly expectedColumns: readonly string[]
  readonly shown: string
}

function readHead(
  sample: Buffer,
  whole: boolean,
  guess: EncodingGuess,
  options: HeadOptions,
): Omit<CsvLook, 'path' | 'gzip' | 'bytes'> {
  const top = skipTop(sample, guess, options.shown)
  const text = sample.subarray(top.at)
  const pins = top.delimiter === null ? options.pins : { delimiter: top.delimiter, ...options.pins }
  const separators = sniffDialect(text, whole, pins)
  const bytes = byteDialect(separators)
  const records = firstRecords(text, whole, bytes)
  const cells = records.map((record) => record.fields.map((field) => decodeText(Buffer.from(field, 'latin1'), guess.encoding)))
  const header = options.pins.header ?? looksLikeHeader(cells, options.expectedColumns)
  const dialect = { encoding: guess.encoding, ...separators, header }
  const [first] = records
  if (!header || first === undefined) {
    return {
      dialect,
      encodingCertain: guess.certain,
      ...numbered(readSample(text, whole, bytes).width),
      headerText: null,
      dataStart: top.at,
      dataLine: top.line,
    }
  }
  return {
    dialect,
    encodingCertain: guess.certain,
    ...nameColumns(cells[0] ?? []),
    headerText: Buffer.from(text.subarray(0, first.textEnd)),
    dataStart: top.at + first.end,
    dataLine: top.line + first.lines,
  }
}

interface Top {
  readonly at: number
  readonly line: number
  readonly delimiter: string | null
}

/** Behind the byte order mark, Excel's `sep=` line and blank lines. */
function skipTop(sample: Buffer, { markBytes }: EncodingGuess, shown: string): Top {
  // A byte order mark is three bytes of UTF-8 in the sample, whatever it was in the file.
  const mark = markBytes === 0 ? 0 : 3
  const separator = excelSeparator(sample.subarray(mark))
  const blank = skipBlankLines(sample, mark + (separator?.end ?? 0))
  if (blank.at >= sample.length) {
    throw new OnclockError('INPUT_UNREADABLE', `${shown} holds blank lines only`, {
      hint: 'Export the file again, or point input_file at another one.',
    })
  }
  return { at: blank.at, line: 1 + (separator === null ? 0 : 1) + blank.lines, delimiter: separator?.delimiter ?? null }
}

function numbered(width: number): ReturnType<typeof nameColumns> {
  return { columns: Array.from({ length: width }, (_, index) => `column${index + 1}`), warnings: [] }
}

interface HeadRecord {
  readonly fields: readonly string[]
  readonly textEnd: number
  readonly end: number
  readonly lines: number
}

function firstRecords(text: Buffer, whole: boolean, dialect: ReturnType<typeof byteDialect>): readonly HeadRecord[] {
  const reader = new RecordReader(dialect)
  reader.bytes = text
  reader.limit = text.length
  reader.final = whole
  const records: HeadRecord[] = []
  for (let start = 0; start < text.length && records.length < HEADER_SAMPLE_RECORDS; start = reader.end) {
    if (!reader.read(start)) {
      if (records.length > 0) break
      // The very first record is longer than the sample.
      reader.final = true
      reader.read(start)
    }
    if (reader.problem !== null && reader.firstLineEnd > 0) {
      reader.end = reader.textEnd = reader.firstLineEnd
      reader.lines = 1
    }
    if (reader.textEnd > start) {
      records.push({
        fields: splitRecord(text, start, reader.textEnd, dialect),
        textEnd: reader.textEnd,
        end: reader.end,
        lines: reader.lines,
      })
    }
  }
  return records
}

async function firstBytes(chunks: AsyncIterable<Buffer>, wanted: number): Promise<Buffer> {
  const taken: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    taken.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes >= wanted) break
  }
  return Buffer.concat(taken)
}

async function* once(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk
}
