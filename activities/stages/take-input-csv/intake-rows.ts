import { randomUUID } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { JsonObject } from '../../../pipeline/json.ts'
import type { BatchRows } from '../../csv/load-lanes.ts'
import { BatchFiles } from '../../csv/batch-files.ts'
import { untidyColumns } from '../../csv/untidy-columns.ts'
import { ROW_COLUMN } from '../../load-dataset.ts'
import { OutputPieces } from '../../output-pieces.ts'
import { publicForm } from '../../public-form.ts'
import { guardedCells } from '../../write-output.ts'
import type { ProducedFile, StageContext } from '../../stage.ts'
import type { TakeInputCsvConfig } from './config.ts'
import { type Duplicate, DuplicateFinder } from './duplicate-finder.ts'
import { ChangedCells } from './changed-cells.ts'
import { HeldRows } from './held-rows.ts'
import { type DeliveredColumn, type IntakeCheck, type IntakeColumn, intakeChecks, intakeTable } from './intake-columns.ts'
import { intakeQuery } from './intake-query.ts'
import type { NewHash } from './kept-rows.ts'
import { createLeftOutTables, INTAKE_PLACES } from './left-out-tables.ts'
import { type BatchSource, PlainRows } from './plain-rows.ts'
import { type SameRows, sameRows } from './same-rows.ts'
import { ShortenedIds } from './shortened-ids.ts'
import { Turns } from './turns.ts'

/** The hashes that rows are compared by; others for each attempt. */
export interface RowHashes {
  /** SQL hash (UBIGINT) of a row's cells. */
  readonly sql: (cells: readonly string[], attempt: number) => string
  /** Of a record's bytes. */
  readonly bytes: NewHash
}

/** Rows of a table as a query finds them. */
interface SliceRows extends Omit<BatchRows, 'batch'> {
  /** FROM item with the columns, the place columns and `__row`, in order; to be read once. */
  readonly source: string
  /** By column: whether a cell has something else than printable ASCII at an end. */
  readonly untidy: readonly boolean[]
}

export interface IntakeOptions {
  readonly connection: DuckDBConnection
  readonly config: TakeInputCsvConfig
  readonly context: StageContext
  readonly hash: RowHashes
  /** Counts the times that the input has been read, from 0. */
  readonly attempt: number
  /** Rows come from a query: `takeSlice` takes them, and not `take`. */
  readonly fromQuery?: boolean
}

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
export class IntakeRows {
  readonly columns: readonly IntakeColumn[]
  readonly header: readonly string[]
  /** The columns of the file, by the names that reports have for them. */
  readonly delivered: readonly DeliveredColumn[]
  /** Columns of the file that are left out. */
  readonly dropped: readonly string[]
  /** What makes rows the same; null: such rows stay. */
  readonly same: SameRows | null
  readonly changed: ChangedCells
  readonly shortened: ShortenedIds
  /** Table of the rows that broke a rule: the cells as delivered, places, `__violations`, `__row`. */
  readonly rejected: string
  /**
   * Table of rows with the hash of an earlier one: cells, places, `__row`, and `__kept`, that one's number in the output; where
   * rows were held, of those that are the same as one that stays: with `__kept_record` and `__kept_file`, that one's place.
   */
  readonly alike: string
  readonly #checks: readonly IntakeCheck[]
  readonly #options: IntakeOptions
  readonly #pieces: OutputPieces
  readonly #finder = new DuplicateFinder()
  readonly #judging = new Turns()
  readonly #collecting = new Turns()
  readonly #held: HeldRows | null
  readonly #plain: PlainRows | null
  #tables: Promise<void> | null = null
  readonly #mark = `intake_${randomUUID().replaceAll('-', '')}`
  #finished = false

  constructor(header: readonly string[], options: IntakeOptions) {
    this.#options = options
    this.header = header
    const table = intakeTable(header, options.config)
    const { columns, delivered, dropped } = table
    this.columns = columns
    this.delivered = delivered
    this.dropped = dropped
    this.same = sameRows(columns, options.config.duplicates)
    this.changed = new ChangedCells(columns)
    this.shortened = new ShortenedIds(columns)
    this.#checks = intakeChecks(this.columns, options.context)
    const { output_file: outputFile, output: spec } = options.config
    this.#pieces = new OutputPieces({ columns: this.columns, outputFile, spec }, options.context)
    this.#held = heldRows(this.same, columns, options.context.outDir)
    this.rejected = `${this.#mark}_rejected`
    this.alike = `${this.#mark}_alike`
    this.#plain =
      options.fromQuery === true
        ? null
        : PlainRows.suiting({
            ...options,
            table,
            watched: this.shortened.columns,
            form: publicForm(outputFile, spec, options.context),
            hash: options.hash.bytes,
            query: (source) => this.#query(source, null, null),
            collect: (connection, judged) => this.#collectRejected(connection, judged),
            alike: this.alike,
          })
  }

  /** Whether `settle` told which rows stay, rather than each slice by itself. */
  get held(): boolean {
    return this.#held !== null
  }

