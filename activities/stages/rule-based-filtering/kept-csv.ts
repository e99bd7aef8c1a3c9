import { open } from 'node:fs/promises'
import type { DuckDBConnection, DuckDBUIntegerVector } from '@duckdb/node-api'
import { CsvBuffer, csvHeader } from '../../cells/csv-buffer.ts'
import { ownCsvBatches } from '../../csv/own-csv-batches.ts'
import { OnclockError } from '../../../pipeline/errors.ts'

export interface KeptCsv {
  /** A CSV as `CsvBuffer` writes it, with the rows of the input in their order. */
  readonly from: string
  readonly to: string
  readonly columns: readonly string[]
  /** Rows of the input. */
  readonly records: number
  /** Table of the rows that stay behind: `__row`, counted from 0. */
  readonly stopped: string
  readonly signal: AbortSignal
}

/** Writes the records of a CSV that no rule stops, as the bytes that they are. */
export async function writeKeptCsv(connection: DuckDBConnection, kept: KeptCsv): Promise<void> {
  const stopped = await stoppedRows(connection, kept)
  const header = csvHeader(kept.columns)
  const buffer = new CsvBuffer()
  const file = await open(kept.to, 'wx')
  let before = 0
  try {
    await file.writeFile(header)
    for await (const batch of ownCsvBatches(kept.from, kept.columns.length, header)) {
      kept.signal.throwIfAborted()
      for (let row = 0; row < batch.count; row += 1) if (stopped[before + row] === 0) buffer.addVerbatim(batch, row)
      buffer.endRun()
      await file.writeFile(buffer.filled)
      buffer.clear()
      before += batch.count
    }
  } finally {
    await file.close()
  }
  if (before === kept.records) return
  throw new OnclockError('ROWS_NOT_CONSERVED', `the CSV of the stage before has ${before} rows and its copy ${kept.records}`)
}

/** By row of the input: 1 when a rule stops it. Read as a whole: another statement on the connection would end a stream early. */
async function stoppedRows(connection: DuckDBConnection, { stopped, records }: KeptCsv): Promise<Uint8Array> {
  const rows = new Uint8Array(records)
  const result = await connection.run(`SELECT CAST(__row AS UINTEGER) FROM ${stopped}`)
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return rows
    const vector = chunk.getColumnVector(0) as DuckDBUIntegerVector
    for (let index = 0; index < chunk.rowCount; index += 1) rows[vector.getItem(index) ?? 0] = 1
  }
}
