import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Database, LANES, sqlText } from '../duckdb.ts'
import type { Slice } from './slice-writer.ts'

/** A stretch of sound records that DuckDB can read. */
export interface SliceRows {
  /** Of this lane alone. */
  readonly connection: DuckDBConnection
  /** FROM item with the columns, `__record`, `__line` and `__byte`, in the order of the file; to be read once. */
  readonly source: string
  /** By column: whether a cell has something else than printable ASCII at an end. */
  readonly untidy: readonly boolean[]
  /** The place of the slice among the others, from 0. */
  readonly index: number
}

/** Takes the slices of a file: several at once, begun in their order. */
export interface SliceSink {
  /** Takes all records of a slice; how many they were, as DuckDB counted them. */
  take(slice: SliceRows): Promise<number>
}

export interface LaneOptions {
  readonly folder: string
  /** Begins the names of the files. */
  readonly name: string
  readonly columns: readonly string[]
  readonly delimiter: string
  readonly sink: SliceSink
}

const DEFAULT_LINE_BYTES = 2_000_000

/**
 * Hands slices to DuckDB side by side, while the scan goes on. Each slice is read by one thread from begin to end:
 * DuckDB's way of cutting one file up for its threads has to guess where records begin, and nothing here is guessed.
 */
export class LoadLanes {
  readonly #database: Database
  readonly #options: LaneOptions
  readonly #idle: DuckDBConnection[] = []
  readonly #all: DuckDBConnection[] = []
  readonly #running = new Set<Promise<void>>()
  /** DuckDB remembers files by path: no path is ever used twice. */
  readonly #mark = randomUUID().slice(0, 8)
  #slices = 0
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
    const index = this.#slices
    this.#slices += 1
    const work: Promise<void> = this.#load(lane, slice, { untidy, index })
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#running.delete(work)
        this.#idle.push(lane)
      })
    this.#running.add(work)
  }

  /** Waits for all slices. */
  async finish(): Promise<void> {
    await Promise.all(this.#running)
    this.#check()
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

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  async #lane(): Promise<DuckDBConnection> {
    this.#check()
    for (;;) {
      const idle = this.#idle.pop()
      if (idle !== undefined) return idle
      if (this.#all.length < LANES) return this.#connect()
      await Promise.race(this.#running)
      this.#check()
    }
  }

  async #connect(): Promise<DuckDBConnection> {
    const connection = await this.#database.connect()
    this.#all.push(connection)
    return connection
  }

  async #load(connection: DuckDBConnection, slice: Slice, rows: Pick<SliceRows, 'untidy' | 'index'>): Promise<void> {
    const { folder, name, sink } = this.#options
    const csv = join(folder, `${name}-${this.#mark}-${String(rows.index).padStart(5, '0')}.csv`)
    try {
      await writeFile(csv, slice.bytes)
      slice.release()
      if (this.#closed) return
      const taken = await sink.take({ connection, source: this.#source(csv, slice), ...rows })
      this.#rows += taken
    } finally {
      await rm(csv, { force: true })
    }
  }

  #source(csv: string, slice: Slice): string {
    const { columns, delimiter } = this.#options
    const places = ['__record', '__line', '__byte'].map((name) => `${sqlText(name)}: 'BIGINT'`)
    const types = [...places, ...columns.map((column) => `${sqlText(column)}: 'VARCHAR'`)].join(', ')
    const lineBytes = Math.max(DEFAULT_LINE_BYTES, slice.longest + 1024)
    const bufferBytes = Math.max(lineBytes, slice.bytes.length) + 1024
    return `read_csv(${sqlText(csv)}, auto_detect = false, header = false, columns = {${types}}, delim = ${sqlText(delimiter)},
      quote = '"', escape = '"', new_line = '\\n', strict_mode = true, parallel = false, nullstr = '', allow_quoted_nulls = true,
      null_padding = false, ignore_errors = false, compression = 'none', max_line_size = ${lineBytes}, buffer_size = ${bufferBytes})`
  }
}
