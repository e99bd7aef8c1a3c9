import { randomUUID } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { JsonObject } from '../../../pipeline/json.ts'
import type { SliceRows, SliceSink } from '../../csv/load-lanes.ts'
import { PLACE_COLUMNS } from '../../duckdb.ts'
import { ROW_COLUMN } from '../../load-dataset.ts'
import { OutputPieces } from '../../output-pieces.ts'
import { guardedCells } from '../../write-output.ts'
import type { ProducedFile, StageContext } from '../../stage.ts'
import type { TakeInputCsvConfig } from './config.ts'
import { type Duplicate, DuplicateFinder } from './duplicate-finder.ts'
import { type IntakeCheck, type IntakeColumn, intakeChecks, intakeColumns } from './intake-columns.ts'
import { changedCounts, intakeQuery, VIOLATIONS_TYPE } from './intake-query.ts'
import { Turns } from './turns.ts'

/** SQL hash of a row's cells; another one for each attempt. */
export type RowHash = (cells: readonly string[], attempt: number) => string

export interface IntakeOptions {
  readonly connection: DuckDBConnection
  readonly config: TakeInputCsvConfig
  readonly context: StageContext
  readonly hash: RowHash
  /** Counts the times that the input has been read, from 0. */
  readonly attempt: number
}

const PLACES = [...PLACE_COLUMNS, ROW_COLUMN]

/** What one slice gave, between its two turns. */
interface JudgedSlice {
  readonly table: string
  readonly duplicates: readonly Duplicate[]
  /** FROM item of the rows that are kept, in order. */
  readonly kept: string
}

/**
 * The rows of an input, cleaned, checked and written slice by slice: what is kept goes to the output at once, what is left out
 * to tables, so that the memory needed does not grow with the rows that are kept (but for twelve bytes each).
 */
export class IntakeRows implements SliceSink {
  readonly columns: readonly IntakeColumn[]
  /** Table of the rows that broke a rule: the cells as delivered, places, `__violations`, `__row`. */
  readonly rejected: string
  /** Table of rows with the hash of an earlier one: cells, places, `__row`, and `__kept`, that one's number in the output. */
  readonly alike: string
  readonly #checks: readonly IntakeCheck[]
  readonly #options: IntakeOptions
  readonly #pieces: OutputPieces
  readonly #finder = new DuplicateFinder()
  readonly #judging = new Turns()
  readonly #collecting = new Turns()
  readonly #changed: number[]
  readonly #mark = `intake_${randomUUID().replaceAll('-', '')}`
  #finished = false

  constructor(header: readonly string[], options: IntakeOptions) {
    this.#options = options
    this.columns = intakeColumns(header, options.config)
    this.#checks = intakeChecks(this.columns, options.context)
    const { output_file: outputFile, output: spec } = options.config
    this.#pieces = new OutputPieces({ columns: this.columns, outputFile, spec }, options.context)
    this.#changed = this.columns.map(() => 0)
    this.rejected = `${this.#mark}_rejected`
    this.alike = `${this.#mark}_alike`
  }

  /** Cells that cleaning changed, by column. */
  get changed(): readonly number[] {
    return this.#changed
  }

  /** Paths of the Parquet files of the output, in order. */
  get copies(): readonly string[] {
    return this.#pieces.copies
  }

  /** `source` has the columns, the place columns and `__row`. */
  async take({ connection, source, untidy, index }: SliceRows): Promise<number> {
    const table = `${this.#mark}_${index}`
    try {
      await connection.run(`CREATE TABLE ${table} AS ${this.#query(source, untidy)}`)
      const slice = await this.#judging.take(index, () => this.#judge(connection, table, index))
      await this.#pieces.write(connection, slice.kept, index)
      await this.#collecting.take(index, () => this.#collect(connection, slice, index))
      return await numberOf(connection, `SELECT count(*) FROM ${table}`)
    } catch (error) {
      this.#judging.fail(error)
      this.#collecting.fail(error)
      throw error
    } finally {
      await connection.run(`DROP TABLE IF EXISTS ${table}`).catch(() => undefined)
    }
  }

  /** All rows were taken: the output can be sealed while what is left out is written. */
  beginSealing(): void {
    void this.#pieces.seal()
  }

