import { existsSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../pipeline/errors.ts'
import type { InputFile } from '../pipeline/record.ts'
import { hasPlainCsv, readCheckedTypes } from './checked-types.ts'
import { loadCsv, shownPath } from './csv/load-csv.ts'
import { PLACE_COLUMNS, sqlName, sqlText } from './duckdb.ts'
import type { Dataset, StageContext } from './stage.ts'
import type { ColumnType } from './vocabulary/column-type-schema.ts'
import { copiesOf, rowsOf } from './write-output.ts'
import { checkedValue } from './vocabulary/column-types.ts'
import type { ValueColumn } from './vocabulary/compile-env.ts'

/** The rows that a stage works on. */
export interface LoadedDataset {
  /** FROM item in input order, on any connection: the columns, `__file __record __line __byte`, and `__row`, a number that grows with the order. */
  readonly table: string
  readonly columns: readonly ValueColumn[]
  /** Records of the input, malformed ones included: counted from the file itself. */
  readonly records: number
  /** Table of records that could not be split (`__file __record __line __byte __raw __rule __message`); null: there are none. */
  readonly malformed: string | null
  /** Source files read besides datasets of other stages. */
  readonly inputs: readonly InputFile[]
  readonly warnings: readonly string[]
  /** A CSV with the same rows and cells, as `CsvBuffer` writes them; null where there is none. */
  readonly plainCsv: string | null
  /** Removes what was written to read the input. */
  readonly discard: () => Promise<void>
}

/** The hidden number of a row: unique, and in the order of the input. */
export const ROW_COLUMN = '__row'

/**
 * Opens the dataset of another stage (its Parquet copy where there is one, with types and places, else its CSV), or the CSV
 * file that the config names. Throws FILE_NOT_FOUND, INPUT_UNREADABLE or CONFIG_INVALID.
 */
export async function loadDataset(
  connection: DuckDBConnection,
  context: StageContext,
  options: { readonly inputFile: string | undefined; readonly name: string; readonly expectedColumns?: readonly string[] },
): Promise<LoadedDataset> {
  const dataset = context.inputs['input'] ?? Object.values(context.inputs)[0]
  if (dataset === undefined) {
    const path = inputPath(options.inputFile, context)
    return fromCsv(connection, context, { ...options, path, shown: shownPath(path, context.projectDir), own: true })
  }
  const parquet = copiesOf(dataset.files)
  if (parquet.length > 0) return fromParquet(connection, dataset)
  const csv = dataset.files.filter(({ format }) => format === 'csv')
  const [file] = csv
  if (file === undefined || csv.length > 1) {
    const what = file === undefined ? 'has no table in it' : 'has several CSV files'
    throw new OnclockError('INPUT_UNREADABLE', `the dataset "${dataset.dataset}" of stage "${dataset.stage}" ${what}`)
  }
  return fromCsv(connection, context, { ...options, path: file.path, shown: file.public_name, own: false })
}

function inputPath(inputFile: string | undefined, context: StageContext): string {
  if (inputFile === undefined) {
    throw new OnclockError('CONFIG_INVALID', 'there is no input: neither input_file nor the rows of another stage', {
      hint: 'Write `input: STAGE` beside `module:`, or `input_file:` in its config.',
    })
  }
  const path = isAbsolute(inputFile) ? inputFile : join(context.projectDir, inputFile)
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) throw new OnclockError('FILE_NOT_FOUND', `${inputFile} is a folder, not a CSV file`)
    return path
  }
  if (/[*?]/.test(inputFile)) {
    throw new OnclockError('FILE_NOT_FOUND', `${inputFile} is a pattern and not the name of one file`, {
      hint: 'This stage reads one file, or the output of a stage: `input: STAGE`.',
    })
  }
  throw new OnclockError('FILE_NOT_FOUND', `the input file ${inputFile} does not exist`, {
    hint: 'Paths are relative to the project. The output of a stage of this pipeline is named by `input: STAGE`.',
  })
}

interface CsvInput {
  readonly path: string
  readonly shown: string
  readonly name: string
  readonly expectedColumns?: readonly string[]
  /** The config names the file, so that it is an input of the run and not of another stage. */
  readonly own: boolean
}

async function fromCsv(connection: DuckDBConnection, context: StageContext, input: CsvInput): Promise<LoadedDataset> {
  const loaded = await loadCsv(connection, {
    path: input.path,
    shown: input.shown,
    workDir: context.outDir,
    database: await context.database(),
    name: input.name,
    signal: context.signal,
    progress: context.progress,
    ...(input.expectedColumns === undefined ? {} : { expectedColumns: input.expectedColumns }),
  })
  refuseReserved(loaded.columns)
  return {
    table: `(SELECT *, __record AS ${ROW_COLUMN} FROM ${loaded.table})`,
    columns: loaded.columns.map((name) => ({ name, text: sqlName(name), type: null, value: sqlName(name) })),
    records: loaded.records,
    malformed: loaded.malformedCount === 0 ? null : loaded.malformed,
    inputs: input.own ? loaded.inputs : [],
    warnings: loaded.warnings,
    plainCsv: null,
    discard: loaded.discard,
  }
}

