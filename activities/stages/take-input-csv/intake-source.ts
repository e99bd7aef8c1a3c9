import { OnclockError } from '../../../pipeline/errors.ts'
import type { JsonObject } from '../../../pipeline/json.ts'
import type { InputFile } from '../../../pipeline/record.ts'
import type { Dialect } from '../../csv/dialect.ts'
import { openInputFiles } from '../../csv/input-files.ts'
import type { SkippedLines } from '../../csv/load-csv.ts'
import { PLACE_COLUMNS, sqlName } from '../../duckdb.ts'
import { loadDataset, ROW_COLUMN } from '../../load-dataset.ts'
import { type IntakeOptions, IntakeRows } from './intake-rows.ts'
import { takeFiles } from './take-files.ts'

/** An input whose rows were taken in, with what is known about where they came from. */
export interface IntakeSource {
  readonly rows: IntakeRows
  readonly records: number
  readonly lines: SkippedLines
  /** Records whose missing fields were filled. */
  readonly shortRecords: number
  /** FROM item of malformed records, with `__row`; null where there are none. */
  readonly malformed: string | null
  /** Null: unknown, or not the same in all files. */
  readonly dialect: Dialect | null
  readonly inputs: readonly InputFile[]
  /** What is known of each file, where there are several. */
  readonly files: readonly JsonObject[] | null
  readonly warnings: readonly string[]
}

/** Takes in what the stage works on: the rows of another stage, or the CSV files that the config names. */
export async function takeSource(options: IntakeOptions): Promise<IntakeSource> {
  const { config, context } = options
  if (Object.keys(context.inputs).length > 0) return fromStage(options)
  if (config.input_file === undefined) {
    throw new OnclockError('CONFIG_INVALID', 'there is no input: neither input_file nor the rows of another stage', {
      hint: 'Add input_file: data/input.csv to the config of the stage.',
    })
  }
  return takeFiles(await openInputFiles(config.input_file, context.projectDir, config.member), options)
}

const NO_LINES: SkippedLines = { blank: 0, comment: 0, preamble: 0, footer: 0 }

/** Rows of another stage keep the place they have in the original source. */
async function fromStage(options: IntakeOptions): Promise<IntakeSource> {
  const { connection, context } = options
  const loaded = await loadDataset(connection, context, { inputFile: undefined, name: 'upstream' })
  const rows = new IntakeRows(
    loaded.columns.map(({ name }) => name),
    { ...options, fromQuery: true },
  )
  try {
    const cells = loaded.columns.map(({ name, text }) => `${text} AS ${sqlName(name)}`)
    const source = `(SELECT ${[...cells, ...PLACE_COLUMNS, ROW_COLUMN].join(', ')} FROM ${loaded.table})`
    await rows.takeSlice({ connection, source, untidy: cells.map(() => true), index: 0 })
  } catch (error) {
    await rows.discard()
    throw error
  } finally {
    await loaded.discard()
  }
  const malformed = loaded.malformed === null ? null : `(SELECT *, __record AS ${ROW_COLUMN} FROM ${loaded.malformed})`
  return { ...loaded, malformed, rows, lines: NO_LINES, shortRecords: 0, dialect: null, files: null }
}
