import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../pipeline/errors.ts'
import type { JsonObject } from '../pipeline/json.ts'
import { appendFile, BYTE_ORDER_MARK } from './append-file.ts'
import { dropNeedlessQuotes } from './cells/drop-needless-quotes.ts'
import { checkedTypes, PLAIN_CSV } from './checked-types.ts'
import { PLACE_COLUMNS, sqlName, sqlText } from './duckdb.ts'
import { copyRows } from './left-out/copy-rows.ts'
import { csvQuery, guardCounts, isPlainForm, type OutputColumn, type PublicForm, publicForm, valuesQuery } from './public-form.ts'
import { type Seal, sealFile } from './seal-file.ts'
import type { ProducedFile, StageContext } from './stage.ts'
import type { OutputSpec } from './vocabulary/output-schema.ts'

/** The rows a stage lets through. */
export interface Output {
  /** FROM item: the rows in their order, with the place columns. */
  readonly rows: string
  /** A cell leaves as its `text`, in both files; a `type` says that every text in the column was found to be of it. */
  readonly columns: readonly OutputColumn[]
  /** As in the config. */
  readonly outputFile: string | undefined
  /** `output:` of the config. */
  readonly spec?: OutputSpec | undefined
  /** Writes the rows to a CSV as `CsvBuffer` does, where there is a quicker way than the database. */
  readonly csv?: ((path: string) => Promise<void>) | undefined
}

/**
 * Writes the output of a stage: a file for people (CSV by RFC 4180, UTF-8, LF unless its spec says other; or Parquet), and for
 * the next stage a Parquet copy of the same texts with the place of each row and the types of the columns. Both are counted
 * from the files as written.
 */
export async function writeOutput(
  connection: DuckDBConnection,
  output: Output,
  context: StageContext,
): Promise<readonly [ProducedFile, ...ProducedFile[]]> {
  const form = publicForm(output.outputFile, output.spec, context)
  const copy = join(context.outDir, COPY_NAME)
  if (form.format === 'parquet') {
    await writeCopy(connection, output, { path: copy, form })
    return producedOutput(
      connection,
      { form, seal: null },
      { outDir: context.outDir, files: [COPY_NAME], columns: output.columns },
    )
  }
  const csv = join(context.outDir, form.name)
  if (output.csv === undefined || !isPlainForm(form)) {
    await writeWholeCsv(connection, output, { form, csv })
    const [seal] = await Promise.all([sealFile(csv, 'csv'), writeCopy(connection, output, { path: copy, form })])
    return producedOutput(connection, { form, seal }, { outDir: context.outDir, files: [COPY_NAME], columns: output.columns })
  }
  const write = output.csv
  const [seal] = await Promise.all([
    write(csv).then(() => sealFile(csv, 'csv')),
    writeCopy(connection, output, { path: copy, form }),
  ])
  return producedOutput(connection, { form, seal }, { outDir: context.outDir, files: [COPY_NAME], columns: output.columns })
}

/** The Parquet copy's name; where it has several files, that of the first. */
export const COPY_NAME = 'output.parquet'

async function writeWholeCsv(
  connection: DuckDBConnection,
  { rows, columns }: Pick<Output, 'rows' | 'columns'>,
  { form, csv }: { readonly form: PublicForm; readonly csv: string },
): Promise<void> {
  const query = csvQuery(rows, columns, form)
  if (!form.bom) {
    await copyRows(connection, { query, path: csv, format: 'csv', csv: form.csv })
    if (isPlainForm(form)) await dropNeedlessQuotes(csv, columns.length)
    return
  }
  const piece = `${csv}.piece`
  try {
    await copyRows(connection, { query, path: piece, format: 'csv', csv: form.csv })
    await beginFile(csv)
    await appendFile(piece, csv)
  } finally {
    await rm(piece, { force: true })
  }
}

/** Begins a file with the byte order mark. */
export async function beginFile(path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(BYTE_ORDER_MARK)
  } finally {
    await file.close()
  }
}

/** The copies of an output below `outDir`, and what they hold. */
export interface WrittenCopies {
  readonly outDir: string
  readonly files: readonly string[]
  readonly columns: readonly OutputColumn[]
}

/**
 * The files of an output; a Parquet file for people is made of the copies here. Throws ROWS_NOT_CONSERVED when the copies do
 * not hold as many rows as the file for people.
 */