/** Rows of another stage keep the place they have in the original source; where they do not know it, it is in that dataset. */
async function fromParquet(connection: DuckDBConnection, dataset: Dataset): Promise<LoadedDataset> {
  const files = copiesOf(dataset.files)
  const counts = await rowsOf(
    connection,
    files.map(({ path }) => path),
  )
  const first = files[0]?.path ?? ''
  const csv = dataset.files.find(({ format }) => format === 'csv')
  const checked = await readCheckedTypes(connection, first)
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${sqlText(first)})`)
  const found = described.getRows().map((row) => ({ name: String(row[0]), sqlType: String(row[1]) }))
  const names = new Set(found.map((column) => column.name))
  const data = found.filter((column) => !PLACES.has(column.name))
  refuseReserved(data.map((column) => column.name))
  const columns = data.map((column, index) =>
    checked === null ? typedFrom(column) : textFrom(column.name, checked.get(column.name) ?? null, index),
  )
  const row = `file_row_number + ${ofFile(startsOf(counts).map(String), 'BIGINT')}`
  const shown = files.map((file) => sqlText(file.public_name))
  const place = { __file: ofFile(shown, 'VARCHAR'), __record: `${row} + 1`, __line: 'NULL::BIGINT', __byte: 'NULL::BIGINT' }
  const places = PLACE_COLUMNS.map((column) => (names.has(column) ? column : `${place[column]} AS ${column}`))
  const selected = [...columns.flatMap(({ select }) => select), ...places, `${row} AS ${ROW_COLUMN}`]
  const paths = files.map(({ path }) => sqlText(path))
  return {
    // One scan for all: the parts of a UNION are begun together, and what comes too early waits in memory.
    table: `(SELECT ${selected.join(', ')} FROM read_parquet([${paths.join(', ')}], file_row_number = true))`,
    columns: columns.map(({ column }) => column),
    records: counts.reduce((sum, count) => sum + count, 0),
    malformed: null,
    inputs: [],
    warnings: PLACE_COLUMNS.every((column) => names.has(column))
      ? []
      : [`the rows of stage "${dataset.stage}" do not know their place in the source: places are those in its output`],
    plainCsv: csv !== undefined && (await hasPlainCsv(connection, first)) ? csv.path : null,
    discard: () => Promise.resolve(),
  }
}

/** How many rows lie in the files before each one. */
function startsOf(counts: readonly number[]): readonly number[] {
  let before = 0
  return counts.map((count) => (before += count) - count)
}

/** A value that the rows of a file have in common. */
const ofFile = (values: readonly string[], sqlType: string): string =>
  values.length === 1 ? `${values[0]}::${sqlType}` : `([${values.join(', ')}]::${sqlType}[])[file_index::BIGINT + 1]`

const PLACES: ReadonlySet<string> = new Set(PLACE_COLUMNS)
/** Names that stages give to what they work out about a row. */
const RESERVED =
  /^__(?:row|rule|first|kept_record|raw|message|violations|flags|stops|place|id|[kfv]|at|word|(?:text|was|broken|changed|checked|same|alone)_[\d_]+)$/i

function refuseReserved(columns: readonly string[]): void {
  const name = columns.find((column) => RESERVED.test(column))
  if (name === undefined) return
  throw new OnclockError('INPUT_UNREADABLE', `the input has a column "${name}", a name that onclock keeps for itself`, {
    hint: `Give it another one in the file, or where an intake reads it: columns: {other_name: {from: ${name}}}`,
  })
}

/** A column of a file, and what is selected for it. */
interface ViewColumn {
  readonly column: ValueColumn
  readonly select: readonly string[]
}

/** A cell stays the text that it is; under the column's own name, for expressions, lies the value that it was checked for. */
function textFrom(name: string, type: ColumnType | null, index: number): ViewColumn {
  const value = sqlName(name)
  if (type === null) return { column: { name, text: value, type, value }, select: [value] }
  const text = `__text_${index}`
  return { column: { name, text, type, value }, select: [`${value} AS ${text}`, `${checkedValue(type, value)} AS ${value}`] }
}

/** Parquet that was made elsewhere has values of its own. */
function typedFrom({ name, sqlType }: { readonly name: string; readonly sqlType: string }): ViewColumn {
  const value = sqlName(name)
  const type = TYPES.find(([pattern]) => pattern.test(sqlType))?.[1] ?? null
  const text = sqlType === 'VARCHAR' ? `nullif(${value}, '')` : `CAST(${value} AS VARCHAR)`
  return { column: { name, text, type, value }, select: [value] }
}

const TYPES: readonly (readonly [RegExp, ColumnType])[] = [
  [/^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/, 'integer'],
  [/^(?:DOUBLE|FLOAT|DECIMAL\b.*)$/, 'decimal'],
  [/^BOOLEAN$/, 'boolean'],
  [/^DATE$/, 'date'],
  [/^TIMESTAMP/, 'datetime'],
]
