import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Database, sqlText } from '../duckdb.ts'
import type { Slice } from './slice-writer.ts'

export interface LaneOptions {
  readonly folder: string
  /** Begins the names of the files. */
  readonly name: string
  readonly columns: readonly string[]
  readonly delimiter: string
  /** The query that is kept, over a FROM item with `__record __line __byte` and the columns. */
  readonly derive: (source: string, untidy: readonly boolean[]) => string
}

interface LaneSlice extends Slice {
  readonly untidy: readonly boolean[]
}

/** Read a few times and thrown away: dictionaries of strings and bloom filters cost more than they save. */
const PARQUET = 'FORMAT parquet, COMPRESSION lz4_raw, WRITE_BLOOM_FILTER false, STRING_DICTIONARY_PAGE_SIZE_LIMIT 1000'

const DEFAULT_LINE_BYTES = 2_000_000

/**
 * Turns slices into Parquet files side by side, while the scan goes on. Each slice is read by one thread from begin to end:
 * DuckDB's way of cutting one file up for its threads has to guess where records begin, and nothing here is guessed.
 */
export class LoadLanes {
  readonly #database: Database
  readonly #options: LaneOptions
  readonly #idle: DuckDBConnection[] = []
  readonly #all: DuckDBConnection[] = []
  readonly #running = new Set<Promise<void>>()
  readonly #files: string[] = []
  /** DuckDB remembers files by path: no path is ever used twice. */
  readonly #mark = randomUUID().slice(0, 8)
  #lanes = 0
  #rows = 0
  #closed = false
  #failure: { readonly error: unknown } | null = null

  constructor(database: Database, options: LaneOptions) {
    this.#database = database
    this.#options = options
  }

  /** Rows loaded so far, as DuckDB counted them. */
  get rows(): number {
    return this.#rows
  }

  /** Takes a slice; waits while all lanes are busy. */
  async add(slice: Slice, untidy: readonly boolean[]): Promise<void> {
    const lane = await this.#lane()
    const index = this.#files.length
    this.#files.push(join(this.#options.folder, `${this.#options.name}-${this.#mark}-${String(index).padStart(5, '0')}.parquet`))
    const work: Promise<void> = this.#load(lane, { ...slice, untidy }, this.#files[index] as string)
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#running.delete(work)
        this.#idle.push(lane)
      })
    this.#running.add(work)
  }

  /** Waits for all slices; the Parquet files in the order of the source. */
  async finish(): Promise<readonly string[]> {
    await Promise.all(this.#running)
    this.#check()
    return this.#files
  }

  /** Stops what is running and gives the connections back. */
  async close(): Promise<void> {
    this.#closed = true
    this.interrupt()
    await Promise.all(this.#running)
    for (const connection of this.#all.splice(0)) connection.closeSync()
  }

  interrupt(): void {
    for (const connection of this.#all) connection.interrupt()
  }

  /** Removes the Parquet files. */
  async discard(): Promise<void> {
    await Promise.all(this.#files.splice(0).map((file) => rm(file, { force: true })))
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  async #lane(): Promise<DuckDBConnection> {
    this.#check()
    if (this.#lanes === 0) {
      const first = await this.#connect()
      const reader = await first.runAndReadAll(`SELECT current_setting('threads')::INTEGER`)
      this.#lanes = Math.max(1, Number(reader.getRows()[0]?.[0] ?? 1))
      return first
    }
    for (;;) {
      const idle = this.#idle.pop()
      if (idle !== undefined) return idle
      if (this.#all.length < this.#lanes) return this.#connect()
      await Promise.race(this.#running)
      this.#check()
    }
  }

  async #connect(): Promise<DuckDBConnection> {
    const connection = await this.#database.connect()
    this.#all.push(connection)
    return connection
  }

  async #load(connection: DuckDBConnection, slice: LaneSlice, parquet: string): Promise<void> {
    const csv = `${parquet}.csv`
    try {
      await writeFile(csv, slice.bytes)
      slice.release()
      if (this.#closed) return
      const result = await connection.runAndReadAll(this.#statement(csv, parquet, slice))
      this.#rows += Number(result.getRows()[0]?.[0] ?? 0)
    } finally {
      await rm(csv, { force: true })
    }
  }

  #statement(csv: string, parquet: string, slice: LaneSlice): string {
    const { columns, delimiter, derive } = this.#options
    const places = ['__record', '__line', '__byte'].map((name) => `${sqlText(name)}: 'BIGINT'`)
    const types = [...places, ...columns.map((column) => `${sqlText(column)}: 'VARCHAR'`)].join(', ')
    const lineBytes = Math.max(DEFAULT_LINE_BYTES, slice.longest + 1024)
    const bufferBytes = Math.max(lineBytes, slice.bytes.length) + 1024
    const source = `read_csv(${sqlText(csv)}, auto_detect = false, header = false, columns = {${types}}, delim = ${sqlText(delimiter)},
      quote = '"', escape = '"', new_line = '\\n', strict_mode = true, parallel = false, nullstr = '', allow_quoted_nulls = true,
      null_padding = false, ignore_errors = false, compression = 'none', max_line_size = ${lineBytes}, buffer_size = ${bufferBytes})`
    return `COPY (${derive(source, slice.untidy)}) TO ${sqlText(parquet)} (${PARQUET})`
  }
}
