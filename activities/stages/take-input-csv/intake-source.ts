import { isAbsolute, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import type { InputFile } from '../../../pipeline/record.ts'
import { dialectYaml, type Dialect, type DialectPins } from '../../csv/dialect.ts'
import { loadCsv, shownPath } from '../../csv/load-csv.ts'
import { PLACE_COLUMNS, sqlName, sqlText } from '../../duckdb.ts'
import type { Dataset, StageContext } from '../../stage.ts'
import type { TakeInputCsvConfig } from './config.ts'

/** The query that intake puts over its input; `untidy` tells the columns in which trimming may change something. */
export type DeriveIntake = (
  source: string,
  header: readonly string[],
  rows: { readonly places: readonly string[]; readonly untidy: readonly boolean[] },
) => string

/** The rows of an input after the query, with what is known about where they came from. */
export interface IntakeSource {
  /** View in input order: what the query gave, with `__file __record __line __byte`, and `__row`, which counts from 1. */
  readonly table: string
  readonly records: number
  readonly blankLines: number
  /** Table of malformed records; null where the input cannot have any. */
  readonly malformed: string | null
  readonly malformedCount: number
  readonly dialect: Dialect | null
  readonly inputs: readonly InputFile[]
  readonly warnings: readonly string[]
  /** Removes temporary files. */
  readonly discard: () => Promise<void>
}

/** Opens what the stage works on: the rows of another stage, or the CSV file that the config names. */
export async function openSource(
  connection: DuckDBConnection,
  config: TakeInputCsvConfig,
  context: StageContext,
  derive: DeriveIntake,
): Promise<IntakeSource> {
  const dataset = context.inputs['input'] ?? Object.values(context.inputs)[0]
  if (dataset !== undefined) {
    const parquet = dataset.files.filter(({ format }) => format === 'parquet').map(({ path }) => path)
    if (parquet.length > 0) return fromParquet(connection, parquet, derive)
    return fromCsv(
      connection,
      { path: csvOf(dataset), shown: `${dataset.stage}.${dataset.dataset}`, fromFile: false },
      { config, context, derive },
    )
  }
  if (config.input_file === undefined) {
    throw new OnclockError('CONFIG_INVALID', 'there is no input: neither input_file nor the rows of another stage', {
      hint: 'Add input_file: data/input.csv to the config of the stage.',
    })
  }
  const path = isAbsolute(config.input_file) ? config.input_file : join(context.projectDir, config.input_file)
  return fromCsv(connection, { path, shown: shownPath(path, context.projectDir), fromFile: true }, { config, context, derive })
}

interface CsvRequest {
  readonly config: TakeInputCsvConfig
  readonly context: StageContext
  readonly derive: DeriveIntake
}

async function fromCsv(
  connection: DuckDBConnection,
  file: { readonly path: string; readonly shown: string; readonly fromFile: boolean },
  { config, context, derive }: CsvRequest,
): Promise<IntakeSource> {
  const loaded = await loadCsv(connection, {
    path: file.path,
    shown: file.shown,
    workDir: context.outDir,
    database: await context.database(),
    pins: file.fromFile ? pinsOf(config) : {},
    expectedColumns: Object.keys(config.columns),
    derive: (source, columns, untidy) => derive(source, columns, { places: ['__record', '__line', '__byte'], untidy }),
    name: 'intake',
    signal: context.signal,
    progress: context.progress,
  })
  const { dialect } = loaded
  context.log.info(`${file.shown}: read as ${describeDialect(dialect)}; to pin it: {${dialectYaml(dialect).join(', ')}}`)
  await connection.run(`CREATE OR REPLACE TEMP VIEW intake_source AS SELECT *, __record AS __row FROM ${loaded.table}`)
  return { ...loaded, table: 'intake_source', inputs: file.fromFile ? loaded.inputs : [] }
}

function pinsOf({ encoding, delimiter, quote, escape, header }: TakeInputCsvConfig): DialectPins {
  return {
    ...(encoding === undefined ? {} : { encoding }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote === undefined ? {} : { quote: quote === 'none' ? null : quote }),
    ...(escape === undefined ? {} : { escape }),
    ...(header === undefined ? {} : { header }),
  }
}

function describeDialect({ encoding, delimiter, quote, header }: Dialect): string {
  const separated = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'pipe', ' ': 'space' }[delimiter] ?? delimiter
  return `${encoding}, ${separated}-separated, ${quote === null ? 'no quotes' : `quote ${quote}`}, ${header ? 'with' : 'without'} header`
}

/** Rows of another stage keep the place they have in the original source. */
async function fromParquet(connection: DuckDBConnection, paths: readonly string[], derive: DeriveIntake): Promise<IntakeSource> {
  const source = `read_parquet([${paths.map(sqlText).join(', ')}])`
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`)
  const all = described.getRows().map((row) => String(row[0]))
  const hidden: readonly string[] = PLACE_COLUMNS
  const columns = all.filter((name) => !hidden.includes(name))
  const places = hidden.filter((name) => all.includes(name))
  if (places.length < hidden.length)
    throw new OnclockError('INPUT_UNREADABLE', 'the input rows do not know their place in the source')
  const texts = columns.map((name) => `${sqlName(name)}::VARCHAR AS ${sqlName(name)}`)
  const derived = derive(`(SELECT ${texts.join(', ')}, ${hidden.map(sqlName).join(', ')} FROM ${source})`, columns, {
    places: PLACE_COLUMNS,
    untidy: columns.map(() => true),
  })
  await connection.run(`CREATE OR REPLACE TEMP TABLE intake_rows AS SELECT *, row_number() OVER () AS __row FROM (${derived})`)
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${source}`)
  return {
    table: 'intake_rows',
    records: Number(counted.getRows()[0]?.[0] ?? 0),
    blankLines: 0,
    malformed: null,
    malformedCount: 0,
    dialect: null,
    inputs: [],
    warnings: [],
    discard: () => Promise.resolve(),
  }
}

function csvOf(dataset: Dataset): string {
  const file = dataset.files.find(({ format }) => format === 'csv')
  if (file !== undefined) return file.path
  throw new OnclockError('INPUT_UNREADABLE', `the dataset ${dataset.dataset} of stage "${dataset.stage}" has no table in it`)
}
