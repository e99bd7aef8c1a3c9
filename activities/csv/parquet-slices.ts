import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sqlText } from '../duckdb.ts'
import type { SliceRows, SliceSink } from './load-lanes.ts'

/** Read a few times and thrown away: dictionaries of strings and bloom filters cost more than they save. */
const PARQUET = 'FORMAT parquet, COMPRESSION lz4_raw, WRITE_BLOOM_FILTER false, STRING_DICTIONARY_PAGE_SIZE_LIMIT 1000'

/** Keeps the records of a file in Parquet files, one for each slice. */
export class ParquetSlices implements SliceSink {
  readonly #folder: string
  readonly #name: string
  readonly #files: string[] = []
  /** DuckDB remembers files by path: no path is ever used twice. */
  readonly #mark = randomUUID().slice(0, 8)

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#name = name
  }

  async take({ connection, source, index }: SliceRows): Promise<number> {
    const file = join(this.#folder, `${this.#name}-${this.#mark}-${String(index).padStart(5, '0')}.parquet`)
    this.#files[index] = file
    const result = await connection.runAndReadAll(`COPY (SELECT * FROM ${source}) TO ${sqlText(file)} (${PARQUET})`)
    return Number(result.getRows()[0]?.[0] ?? 0)
  }

  /** FROM item of all records, in the order of the source. */
  get rows(): string {
    return `read_parquet([${this.#files.map(sqlText).join(', ')}])`
  }

  async discard(): Promise<void> {
    await Promise.all(this.#files.splice(0).map((file) => rm(file, { force: true })))
  }
}
