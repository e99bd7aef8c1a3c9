import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import { outputNameOf } from '../../../pipeline/output-name.ts'
import { PLACE_COLUMNS, sqlName, sqlText } from '../../duckdb.ts'
import { sealFile } from '../../seal-file.ts'
import type { ProducedFile, StageContext } from '../../stage.ts'
import type { IntakeColumn } from './intake-columns.ts'

/** The name of a stage's output as people find it: `data/stage1_output.csv` gives `stage1_output_<run ID>.csv`. */
export function publicOutputName(outputFile: string | undefined, context: StageContext): string {
  const { stem, extension } = outputFile === undefined ? { stem: context.stage, extension: '.csv' } : outputNameOf(outputFile)
  return `${stem}_${context.runId}${extension === '' ? '.csv' : extension}`
}

/**
 * Writes the rows that are kept, in order: a CSV for people (RFC 4180, UTF-8, LF) and a Parquet copy for the next stage, with
 * typed columns and the place of each row. Both are counted from the files as written.
 */
export async function writeOutput(
  connection: DuckDBConnection,
  output: { readonly kept: string; readonly columns: readonly IntakeColumn[]; readonly outputFile: string | undefined },
  context: StageContext,
): Promise<readonly [ProducedFile, ProducedFile]> {
  const publicName = publicOutputName(output.outputFile, context)
  const csv = join(context.outDir, publicName)
  const parquet = 'output.parquet'
  await connection.run(
    `COPY (${csvQuery(output.kept, output.columns)}) TO ${sqlText(csv)} (FORMAT csv, HEADER, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`,
  )
  const [seal, parquetRows] = await Promise.all([
    sealFile(csv, 'csv'),
    writeParquet(connection, output, join(context.outDir, parquet)),
  ])
  if (seal.rows !== parquetRows) {
    throw new OnclockError('ROWS_NOT_CONSERVED', `${seal.rows} rows are in the CSV and ${parquetRows} in its Parquet copy`)
  }
  return [
    { dataset: 'output', file: publicName, publicName, format: 'csv', rows: seal.rows, seal },
    { dataset: 'output', file: parquet, format: 'parquet', rows: parquetRows },
  ]
}

/** In a table of one column an empty cell would be a blank line, which readers skip: it is written as `""`. */
function csvQuery(kept: string, columns: readonly IntakeColumn[]): string {
  const [only] = columns
  const cells =
    columns.length === 1 && only !== undefined
      ? `coalesce(${only.text}, '') AS ${only.text}`
      : columns.map(({ text }) => text).join(', ')
  return `SELECT ${cells} FROM ${kept}`
}

async function writeParquet(
  connection: DuckDBConnection,
  { kept, columns }: { readonly kept: string; readonly columns: readonly IntakeColumn[] },
  path: string,
): Promise<number> {
  const values = columns.map(({ stored, text }) => (stored === text ? text : `${stored} AS ${text}`))
  await connection.run(`COPY (SELECT ${values.join(', ')}, ${PLACE_COLUMNS.map(sqlName).join(', ')} FROM ${kept})
    TO ${sqlText(path)} (FORMAT parquet, COMPRESSION lz4_raw, WRITE_BLOOM_FILTER false)`)
  const reader = await connection.runAndReadAll(`SELECT sum(num_rows) FROM parquet_file_metadata(${sqlText(path)})`)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
