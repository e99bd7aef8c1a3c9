import type { DuckDBConnection } from '@duckdb/node-api'
import type { CellBatch } from '../cells/cell-batch.ts'
import { type Database, LANES } from '../duckdb.ts'

/** A stretch of sound records. */
export interface BatchRows {
  /** Of this lane alone. */
  readonly connection: DuckDBConnection
  readonly batch: CellBatch
  /** The place of the batch among the others, from 0. */
  readonly index: number
}

/** Takes the batches of a file: several at once, begun in their order. */
export interface BatchSink {
  /** Takes all records of a batch; how many they were, as they were counted on the way. */
  take(rows: BatchRows): Promise<number>
}

/** Hands batches to a sink side by side, while the scan goes on. */
export class LoadLanes {
  readonly #database: Database
  readonly #sink: BatchSink
  readonly #idle: DuckDBConnection[] = []
  readonly #all: DuckDBConnection[] = []
  readonly #running = new Set<Promise<void>>()
  #batches = 0
  #rows = 0
  #closed = false
  #failure: { readonly error: unknown } | null = null

  constructor(database: Database, sink: BatchSink) {
    this.#database = database
    this.#sink = sink
  }

  /** Rows taken so far, as the sink counted them. */
  get rows(): number {
    return this.#rows
  }

  /** Takes a batch; waits while all lanes are busy. `release` gives its memory back. */
  async add(batch: CellBatch, release: () => void): Promise<void> {
    const connection = await this.#lane()
    const index = this.#batches
    this.#batches += 1
    const work: Promise<void> = this.#load({ connection, batch, index })
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#running.delete(work)
        this.#idle.push(connection)
        release()
      })
    this.#running.add(work)
  }

  /** Waits for all batches. */
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

  async #load(rows: BatchRows): Promise<void> {
    if (this.#closed) return
    const taken = await this.#sink.take(rows)
    this.#rows += taken
  }
}
