import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type CellBatch, VERBATIM } from '../../cells/cell-batch.ts'
import { CsvBuffer, csvHeader } from '../../cells/csv-buffer.ts'
import { ParquetFile } from '../../cells/parquet-file.ts'
import type { RowHash } from '../../cells/row-hash.ts'
import type { RowRange } from '../../cells/row-range.ts'
import { checkedTypes, PLAIN_CSV } from '../../checked-types.ts'
import { PLACE_COLUMNS } from '../../duckdb.ts'
import type { OutputColumn, PublicForm } from '../../public-form.ts'
import { type Seal, sealFile } from '../../seal-file.ts'
import type { ProducedFile, StageContext } from '../../stage.ts'
import { COPY_NAME, producedOutput } from '../../write-output.ts'
import { SeenHashes } from './seen-hashes.ts'

/** Rows with the hash of an earlier one, by their numbers in the batch, each with that one's number among the rows kept. */
export interface Alike {
  readonly range: RowRange
  readonly kept: Float64Array
}

/** Makes the hash that records are compared by. */
export type NewHash = (attempt: number) => Pick<RowHash, 'hash' | 'high' | 'low'>

export interface KeptRowsOptions {
  readonly columns: readonly OutputColumn[]
  readonly form: PublicForm
  readonly context: StageContext
  /** Rows that equal an earlier one are not kept. */
  readonly removeDuplicates: boolean
  readonly hash: ReturnType<NewHash>
}

/** Writes the rows of an input that are kept, batch after batch in order: the CSV for people and the Parquet copy for the next stage. */
export class KeptRows {
  readonly #options: KeptRowsOptions
  readonly #csvPath: string
  readonly #copyPath: string
  readonly #buffer = new CsvBuffer()
  readonly #seen = new SeenHashes()
  #csv: FileHandle | null = null
  #copy: ParquetFile | null = null
  #kept = 0
  #sealing: Promise<Seal> | null = null

  constructor(options: KeptRowsOptions) {
    this.#options = options
    const { outDir } = options.context
    this.#csvPath = join(outDir, options.form.name)
    this.#copyPath = join(outDir, COPY_NAME)
  }

  /** The Parquet copy. */
  get copyPath(): string {
    return this.#copyPath
  }

  /** Writes the rows of a batch, and tells those that are like earlier ones, which it does not write. */
  async add(batch: CellBatch, range: RowRange, shown: string): Promise<Alike> {
    const { copy, csv } = await this.#files()
    const { kept, alike } = this.#sort(batch, range)
    this.#buffer.endRun()
    await csv.writeFile(this.#buffer.filled)
    this.#buffer.clear()
    await copy.add(batch, kept, { constant: shown, numbers: [batch.records, batch.lines, batch.offsets] })
    return alike
  }

  /** No more rows: begins to count and hash the CSV. */
  async close(): Promise<void> {
    const { copy, csv } = await this.#files()
    await Promise.all([copy.close(), csv.close()])
    this.#sealing = sealFile(this.#csvPath, 'csv')
    // Whoever waits for it hears of a failure.
    this.#sealing.catch(() => undefined)
  }

  /** The files, counted and sealed. */
  async finish(connection: DuckDBConnection): Promise<readonly [ProducedFile, ...ProducedFile[]]> {
    const seal = await (this.#sealing ?? sealFile(this.#csvPath, 'csv'))
    const { form, context, columns } = this.#options
    return producedOutput(connection, { form, seal }, { outDir: context.outDir, files: [COPY_NAME], columns })
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#sealing?.catch(() => undefined)
    await Promise.allSettled([this.#csv?.close(), this.#copy?.abandon()])
    await Promise.all([rm(this.#csvPath, { force: true }), rm(this.#copyPath, { force: true })])
  }

  async #files(): Promise<{ readonly csv: FileHandle; readonly copy: ParquetFile }> {
    const { columns } = this.#options
    if (this.#csv === null) {
      this.#csv = await open(this.#csvPath, 'wx')
      await this.#csv.writeFile(csvHeader(columns.map(({ name }) => name)))
    }
    const [constant, ...numbers] = PLACE_COLUMNS
    const names = columns.map(({ name }) => name)
    this.#copy ??= await ParquetFile.create(this.#copyPath, {
      columns: names,
      constant,
      numbers,
      metadata: { ...checkedTypes(columns), ...PLAIN_CSV },
    })
    return { csv: this.#csv, copy: this.#copy }
  }

  /** Puts the rows that are kept into the buffer. */
  #sort(batch: CellBatch, { rows, count }: RowRange): { readonly kept: RowRange; readonly alike: Alike } {
    const { removeDuplicates, hash } = this.#options
    const buffer = this.#buffer
    const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length)
    const kept = new Int32Array(count)
    const alike: number[] = []
    const earlier: number[] = []
    let found = 0
    for (let index = 0; index < count; index += 1) {
      const row = rows[index] as number
      const isVerbatim = (batch.flags[row] as number) === VERBATIM
      const begin = isVerbatim ? 0 : buffer.addRecord(batch, row)
      if (removeDuplicates) {
        if (isVerbatim) hash.hash(view, batch.starts[row] as number, batch.ends[row] as number)
        else hash.hash(buffer.view, begin, buffer.used - 1)
        const first = this.#seen.meet(hash.high, hash.low, this.#kept)
        if (first !== null) {
          alike.push(row)
          earlier.push(first)
          if (!isVerbatim) buffer.used = begin
          continue
        }
      }
      if (isVerbatim) buffer.addVerbatim(batch, row)
      kept[found] = row
      found += 1
      this.#kept += 1
    }
    return {
      kept: { rows: kept, count: found },
      alike: { range: { rows: Int32Array.from(alike), count: alike.length }, kept: Float64Array.from(earlier) },
    }
  }
}
