import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { copyRows } from './left-out/copy-rows.ts'
import { type Seal, sealFile } from './seal-file.ts'
import type { ProducedFile, StageContext } from './stage.ts'
import { COPY_NAME, csvQuery, type Output, producedOutput, publicOutputName, rowsOf, writeCopy } from './write-output.ts'

const CHUNK_BYTES = 1 << 20

/**
 * Writes the output of a stage as `writeOutput` does, from pieces that come side by side: each gives a Parquet file of its own,
 * and the CSV grows in the order of the pieces.
 */
export class OutputPieces {
  readonly #columns: Output['columns']
  readonly #outDir: string
  readonly #publicName: string
  readonly #copies: string[] = []
  #sealing: Promise<Seal> | null = null

  constructor(columns: Output['columns'], outputFile: string | undefined, context: StageContext) {
    this.#columns = columns
    this.#outDir = context.outDir
    this.#publicName = publicOutputName(outputFile, context)
  }

  /** Paths of the Parquet files, in the order of the pieces. */
  get copies(): readonly string[] {
    return this.#copies.map((file) => join(this.#outDir, file))
  }

  /** Writes the rows of a piece; `index` counts the pieces from 0. */
  async write(connection: DuckDBConnection, rows: string, index: number): Promise<void> {
    const piece = { rows, columns: this.#columns }
    const copy = index === 0 ? COPY_NAME : COPY_NAME.replace('.', `-${String(index).padStart(5, '0')}.`)
    this.#copies[index] = copy
    await copyRows(connection, { query: csvQuery(piece), path: this.#csv(index), format: index === 0 ? 'csv' : 'csvRows' })
    await writeCopy(connection, piece, join(this.#outDir, copy))
  }

  /** Puts a piece that was written behind the one before it. */
  async append(index: number): Promise<void> {
    if (index === 0) return
    const [piece, whole] = [await open(this.#csv(index), 'r'), await open(this.#csv(0), 'a')]
    try {
      await copyBytes(piece, whole)
    } finally {
      await piece.close()
      await whole.close()
      await rm(this.#csv(index))
    }
  }

  /** Begins to count and seal the CSV, for which no more pieces may come; `finish` waits for it. */
  seal(): Promise<Seal> {
    this.#sealing ??= sealFile(this.#csv(0), 'csv')
    // Whoever waits for it hears of a failure.
    this.#sealing.catch(() => undefined)
    return this.#sealing
  }

  /** Counts and seals what was written. */
  async finish(connection: DuckDBConnection): Promise<readonly [ProducedFile, ...ProducedFile[]]> {
    const [seal, rows] = await Promise.all([this.seal(), rowsOf(connection, this.copies)])
    const copies = this.#copies.map((file, index) => ({ file, rows: rows[index] ?? 0 }))
    return producedOutput({ publicName: this.#publicName, seal }, copies)
  }

  /** Removes all files. */
  async discard(): Promise<void> {
    await this.#sealing?.catch(() => undefined)
    const pieces = this.#copies.map((_, index) => this.#csv(index))
    await Promise.all([...pieces, ...this.copies].map((file) => rm(file, { force: true })))
  }

  /** The first piece has the header and becomes the file. */
  #csv(index: number): string {
    return join(this.#outDir, index === 0 ? this.#publicName : `output-piece-${index}.csv`)
  }
}

async function copyBytes(from: FileHandle, to: FileHandle): Promise<void> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  for (;;) {
    const { bytesRead } = await from.read(buffer, 0, CHUNK_BYTES, null)
    if (bytesRead === 0) return
    await to.writeFile(buffer.subarray(0, bytesRead))
  }
}
