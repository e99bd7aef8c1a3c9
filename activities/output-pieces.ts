import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { appendFile } from './append-file.ts'
import { copyRows } from './left-out/copy-rows.ts'
import { dropNeedlessQuotes } from './cells/drop-needless-quotes.ts'
import { csvQuery, isPlainForm, type OutputColumn, type PublicForm, publicForm } from './public-form.ts'
import { type Seal, sealFile } from './seal-file.ts'
import type { ProducedFile, StageContext } from './stage.ts'
import { beginFile, COPY_NAME, type Output, producedOutput, writeCopy } from './write-output.ts'

/**
 * Writes the output of a stage as `writeOutput` does, from pieces that come side by side: each gives a Parquet file of its own,
 * and the CSV grows in the order of the pieces.
 */
export class OutputPieces {
  readonly #columns: readonly OutputColumn[]
  readonly #outDir: string
  readonly #form: PublicForm
  readonly #copies: string[] = []
  #sealing: Promise<Seal> | null = null

  constructor({ columns, outputFile, spec }: Omit<Output, 'rows'>, context: StageContext) {
    this.#columns = columns
    this.#outDir = context.outDir
    this.#form = publicForm(outputFile, spec, context)
  }

  /** Paths of the Parquet files, in the order of the pieces. */
  get copies(): readonly string[] {
    return this.#copies.map((file) => join(this.#outDir, file))
  }

  /** Writes the rows of a piece; `index` counts the pieces from 0. */
  async write(connection: DuckDBConnection, rows: string, index: number): Promise<void> {
    const copy = index === 0 ? COPY_NAME : COPY_NAME.replace('.', `-${String(index).padStart(5, '0')}.`)
    this.#copies[index] = copy
    if (this.#isCsv) {
      const query = csvQuery(rows, this.#columns, this.#form)
      const format = index === 0 ? 'csv' : 'csvRows'
      await copyRows(connection, { query, path: this.#piece(index), format, csv: this.#form.csv })
      if (isPlainForm(this.#form)) await dropNeedlessQuotes(this.#piece(index), this.#columns.length)
    }
    await writeCopy(connection, { rows, columns: this.#columns }, { path: join(this.#outDir, copy), form: this.#form })
  }

  /** Puts a piece that was written behind the one before it. */
  async append(index: number): Promise<void> {
    const piece = this.#piece(index)
    if (!this.#isCsv || piece === this.#file) return
    if (index === 0) await beginFile(this.#file)
    await appendFile(piece, this.#file)
    await rm(piece)
  }

  /** Begins to count and seal the CSV, for which no more pieces may come; `finish` waits for it. */
  seal(): Promise<Seal> | null {
    if (!this.#isCsv) return null
    this.#sealing ??= sealFile(this.#file, 'csv')
    // Whoever waits for it hears of a failure.
    this.#sealing.catch(() => undefined)
    return this.#sealing
  }

  /** Counts and seals what was written. */
  async finish(connection: DuckDBConnection): Promise<readonly [ProducedFile, ...ProducedFile[]]> {
    const seal = await this.seal()
    const copies = { outDir: this.#outDir, files: this.#copies, columns: this.#columns }
    return producedOutput(connection, { form: this.#form, seal }, copies)
  }

  /** Removes all files. */
  async discard(): Promise<void> {
    await this.#sealing?.catch(() => undefined)
    const pieces = this.#copies.map((_, index) => this.#piece(index))
    await Promise.all([...pieces, this.#file, ...this.copies].map((file) => rm(file, { force: true })))
  }

  get #isCsv(): boolean {
    return this.#form.format === 'csv'
  }

  get #file(): string {
    return join(this.#outDir, this.#form.name)
  }

  /** The first piece has the header; where nothing comes before it, it becomes the file. */
  #piece(index: number): string {
    return index === 0 && !this.#form.bom ? this.#file : join(this.#outDir, `output-piece-${index}.csv`)
  }
}