  /** Paths of the Parquet files of the output, in order. */
  get copies(): readonly string[] {
    return (this.#plain ?? this.#pieces).copies
  }

  /** Takes the rows of a batch, which has the columns of the header; how many there were. */
  async take(rows: BatchRows, from: BatchSource): Promise<number> {
    await this.#createTables(rows.connection)
    if (this.#plain !== null) return this.#plain.take(rows, from)
    const { connection, batch, index } = rows
    const { shown, before } = from
    const files = new BatchFiles(this.header, { folder: this.#options.context.outDir, name: `intake-${index}`, shown })
    try {
      await files.take({ connection, batch, index: 0 })
      const source = `(SELECT *, ${before} + __record AS ${ROW_COLUMN} FROM ${files.rows})`
      return await this.takeSlice({ connection, source, untidy: untidyColumns(batch), index })
    } finally {
      await files.discard()
    }
  }

  /** Takes the rows that a query finds, whatever way others go. */
  async takeSlice({ connection, source, untidy, index }: SliceRows): Promise<number> {
    const table = `${this.#mark}_${index}`
    try {
      await this.#createTables(connection)
      await connection.run(`CREATE TABLE ${table} AS ${this.#query(source, untidy, this.#hash())}`)
      const slice = await this.#judging.take(index, () => this.#judge(connection, table))
      await (this.#held ?? this.#pieces).write(connection, slice.kept, index)
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

  /** Counts cells that were trimmed on the plain way. */
  #addTrimmed(): void {
    for (const [column, count] of (this.#plain?.trimmed ?? []).entries()) this.changed.add(column, count)
  }

  /** All rows were taken: those that were held are written, but for duplicates. */
  async settle(): Promise<void> {
    this.#addTrimmed()
    if (this.#held === null) return
    const { connection } = this.#options
    const slices = await this.#held.settle(connection, this.alike)
    for (const [index, rows] of slices.entries()) {
      this.#options.context.signal.throwIfAborted()
      await this.#pieces.write(connection, rows, index)
      await this.#pieces.append(index)
    }
    await this.#held.discard()
  }

  /** No more rows come: the output can be sealed while what is left out is written. */
  async beginSealing(): Promise<void> {
    if (this.#plain === null) void this.#pieces.seal()
    else await this.#plain.close()
  }

  /** Counts and seals the output. */
  async finish(): Promise<readonly [ProducedFile, ...ProducedFile[]]> {
    const files = await (this.#plain ?? this.#pieces).finish(this.#options.connection)
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
    await this.#held?.discard()
    if (!this.#finished) await (this.#plain ?? this.#pieces).discard()
  }

  /** Without `untidy` every cell may have something to trim. */
  #query(source: string, untidy: readonly boolean[] | null, hash: string | null): string {
    const { columns, delivered } = this
    return intakeQuery({
      columns,
      delivered,
      checks: this.#checks,
      source,
      places: INTAKE_PLACES,
      untidy: untidy ?? this.header.map(() => true),
      hash,
    })
  }

  /** A row that is not compared has a hash of its own, or none where rows are held. */
  #hash(): string | null {
    if (this.same === null) return null
    const { attempt } = this.#options
    const hash = this.#options.hash.sql
    const { keys, takesPart } = this.same
    if (takesPart === null) return hash(keys, attempt)
    const alone = this.#held === null ? hash([...keys, ROW_COLUMN], attempt) : 'NULL::UBIGINT'
    return `CASE WHEN ${takesPart} THEN ${hash(keys, attempt)} ELSE ${alone} END`
  }

  async #judge(connection: DuckDBConnection, table: string): Promise<JudgedSlice> {
    const duplicates = this.same === null || this.#held !== null ? [] : await this.#finder.find(connection, table)
    const last = duplicates.at(-1)?.position
    if (last === undefined) return { table, duplicates, kept: `(SELECT * FROM ${table} WHERE __violations IS NULL)` }
    await this.#finder.write(connection, `${table}_alike`, duplicates)
    // A join would lose the order of the rows; looking up one bit keeps it.
    await connection.run(`SET VARIABLE alike_rows = (SELECT bitstring_agg(__position, 0, ${last}) FROM ${table}_alike)`)
    const others = `(rowid > ${last} OR get_bit(getvariable('alike_rows'), CAST(least(rowid, ${last}) AS INTEGER)) = 0)`
    return { table, duplicates, kept: `(SELECT * FROM ${table} WHERE __violations IS NULL AND ${others})` }
  }

  #createTables(connection: DuckDBConnection): Promise<void> {
    this.#tables ??= createLeftOutTables(connection, this)
    return this.#tables
  }

  async #collect(connection: DuckDBConnection, { table, duplicates }: JudgedSlice, index: number): Promise<void> {
    await this.#collectRejected(connection, table)
    if (duplicates.length > 0) {
      const cells = this.columns.map(({ text }) => `t.${text}`)
      await connection.run(`INSERT INTO ${this.alike} SELECT ${[...cells, ...INTAKE_PLACES].join(', ')}, a.__kept
        FROM ${table} t JOIN ${table}_alike a ON t.rowid = a.__position`)
      await connection.run(`DROP TABLE ${table}_alike`)
    }
    if (this.#held === null) await this.#pieces.append(index)
  }

  async #collectRejected(connection: DuckDBConnection, table: string): Promise<void> {
    const delivered = this.delivered.map((_, at) => `__cells[${at + 1}]`)
    await connection.run(`INSERT INTO ${this.rejected}
      SELECT ${[...delivered, ...INTAKE_PLACES].join(', ')}, __violations FROM ${table} WHERE __violations IS NOT NULL`)
    await this.changed.count(connection, table)
    await this.shortened.count(connection, table)
  }
}

function heldRows(same: SameRows | null, columns: readonly IntakeColumn[], outDir: string): HeldRows | null {
  if (same?.order == null) return null
  return new HeldRows(outDir, { cells: columns.map(({ text }) => text), same, order: same.order })
}

async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
