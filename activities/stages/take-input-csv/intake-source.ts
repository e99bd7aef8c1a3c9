import { isAbsolute, join } from 'node:path'
import { OnclockError } from '../../../pipeline/errors.ts'
import type { JsonObject } from '../../../pipeline/json.ts'
import type { InputFile } from '../../../pipeline/record.ts'
import { dialectYaml, type Dialect, type DialectPins } from '../../csv/dialect.ts'
import { scanCsv, type SkippedLines, shownPath } from '../../csv/load-csv.ts'
import { PLACE_COLUMNS, sqlName, sqlText } from '../../duckdb.ts'
import { loadDataset, ROW_COLUMN } from '../../load-dataset.ts'
import type { TakeInputCsvConfig } from './config.ts'
import { type IntakeOptions, IntakeRows } from './intake-rows.ts'
import { expectedColumns } from './match-columns.ts'

/** An input whose rows were taken in, with what is known about where they came from. */
export interface IntakeSource {
  readonly rows: IntakeRows
  readonly records: number
  readonly lines: SkippedLines
  /** Records whose missing fields were filled. */
  readonly shortRecords: number
  /** Table of malformed records; null where there are none. */
  readonly malformed: string | null
  readonly dialect: Dialect | null
  readonly inputs: readonly InputFile[]
  readonly warnings: readonly string[]
}

/** Takes in what the stage works on: the rows of another stage, or the CSV file that the config names. */
export async function takeSource(options: IntakeOptions): Promise<IntakeSource> {
  const { config, context } = options
  if (Object.keys(context.inputs).length > 0) return fromStage(options)
  if (config.input_file === undefined) {
    throw new OnclockError('CONFIG_INVALID', 'there is no input: neither input_file nor the rows of another stage', {
      hint: 'Add input_file: data/input.csv to the config of the stage.',
    })
  }
  const path = isAbsolute(config.input_file) ? config.input_file : join(context.projectDir, config.input_file)
  return fromCsv({ path, shown: shownPath(path, context.projectDir) }, options)
}

async function fromCsv(file: { readonly path: string; readonly shown: string }, options: IntakeOptions): Promise<IntakeSource> {
  const { connection, config, context } = options
  const begun: IntakeRows[] = []
  const scan = { ...file, workDir: context.outDir, database: await context.database(), pins: pinsOf(config), name: 'intake' }
  const limit = config.limit === undefined ? {} : { limit: config.limit }
  const watch = {
    ...limit,
    fillShort: config.short_rows === 'fill',
    expectedColumns: expectedColumns(config),
    signal: context.signal,
    progress: context.progress,
  }
  const loaded = await scanCsv(connection, { ...scan, ...watch }, ({ columns }) => {
    const rows = new IntakeRows(columns, options)
    begun.push(rows)
    return {
      take: (slice) => rows.take({ ...slice, source: placed(slice.source, file.shown) }),
      discard: () => rows.discard(),
    }
  })
  const rows = begun.at(-1)
  if (rows === undefined) throw new Error('a file was scanned into nothing')
  const { dialect } = loaded
  context.log.info(
    `${file.shown}: read as ${describeDialect(dialect)}; to pin it: {${dialectYaml(dialect).join(', ')}}${describeLines(loaded.lines)}`,
  )
  return { ...loaded, rows, malformed: loaded.malformedCount === 0 ? null : loaded.malformed }
}

const placed = (source: string, shown: string): string =>
  `(SELECT *, ${sqlText(shown)} AS __file, __record AS ${ROW_COLUMN} FROM ${source})`

/** What the config pins of how its file is read. */
export function pinsOf(config: TakeInputCsvConfig): DialectPins {
  const { encoding, delimiter, quote, escape, header, comment } = config
  return {
    ...(encoding === undefined ? {} : { encoding }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote === undefined ? {} : { quote: quote === 'none' ? null : quote }),
    ...(escape === undefined ? {} : { escape }),
    ...(config.padded_quotes === undefined ? {} : { paddedQuotes: config.padded_quotes }),
    ...(config.stray_quotes === undefined ? {} : { strayQuotes: config.stray_quotes }),
    ...(header === undefined ? {} : { header }),
    ...(config.skip_lines === undefined ? {} : { skipLines: config.skip_lines }),
    ...(comment === undefined ? {} : { comment }),
    skipFooter: config.skip_footer,
    skipBlankLines: config.skip_blank_lines,
  }
}

/** How a file is read, in the words of the config. */
export function dialectRecord(dialect: Dialect): JsonObject {
  const { encoding, delimiter, quote, escape, header, comment } = dialect
  return {
    ...{ encoding, delimiter, quote, escape, header, comment },
    padded_quotes: dialect.paddedQuotes,
    stray_quotes: dialect.strayQuotes,
    skip_lines: dialect.skipLines,
    skip_footer: dialect.skipFooter,
    skip_blank_lines: dialect.skipBlankLines,
  }
}

function describeDialect(dialect: Dialect): string {
  const { encoding, delimiter, quote, header } = dialect
  const separated = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'pipe', ' ': 'space' }[delimiter] ?? delimiter
  return [
    encoding,
    `${separated}-separated`,
    quote === null ? 'no quotes' : `quote ${quote}`,
    ...(dialect.paddedQuotes ? ['blanks around quotes'] : []),
    ...(dialect.strayQuotes === 'text' ? ['quotes inside cells are text'] : []),
    `${header ? 'with' : 'without'} header`,
  ].join(', ')
}

/** The lines that are no part of a record, in a few words; nothing where there are none. */
function describeLines(lines: SkippedLines): string {
  const kinds = { preamble: 'above the table', blank: 'blank', comment: 'with a comment', footer: 'in the footer' }
  const said = Object.entries(kinds).flatMap(([kind, words]) => {
    const count = lines[kind as keyof SkippedLines]
    return count === 0 ? [] : [`${count} ${words}`]
  })
  return said.length === 0 ? '' : `; lines left out: ${said.join(', ')}`
}

/** Rows of another stage keep the place they have in the original source. */
async function fromStage(options: IntakeOptions): Promise<IntakeSource> {
  const { connection, context } = options
  const loaded = await loadDataset(connection, context, { inputFile: undefined, name: 'upstream' })
  const rows = new IntakeRows(
    loaded.columns.map(({ name }) => name),
    options,
  )
  try {
    const cells = loaded.columns.map(({ name, text }) => `${text} AS ${sqlName(name)}`)
    const source = `(SELECT ${[...cells, ...PLACE_COLUMNS, ROW_COLUMN].join(', ')} FROM ${loaded.table})`
    await rows.take({ connection, source, untidy: cells.map(() => true), index: 0 })
  } catch (error) {
    await rows.discard()
    throw error
  } finally {
    await loaded.discard()
  }
  return { ...loaded, rows, lines: { blank: 0, comment: 0, preamble: 0, footer: 0 }, shortRecords: 0, dialect: null }
}
