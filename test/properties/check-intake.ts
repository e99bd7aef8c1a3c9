import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import { takeInputCsv } from '../../activities/stages/take-input-csv/stage.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { CsvFile } from './csv-files.ts'
import type { DirtyFile } from './dirty-bytes.ts'
import {
  behindBlankLines,
  lineEndAt,
  lineEndsIn,
  recordAt,
  type SourceText,
  sourceText,
  type ToldDialect,
  trimmed,
} from './slow-csv.ts'
import { type Attempt, attemptStage, readByDuckDb, readCopy, type StageBench } from './stage-bench.ts'

const LENIENT = { budget: { fail: '100%' }, min_output: '0 rows' }
/** How the stage's own output is read; nothing of it is to be guessed. */
const OWN = { encoding: 'utf-8', delimiter: ',', quote: '"', header: true }

/** Names of columns that make a file look like JSON, HTML or one of Excel's: nobody can tell it from those. */
const LIKE_ANOTHER_KIND = /^\W*[[{<]|^"?sep=/i

const take = (bench: StageBench, bytes: Buffer, config: Readonly<Record<string, unknown>>): Promise<Attempt> =>
  attemptStage(bench, takeInputCsv, { ...LENIENT, ...config }, bytes)

/** A sound file comes out as it is, trimmed, each row once. */
export async function checkSoundFile(bench: StageBench, file: CsvFile): Promise<void> {
  const attempt = await take(bench, Buffer.from(file.base64, 'base64'), file.pins)
  const seen = new Map<string, number>()
  const duplicates: [number, number][] = []
  for (const [index, row] of file.rows.entries()) {
    const key = JSON.stringify(row.map(trimmed))
    const kept = seen.get(key)
    if (kept === undefined) seen.set(key, index + 1)
    else duplicates.push([index + 1, kept])
  }
  const { columns, rows } = file
  assert.deepEqual(attempt.rows, { in: rows.length, out: seen.size, rejected: 0, filtered: 0, duplicates: duplicates.length })
  const copy = await readCopy(bench, attempt.output, columns)
  assert.deepEqual(
    copy.map(({ record, cells }) => [record, ...cells]),
    [...seen].map(([key, record]) => [record, ...(JSON.parse(key) as string[])]),
  )
  assert.deepEqual(
    (await attempt.leftOut('duplicates')).map(({ record, kept_record: kept }) => [record, kept]),
    duplicates,
  )
  await checkWritten(bench, attempt)
  await checkPartition(bench, Buffer.from(file.base64, 'base64'), attempt)
  await attempt.discard()
}

/** Whatever the bytes: a named error, or every byte of the data belongs to a row whose fate is told; and the same again. */
export async function checkDirtyFile(bench: StageBench, file: DirtyFile): Promise<void> {
  const bytes = Buffer.from(file.base64, 'base64')
  const attempt = await take(bench, bytes, file.pins).catch((error: unknown) => errorCode(error))
  if (typeof attempt === 'string') {
    assert.equal(await take(bench, bytes, file.pins).then(() => 'no error', errorCode), attempt)
    return
  }
  const { rows } = attempt
  assert.equal(rows.in, rows.out + rows.rejected + rows.filtered + rows.duplicates)
  await checkPartition(bench, bytes, attempt)
  await checkWritten(bench, attempt)
  const again = await take(bench, bytes, file.pins)
  assert.deepEqual(await again.files(), await attempt.files())
  await Promise.all([attempt.discard(), again.discard()])
}

/** The codes with which the intake may refuse a file. */
const REFUSALS = new Set(['INPUT_UNREADABLE'])

function errorCode(error: unknown): string {
  if (error instanceof OnclockError && REFUSALS.has(error.code)) return error.code
  throw error
}

/** The CSV says what the Parquet copy says, to any reader, and changes no more when it is taken in again. */
async function checkWritten(bench: StageBench, attempt: Attempt): Promise<void> {
  const csv = await attempt.csv('output')
  const [columns = [], ...cells] = parse(csv, { relax_column_count: false })
  const copy = await readCopy(bench, attempt.output, columns)
  assert.equal(copy.length, attempt.rows.out)
  assert.deepEqual(
    cells,
    copy.map((row) => row.cells),
  )
  assert.deepEqual(await readByDuckDb(bench, attempt.output, columns), cells)
  const unchanged = { in: cells.length, out: cells.length, rejected: 0, filtered: 0, duplicates: 0 }
  const inputs = LIKE_ANOTHER_KIND.test(csv.toString()) ? [attempt.output] : [csv, attempt.output]
  for (const input of inputs) {
    const again = await attemptStage(bench, takeInputCsv, { ...LENIENT, ...(Buffer.isBuffer(input) ? OWN : {}) }, input)
    assert.deepEqual(again.rows, unchanged)
    assert.equal((await again.csv('output')).toString(), csv.toString())
    await again.discard()
  }
}

interface ToldRow {
  readonly record: number
  readonly line: number
  readonly byte: number
  /** Cells as delivered or cleaned; null for a record that could not be split. */
  readonly cells: readonly string[] | null
  readonly raw: string | null
}

/** The rows that the stage tells of cut the data of the source up without a gap, each at its place and with its text. */
async function checkPartition(bench: StageBench, bytes: Buffer, attempt: Attempt): Promise<void> {
  const dialect = attempt.result.metadata['dialect'] as unknown as ToldDialect
  const columns = (attempt.result.metadata['columns'] as unknown as readonly { readonly name: string }[]).map(({ name }) => name)
  const source = sourceText(bytes, dialect.encoding)
  const told = (await toldRows(bench, attempt, columns)).toSorted((a, b) => a.record - b.record)
  assert.deepEqual(
    told.map(({ record }) => record),
    Array.from({ length: attempt.rows.in }, (_, index) => index + 1),
  )
  // Encodings that are read by way of another one have places that this reading cannot know.
  if (!['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'latin-1'].includes(dialect.encoding)) return
  let blank = 0
  for (const [index, row] of told.entries()) {
    const start = row.byte / source.unit
    const limit = Math.min((told[index + 1]?.byte ?? Infinity) / source.unit, source.text.length)
    assert.equal(row.line, 1 + lineEndsIn(source.text.slice(0, start)), `line of record ${row.record}`)
    const end = endOf(row, { source, start, limit, dialect })
    const behind = behindBlankLines(source.text, end + lineEndAt(source.text, end), dialect.delimiter)
    assert.equal(behind.at, limit, `what follows record ${row.record}`)
    blank += behind.lines
  }
  const top = lineEndsIn(source.text.slice(0, (told[0]?.byte ?? Infinity) / source.unit))
  const counted = Number(attempt.result.metadata['blank_lines'])
  assert.ok(told.length === 0 || (blank <= counted && counted <= blank + top), 'blank lines')
}

async function toldRows(bench: StageBench, attempt: Attempt, columns: readonly string[]): Promise<readonly ToldRow[]> {
  const kept = await readCopy(bench, attempt.output, columns)
  const leftOut = [...(await attempt.leftOut('rejected')), ...(await attempt.leftOut('duplicates'))]
  return [
    ...kept.map((row) => ({ ...row, raw: null })),
    ...leftOut.map(({ record, line, byte, raw, cells }) => {
      const values = cells === undefined ? null : columns.map((name) => cells[name] ?? '')
      return { record, line, byte, cells: values, raw: raw ?? null }
    }),
  ]
}

interface Stretch {
  readonly source: SourceText
  readonly start: number
  /** Where the next record begins. */
  readonly limit: number
  readonly dialect: ToldDialect
}

/** Where a record ends by the bytes of the source; its text is held against what was told of it. */
function endOf({ cells, raw, record: number }: ToldRow, { source, start, limit, dialect }: Stretch): number {
  const { text, decode } = source
  if (cells !== null) {
    const record = recordAt(text, start, dialect)
    if (record !== null) {
      assert.deepEqual(
        cells.map(trimmed),
        record.cells.map((cell) => trimmed(decode(cell))),
      )
      return record.end
    }
    assert.equal(dialect.stray_quotes, 'text', `record ${number} was split, though its quoting is faulty`)
  }
  const blank = /(?:(?:\r\n|\n|\r)[ \t]*)*$/.exec(text.slice(start, limit))?.index ?? 0
  const ends = Array.from({ length: limit - start - blank + 1 }, (_, at) => start + blank + at)
  const fits = (at: number): boolean => raw === null || decode(text.slice(start, at)).replaceAll('\0', '␀') === raw
  const end = ends.find((at) => (at === limit || lineEndAt(text, at) > 0) && fits(at)) ?? NaN
  assert.ok(!Number.isNaN(end), `the raw text of record ${number} is not that of the source`)
  return end
}
