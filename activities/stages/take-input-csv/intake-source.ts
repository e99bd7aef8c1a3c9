import { isAbsolute, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import type { InputFile } from '../../../pipeline/record.ts'
import { dialectYaml, type Dialect, type DialectPins } from '../../csv/dialect.ts'
import { loadCsv, shownPath } from '../../csv/load-csv.ts'
import { PLACE_COLUMNS, sqlName } from '../../duckdb.ts'
import { loadDataset, ROW_COLUMN } from '../../load-dataset.ts'
import type { StageContext } from '../../stage.ts'
import type { TakeInputCsvConfig } from './config.ts'

/** The query that intake puts over its input; `untidy` tells the columns in which trimming may change something. */
export type DeriveIntake = (
  source: string,
  header: readonly string[],
  rows: { readonly places: readonly string[]; readonly untidy: readonly boolean[] },
) => string

/** The rows of an input after the query, with what is known about where they came from. */
export interface IntakeSource {
  /** View in input order: what the query gave, with `__file __record __line __byte`, and `__row`, which grows with the order. */
  readonly table: string
  readonly records: number
  readonly blankLines: number
  /** Table of malformed records; null where there are none. */
  readonly malformed: string | null
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
  if (Object.keys(context.inputs).length > 0) return fromStage(connection, context, derive)
  if (config.input_file === undefined) {
    throw new OnclockError('CONFIG_INVALID', 'there is no input: neither input_file nor the rows of another stage', {
      hint: 'Add input_file: data/input.csv to the config of the stage.',
    })
  }
  const path = isAbsolute(config.input_file) ? config.input_file : join(context.projectDir, config.input_file)
  return fromCsv(connection, { path, shown: shownPath(path, context.projectDir) }, { config, context, derive })
}

interface CsvRequest {
  readonly config: TakeInputCsvConfig
  readonly context: StageContext
  readonly derive: DeriveIntake
}

async function fromCsv(
  connection: DuckDBConnection,
  file: { readonly path: string; readonly shown: string },
  { config, context, derive }: CsvRequest,
): Promise<IntakeSource> {
  const loaded = await loadCsv(connection, {
    path: file.path,
    shown: file.shown,
    workDir: context.outDir,
    database: await context.database(),
    pins: pinsOf(config),
    expectedColumns: Object.keys(config.columns),
    derive: (source, columns, untidy) => derive(source, columns, { places: ['__record', '__line', '__byte'], untidy }),
    name: 'intake',
    signal: context.signal,
    progress: context.progress,
  })
  const { dialect } = loaded
  context.log.info(`${file.shown}: read as ${describeDialect(dialect)}; to pin it: {${dialectYaml(dialect).join(', ')}}`)
  await connection.run(`CREATE OR REPLACE TEMP VIEW intake_source AS SELECT *, __record AS ${ROW_COLUMN} FROM ${loaded.table}`)
  return { ...loaded, table: 'intake_source', malformed: loaded.malformedCount === 0 ? null : loaded.malformed }
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
async function fromStage(connection: DuckDBConnection, context: StageContext, derive: DeriveIntake): Promise<IntakeSource> {
  const loaded = await loadDataset(connection, context, { inputFile: undefined, name: 'upstream' })
  const header = loaded.columns.map(({ name }) => name)
  const places = [...PLACE_COLUMNS, ROW_COLUMN]
  const cells = loaded.columns.map(({ name, text }) => `${text} AS ${sqlName(name)}`)
  const source = `(SELECT ${[...cells, ...places].join(', ')} FROM ${loaded.table})`
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE intake_rows AS ${derive(source, header, { places, untidy: header.map(() => true) })}`,
  )
  return { ...loaded, table: 'intake_rows', blankLines: 0, dialect: null }
}
