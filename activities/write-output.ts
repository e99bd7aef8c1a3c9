import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../pipeline/errors.ts'
import { outputNameOf } from '../pipeline/output-name.ts'
import { PLACE_COLUMNS, sqlName, sqlText } from './duckdb.ts'
import { copyRows } from './left-out/copy-rows.ts'
import { type Seal, sealFile } from './seal-file.ts'
import type { ProducedFile, StageContext } from './stage.ts'
import type { ValueColumn } from './vocabulary/compile-env.ts'
import { checkedTypes } from './checked-types.ts'

/** The rows a stage lets through. */
export interface Output {
  /** FROM item: the rows in their order, with the place columns. */
  readonly rows: string
  /** A cell leaves as its `text`, in both files; a `type` says that every text in the column was found to be of it. */
  readonly columns: readonly Omit<ValueColumn, 'value'>[]
  /** As in the config. */
  readonly outputFile: string | undefined
}

/**
 * Writes the output of a stage: a CSV for people (RFC 4180, UTF-8, LF), and for the next stage a Parquet copy of the same
 * texts with the place of each row and the types of the columns. Both are counted from the files as written.
 */
export async function writeOutput(
  connection: DuckDBConnection,
  output: Output,
  context: StageContext,
): Promise<readonly [ProducedFile, ...ProducedFile[]]> {
  const publicName = publicOutputName(output.outputFile, context)
  const csv = join(context.outDir, publicName)
  const copy = join(context.outDir, COPY_NAME)
  await copyRows(connection, { query: csvQuery(output), path: csv, format: 'csv' })
  const [seal] = await Promise.all([sealFile(csv, 'csv'), writeCopy(connection, output, copy)])
  return producedOutput({ publicName, seal }, [{ file: COPY_NAME, rows: (await rowsOf(connection, [copy]))[0] ?? 0 }])
}

/** The Parquet copy's name; where it has several files, that of the first. */
export const COPY_NAME = 'output.parquet'

/** The files of an output. Throws ROWS_NOT_CONSERVED when the copy does not hold as many rows as the CSV. */
export function producedOutput(
  csv: { readonly publicName: string; readonly seal: Seal },
  copies: readonly { readonly file: string; readonly rows: number }[],
): readonly [ProducedFile, ...ProducedFile[]] {
  const { publicName, seal } = csv
  const copied = copies.reduce((sum, { rows }) => sum + rows, 0)
  if (seal.rows !== copied) {
    throw new OnclockError('ROWS_NOT_CONSERVED', `${seal.rows} rows are in the CSV and ${copied} in its Parquet copy`)
  }
  return [
    { dataset: 'output', file: publicName, publicName, format: 'csv', rows: seal.rows, seal },
    ...copies.map(({ file, rows }) => ({ dataset: 'output', file, format: 'parquet' as const, rows })),
  ]
}

/** The name of a stage's output as people find it: `data/stage1_output.csv` gives `stage1_output_<run ID>.csv`. */
export function publicOutputName(outputFile: string | undefined, context: StageContext): string {
  const { stem, extension } = outputFile === undefined ? { stem: context.stage, extension: '.csv' } : outputNameOf(outputFile)
  return `${stem}_${context.runId}${extension === '' ? '.csv' : extension}`
}

/** In a table of one column an empty cell would be a blank line, which readers skip: it is written as `""`. */
export function csvQuery({ rows, columns }: Pick<Output, 'rows' | 'columns'>): string {
  const cell = columns.length === 1 ? (text: string) => `coalesce(${text}, '')` : (text: string) => text
  return `SELECT ${columns.map(({ name, text }) => `${cell(text)} AS ${sqlName(name)}`).join(', ')} FROM ${rows}`
}

/** Writes one Parquet file of texts with their places, and what the texts were checked for beside them. */
export async function writeCopy(
  connection: DuckDBConnection,
  { rows, columns }: Pick<Output, 'rows' | 'columns'>,
  path: string,
): Promise<void> {
  const cells = columns.map(({ name, text }) => `${text} AS ${sqlName(name)}`)
  const query = `SELECT ${[...cells, ...PLACE_COLUMNS].join(', ')} FROM ${rows}`
  await copyRows(connection, { query, path, format: 'parquet', metadata: checkedTypes(columns) })
}

/** Rows of Parquet files by their own footers, which are read again from the disk. */
export async function rowsOf(connection: DuckDBConnection, paths: readonly string[]): Promise<readonly number[]> {
  const list = paths.map(sqlText).join(', ')
  const reader = await connection.runAndReadAll(
    `SELECT file_name, sum(num_rows)::BIGINT FROM parquet_file_metadata([${list}]) GROUP BY ALL`,
  )
  const byName = new Map(reader.getRows().map(([name, rows]) => [String(name), Number(rows)]))
  return paths.map((path) => byName.get(path) ?? 0)
}
