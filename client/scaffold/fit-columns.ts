import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { parse } from 'csv-parse/sync'
import { dialectYaml } from '../../activities/csv/dialect.ts'
import { isPattern, openInputFiles, type SourceFile } from '../../activities/csv/input-files.ts'
import { type CsvLook, firstBytes, lookAtCsv } from '../../activities/csv/look-at-csv.ts'
import { decodeText, openBytes } from '../../activities/csv/read-bytes.ts'
import { separableText } from '../../activities/csv/separable-text.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import { type FittedType, fitType } from './fit-type.ts'

const SAMPLE_BYTES = 1 << 19
/** Of each stretch. */
const MOST_RECORDS = 2000
/** Of those that a glob matches. */
const MOST_FILES = 10

/** A column of a file as far as a sample shows what it holds. */
export interface FittedColumn {
  readonly name: string
  readonly type: FittedType['type']
  /** Keys that say how its values are written, where it is not the normal way. */
  readonly form: FittedType['form']
  /** What its values leave open; null: nothing. */
  readonly note: string | null
  /** Every record of the sample has a value. */
  readonly full: boolean
  /** Characters of a value, on average. */
  readonly length: number
  /** All values of the sample, sorted, where they are few and come again and again; null otherwise. */
  readonly values: readonly string[] | null
  /** Values that look like whole numbers which a spreadsheet has shortened, `7.5E+18`: their digits are lost. */
  readonly shortened: number
}

/** What a pipeline for a file is fitted to. */
export interface FittedInput {
  /** Of the first file. */
  readonly look: CsvLook
  /** YAML lines that pin how the files are read, as far as all are read alike. */
  readonly pins: readonly string[]
  readonly columns: readonly FittedColumn[]
  readonly sampled: number
}

/**
 * Looks at a sample of a CSV file, or of the first of the files that a glob matches: their columns are those of the first.
 * `shown` names the file in messages. @throws OnclockError FILE_NOT_FOUND, INPUT_UNREADABLE.
 */
export async function fitColumns(path: string, shown: string): Promise<FittedInput> {
  if (!isPattern(path) && !existsSync(path)) {
    throw new OnclockError('FILE_NOT_FOUND', `${shown} does not exist`, {
      hint: `It would be ${path}; a path that is typed begins where the command is typed, or with -C in that folder.`,
    })
  }
  const files = await openInputFiles(path, dirname(path), undefined)
  const named = isPattern(path) ? files : ([{ ...files[0], shown }] as const)
  const look = await lookAt(named[0], [])
  const records = await sample(look.path, look)
  const pins = new Set(dialectYaml(look.dialect))
  for (const file of named.slice(1, MOST_FILES)) {
    const other = await lookAt(file, look.columns)
    const said = dialectYaml(other.dialect)
    for (const line of pins) if (!said.includes(line)) pins.delete(line)
    const positions = look.columns.map((name) => other.columns.indexOf(name))
    for (const record of await sample(other.path, other)) records.push(positions.map((at) => record[at] ?? ''))
  }
  const columns = look.columns.map((name, index) => {
    const cells = records.map((record) => (record[index] ?? '').trim())
    const values = cells.filter((cell) => cell !== '')
    const { type, form, note } = fitType(name, values)
    return {
      name,
      type,
      form,
      note,
      full: values.length === cells.length && cells.length > 0,
      length: average(values),
      values: type === 'text' ? fewValues(values) : null,
      shortened: values.filter((value) => SHORTENED.test(value)).length,
    }
  })
  return { look, pins: [...pins], columns, sampled: records.length }
}

function lookAt({ path, shown, member }: SourceFile, expectedColumns: readonly string[]): Promise<CsvLook> {
  return lookAtCsv(path, shown, { pins: {}, expectedColumns, ...(member === undefined ? {} : { member }) })
}

/** Excel writes numbers of more than eleven digits so. */
const SHORTENED = /^\d(?:[.,]\d+)?E\+\d{2}$/

const MOST_VALUES = 12
const LONGEST_VALUE = 40
/** A value has to come so often, on average, that a column of different texts is not taken for a set. */
const TIMES_SEEN = 5

function fewValues(values: readonly string[]): string[] | null {
  const different = [...new Set(values)]
  if (different.length === 0 || different.length > MOST_VALUES || values.length < different.length * TIMES_SEEN) return null
  return different.every((value) => value.length <= LONGEST_VALUE) ? different.sort() : null
}

function average(values: readonly string[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value.length, 0) / values.length
}

/** Records of the beginning, and of a long file of its middle and end too: files are often sorted. */
async function sample(path: string, look: CsvLook): Promise<string[][]> {
  const begin = await separable(await firstBytes(openBytes(path, look.packing).chunks, SAMPLE_BYTES), look)
  const records = recordsOf(begin.subarray(look.dataStart), look)
  if (look.packing !== null || look.bytes < SAMPLE_BYTES * 3) return records
  for (const at of [look.bytes / 2, look.bytes - SAMPLE_BYTES]) {
    // Even, for UTF-16. Where it begins inside a record, the first line is given up, and what does not fit the header.
    const bytes = await separable(await stretch(path, Math.floor(at / 2) * 2), look)
    const within = bytes.subarray(bytes.indexOf(0x0a) + 1)
    records.push(...recordsOf(within, look).filter((record) => record.length === look.columns.length))
  }
  return records
}

async function separable(bytes: Buffer, { dialect }: CsvLook): Promise<Buffer> {
  return firstBytes(separableText(Readable.from([bytes]) as AsyncIterable<Buffer>, dialect.encoding).chunks, Infinity)
}

function recordsOf(bytes: Buffer, { dialect }: CsvLook): string[][] {
  // The last record of the sample may be cut in two.
  const end = bytes.lastIndexOf(0x0a) + 1
  return parse(decodeText(end === 0 ? bytes : bytes.subarray(0, end), dialect.encoding), {
    delimiter: dialect.delimiter,
    quote: dialect.quote ?? false,
    escape: dialect.escape ?? dialect.quote ?? '"',
    ...(dialect.comment === null ? {} : { comment: dialect.comment, comment_no_infix: true }),
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    to: MOST_RECORDS,
  })
}

async function stretch(path: string, from: number): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, from)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
