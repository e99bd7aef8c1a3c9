import { open } from 'node:fs/promises'
import { gunzipSync, constants } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { type CsvLook, lookAtCsv } from '../../activities/csv/look-at-csv.ts'

const SAMPLE_BYTES = 1 << 20
const MOST_RECORDS = 2000

/** A column of a file as far as its beginning shows what it holds. */
export interface FittedColumn {
  readonly name: string
  readonly type: 'text' | 'id' | 'integer' | 'decimal' | 'date'
  /** Every record of the sample has a value. */
  readonly full: boolean
  /** Characters of a value, on average. */
  readonly length: number
}

/** What a pipeline for a file is fitted to. */
export interface FittedInput {
  readonly look: CsvLook
  readonly columns: readonly FittedColumn[]
  readonly sampled: number
}

/** Looks at the beginning of a CSV file. @throws OnclockError FILE_NOT_FOUND, INPUT_UNREADABLE. */
export async function fitColumns(path: string, shown: string): Promise<FittedInput> {
  const look = await lookAtCsv(path, shown, { pins: {}, expectedColumns: [] })
  const records = await sample(path, look)
  const columns = look.columns.map((name, index) => {
    const cells = records.map((record) => (record[index] ?? '').trim())
    const values = cells.filter((cell) => cell !== '')
    return { name, type: typeOf(name, values), full: values.length === cells.length && cells.length > 0, length: average(values) }
  })
  return { look, columns, sampled: records.length }
}

function average(values: readonly string[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value.length, 0) / values.length
}

/** Careful: a type is proposed only when every value of the sample has it, since a wrong one would reject good rows. */
function typeOf(name: string, values: readonly string[]): FittedColumn['type'] {
  if (values.length === 0) return 'text'
  const every = (pattern: RegExp): boolean => values.every((value) => pattern.test(value))
  if (every(/^\d+$/) && (/(?:^|[_ ])id$/i.test(name) || values.some((value) => value.length > 15 || /^0\d/.test(value))))
    return 'id'
  if (every(/^-?\d{1,15}$/)) return 'integer'
  if (every(/^-?\d{1,12}(?:\.\d{1,9})?$/)) return 'decimal'
  if (every(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/)) return 'date'
  return 'text'
}

async function sample(path: string, { dialect, gzip }: CsvLook): Promise<string[][]> {
  const text = new TextDecoder(dialect.encoding === 'latin-1' ? 'latin1' : dialect.encoding).decode(await beginning(path, gzip))
  // The last record of the sample may be cut in two.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1) || text
  const records = parse(whole, {
    bom: true,
    delimiter: dialect.delimiter,
    quote: dialect.quote ?? false,
    escape: dialect.escape ?? dialect.quote ?? '"',
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    to: MOST_RECORDS + 1,
  })
  return dialect.header ? records.slice(1) : records
}

async function beginning(path: string, gzip: boolean): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0)
    const bytes = buffer.subarray(0, bytesRead)
    return gzip ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes
  } finally {
    await file.close()
  }
}
