import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ParquetFile } from '../cells/parquet-file.ts'
import { allRows } from '../cells/row-range.ts'
import { PLACE_COLUMNS, sqlText } from '../duckdb.ts'
import type { BatchRows, BatchSink } from './load-lanes.ts'

/** Keeps the records of a file in Parquet files, one for each batch. */
export class BatchFiles implements BatchSink {
  readonly #folder: string
  readonly #name: string
  readonly #columns: readonly string[]
  readonly #shown: string
  readonly #files: string[] = []
  /** DuckDB remembers files by path: no path is ever used twice. */
  readonly #mark = randomUUID().slice(0, 8)

  constructor(columns: readonly string[], { folder, name, shown }: { folder: string; name: string; shown: string }) {
    this.#columns = columns
    this.#folder = folder
    this.#name = name
    this.#shown = shown
  }

  async take({ batch, index }: BatchRows): Promise<number> {
    const path = join(this.#folder, `${this.#name}-${this.#mark}-${String(index).padStart(5, '0')}.parquet`)
    this.#files[index] = path
    const [constant, ...numbers] = PLACE_COLUMNS
    const file = await ParquetFile.create(path, { columns: this.#columns, constant, numbers })
    try {
      await file.add(batch, allRows(batch.count), {
        constant: this.#shown,
        numbers: [batch.records, batch.lines, batch.offsets],
      })
    } finally {
      await file.close()
    }
    return batch.count
  }

  /** FROM item of all records, in the order of the source. */
  get rows(): string {
    return `read_parquet([${this.#files.map(sqlText).join(', ')}])`
  }

  async discard(): Promise<void> {
    await Promise.all(this.#files.splice(0).map((file) => rm(file, { force: true })))
  }
}