  /** Counts and seals the output. */
  async finish(): Promise<readonly [ProducedFile, ...ProducedFile[]]> {
    const files = await this.#pieces.finish(this.#options.connection)
    this.#finished = true
    return files
  }

  /** `guarded_cells` of the metadata: by column, the cells that the formula guard changed; nothing where there are none. */
  async guarded(files: readonly ProducedFile[]): Promise<JsonObject> {
    const { connection, config, context } = this.#options
    const output = { columns: this.columns, outputFile: config.output_file, spec: config.output }
    const cells = await guardedCells(connection, output, { files, context })
    return Object.keys(cells).length === 0 ? {} : { guarded_cells: cells }
  }

  /** Drops what is in memory, and the output when it was not finished. */
  async discard(): Promise<void> {
    const { connection } = this.#options
    for (const table of [this.rejected, this.alike]) {
      await connection.run(`DROP TABLE IF EXISTS ${table}`).catch(() => undefined)
    }
    if (!this.#finished) await this.#pieces.discard()
  }

  #query(source: string, untidy: readonly boolean[]): string {
    const { config, hash, attempt } = this.#options
    const cells = this.columns.map(({ text }) => text)
    return intakeQuery({
      columns: this.columns,
      checks: this.#checks,
      source,
      places: PLACES,
      untidy,
      hash: config.duplicates === 'remove' ? hash(cells, attempt) : null,
    })
  }

  async #judge(connection: DuckDBConnection, table: string, index: number): Promise<JudgedSlice> {
    if (index === 0) await this.#createTables(connection, table)
    const duplicates = this.#options.config.duplicates === 'remove' ? await this.#finder.find(connection, table) : []
    const last = duplicates.at(-1)?.position
    if (last === undefined) return { table, duplicates, kept: `(SELECT * FROM ${table} WHERE __violations IS NULL)` }
    await this.#finder.write(connection, `${table}_alike`, duplicates)
    // A join would lose the order of the rows; looking up one bit keeps it.
    await connection.run(`SET VARIABLE alike_rows = (SELECT bitstring_agg(__position, 0, ${last}) FROM ${table}_alike)`)
    const others = `(rowid > ${last} OR get_bit(getvariable('alike_rows'), CAST(least(rowid, ${last}) AS INTEGER)) = 0)`
    return { table, duplicates, kept: `(SELECT * FROM ${table} WHERE __violations IS NULL AND ${others})` }
  }

  async #createTables(connection: DuckDBConnection, table: string): Promise<void> {
    const cells = this.columns.map(({ text }) => text)
    const none = cells.map((cell) => `NULL::VARCHAR AS ${cell}`)
    await connection.run(`CREATE TABLE ${this.rejected} AS
      SELECT ${[...none, ...PLACES].join(', ')}, NULL::${VIOLATIONS_TYPE} AS __violations FROM ${table} LIMIT 0`)
    await connection.run(`CREATE TABLE ${this.alike} AS
      SELECT ${[...none, ...PLACES].join(', ')}, 0::BIGINT AS __kept FROM ${table} LIMIT 0`)
  }

  async #collect(connection: DuckDBConnection, { table, duplicates }: JudgedSlice, index: number): Promise<void> {
    const delivered = this.columns.map((_, at) => `__cells[${at + 1}]`)
    await connection.run(`INSERT INTO ${this.rejected}
      SELECT ${[...delivered, ...PLACES].join(', ')}, __violations FROM ${table} WHERE __violations IS NOT NULL`)
    if (duplicates.length > 0) {
      const cells = this.columns.map(({ text }) => `t.${text}`)
      await connection.run(`INSERT INTO ${this.alike} SELECT ${[...cells, ...PLACES].join(', ')}, a.__kept
        FROM ${table} t JOIN ${table}_alike a ON t.rowid = a.__position`)
      await connection.run(`DROP TABLE ${table}_alike`)
    }
    const reader = await connection.runAndReadAll(changedCounts(this.columns, table))
    const counts = reader.getRowsJson()[0]?.[0]
    if (Array.isArray(counts))
      for (const [at, count] of counts.entries()) this.#changed[at] = (this.#changed[at] ?? 0) + Number(count)
    await this.#pieces.append(index)
  }
}

async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
