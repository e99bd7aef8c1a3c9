import type { DuckDBConnection, DuckDBUIntegerVector } from '@duckdb/node-api'
import { SeenHashes } from './seen-hashes.ts'

/** A row with the hash of an earlier one. */
export interface Duplicate {
  /** In its table, from 0. */
  readonly position: number
  /** The number of the earlier one among the rows that are kept, from 0. */
  readonly kept: number
}

/** Finds rows with the hash of an earlier row, table after table. */
export class DuplicateFinder {
  readonly #seen = new SeenHashes()
  #kept = 0

  /** The rows of the next table, in order; rows without `__hash` are not compared and not kept. */
  async find(connection: DuckDBConnection, table: string): Promise<readonly Duplicate[]> {
    const duplicates: Duplicate[] = []
    const result = await connection.run(`SELECT CAST(rowid AS UINTEGER), CAST(__hash >> 32 AS UINTEGER),
      CAST(__hash & 4294967295 AS UINTEGER) FROM ${table} WHERE __hash IS NOT NULL`)
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return duplicates
      const [position, high, low] = [0, 1, 2].map((column) => chunk.getColumnVector(column) as DuckDBUIntegerVector)
      for (let row = 0; row < chunk.rowCount; row += 1) {
        const kept = this.#seen.meet((high?.getItem(row) ?? 0) | 0, (low?.getItem(row) ?? 0) | 0, this.#kept)
        if (kept === null) this.#kept += 1
        else duplicates.push({ position: position?.getItem(row) ?? 0, kept })
      }
    }
  }

  /** Makes a table `__position, __kept` of them. */
  async write(connection: DuckDBConnection, table: string, duplicates: readonly Duplicate[]): Promise<void> {
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${table} (__position BIGINT, __kept BIGINT)`)
    const appender = await connection.createAppender(table)
    for (const { position, kept } of duplicates) {
      appender.appendBigInt(BigInt(position))
      appender.appendBigInt(BigInt(kept))
      appender.endRow()
    }
    appender.closeSync()
  }
}