export async function producedOutput(
  connection: DuckDBConnection,
  { form, seal }: { readonly form: PublicForm; readonly seal: Seal | null },
  { outDir, files, columns }: WrittenCopies,
): Promise<readonly [ProducedFile, ...ProducedFile[]]> {
  const { name, format } = form
  const paths = files.map((file) => join(outDir, file))
  const sealed = seal ?? (await writeParquet(connection, { paths, columns, to: join(outDir, name) }))
  const counts = await rowsOf(connection, paths)
  const copied = counts.reduce((sum, rows) => sum + rows, 0)
  if (sealed.rows !== copied) {
    const what = format === 'csv' ? 'the CSV' : 'the Parquet file'
    throw new OnclockError('ROWS_NOT_CONSERVED', `${sealed.rows} rows are in ${what} and ${copied} in its Parquet copy`)
  }
  return [
    { dataset: 'output', file: name, publicName: name, format, rows: sealed.rows, seal: sealed },
    ...files.map((file, at) => ({ dataset: 'output', file, format: 'parquet' as const, rows: counts[at] ?? 0 })),
  ]
}

/** The Parquet file for people, read again for its size and rows. */
async function writeParquet(
  connection: DuckDBConnection,
  { paths, columns, to }: { readonly paths: readonly string[]; readonly columns: readonly OutputColumn[]; readonly to: string },
): Promise<Seal> {
  await copyRows(connection, { query: valuesQuery(scanOf(paths), columns), path: to, format: 'parquet' })
  const [seal, [rows = 0]] = await Promise.all([sealFile(to, 'parquet'), rowsOf(connection, [to])])
  return { ...seal, rows }
}

/** The Parquet files that the next stage reads: the copies, where there are any, and not the file for people. */
export function copiesOf<File extends { readonly format: string; readonly public_name: string }>(files: readonly File[]): File[] {
  const parquet = files.filter(({ format }) => format === 'parquet')
  const copies = parquet.filter(({ public_name: name }) => name === '')
  return copies.length > 0 ? copies : parquet
}

/** By column, the cells of an output that the formula guard changed in the CSV; empty where it is off. */
export async function guardedCells(
  connection: DuckDBConnection,
  output: Pick<Output, 'columns' | 'outputFile' | 'spec'>,
  { files, context }: { readonly files: readonly ProducedFile[]; readonly context: StageContext },
): Promise<JsonObject> {
  const form = publicForm(output.outputFile, output.spec, context)
  const copies = files.filter(
    ({ dataset, format, publicName }) => dataset === 'output' && format === 'parquet' && publicName === undefined,
  )
  if (!form.formulaGuard || form.format !== 'csv' || copies.length === 0) return {}
  const paths = copies.map(({ file }) => join(context.outDir, file))
  const reader = await connection.runAndReadAll(guardCounts(scanOf(paths), output.columns))
  const counts = (reader.getRowsJson()[0]?.[0] ?? []) as readonly (string | number)[]
  const byColumn = output.columns.map(({ name }, at) => [name, Number(counts[at] ?? 0)] as const)
  return Object.fromEntries(byColumn.filter(([, count]) => count > 0))
}

/** Writes one Parquet file of texts with their places, and what the texts were checked for beside them. */
export async function writeCopy(
  connection: DuckDBConnection,
  { rows, columns }: Pick<Output, 'rows' | 'columns'>,
  { path, form }: { readonly path: string; readonly form: PublicForm },
): Promise<void> {
  const cells = columns.map(({ name, text }) => `${text} AS ${sqlName(name)}`)
  const query = `SELECT ${[...cells, ...PLACE_COLUMNS].join(', ')} FROM ${rows}`
  await copyRows(connection, {
    query,
    path,
    format: 'parquet',
    metadata: { ...checkedTypes(columns), ...(isPlainForm(form) ? PLAIN_CSV : {}) },
  })
}

const scanOf = (paths: readonly string[]): string => `read_parquet([${paths.map(sqlText).join(', ')}])`

/** Rows of Parquet files by their own footers, which are read again from the disk. */
export async function rowsOf(connection: DuckDBConnection, paths: readonly string[]): Promise<readonly number[]> {
  const list = paths.map(sqlText).join(', ')
  const reader = await connection.runAndReadAll(
    `SELECT file_name, sum(num_rows)::BIGINT FROM parquet_file_metadata([${list}]) GROUP BY ALL`,
  )
  const byName = new Map(reader.getRows().map(([name, rows]) => [String(name), Number(rows)]))
  return paths.map((path) => byName.get(path) ?? 0)
}
