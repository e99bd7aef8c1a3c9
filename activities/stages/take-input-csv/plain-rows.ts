import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type CellBatch, NO_ROW } from '../../cells/cell-batch.ts'
import { ParquetFile } from '../../cells/parquet-file.ts'
import { allRows, type RowRange } from '../../cells/row-range.ts'
import type { BatchRows } from '../../csv/load-lanes.ts'
import { PLACE_COLUMNS, sqlText } from '../../duckdb.ts'
import { copyRows } from '../../left-out/copy-rows.ts'
import { ROW_COLUMN } from '../../load-dataset.ts'
import { isPlainForm, type PublicForm } from '../../public-form.ts'
import type { ProducedFile, StageContext } from '../../stage.ts'
import { CertainRows } from './certain-rows.ts'
import type { TakeInputCsvConfig } from './config.ts'
import type { IntakeTable } from './intake-columns.ts'
import { putJudged } from './judged-cells.ts'
import { type Alike, KeptRows, type NewHash } from './kept-rows.ts'
import { Turns } from './turns.ts'

const [FILE_COLUMN, ...NUMBER_COLUMNS] = PLACE_COLUMNS

/** Where the records of a batch are from. */
export interface BatchSource {
  /** How the file is shown. */
  readonly shown: string
  /** Records of the input before those of the file. */
  readonly before: number
}

export interface PlainRowsOptions {
  readonly table: IntakeTable
  /** Columns whose IDs may have been shortened: such rows are looked at. */
  readonly watched: ReadonlySet<string>
  readonly config: TakeInputCsvConfig
  readonly context: StageContext
  readonly form: PublicForm
  readonly hash: NewHash
  readonly attempt: number
  /** SELECT of an intake query over rows of a source. */
  readonly query: (source: string) => string
  /** Takes what a query has left out of a table, in the order of the batches. */
  readonly collect: (connection: DuckDBConnection, table: string) => Promise<void>
  /** The table of rows with the hash of an earlier one. */
  readonly alike: string
}

/**
 * The way of rows that mostly leave as they came: those that are certain to are copied as bytes and never see DuckDB, which
 * judges the others. The result is the same, to the byte of what is left out and to the cell of what is kept.
 */
export class PlainRows {
  readonly #options: PlainRowsOptions
  readonly #certain: CertainRows
  readonly #kept: KeptRows
  readonly #turns = new Turns()
  readonly #mark = `plain-${randomUUID().slice(0, 8)}`

  /** Null where rows do not leave by the columns that they came with, or none of them is certain to. */
  static suiting(options: PlainRowsOptions): PlainRows | null {
    const { table, config, form, watched } = options
    const asDelivered =
      table.columns.length === table.delivered.length && table.columns.every(({ position }, at) => position === at)
    if (!isPlainForm(form) || !asDelivered || typeof config.duplicates === 'object') return null
    const certain = CertainRows.of(table.columns, config, watched)
    return certain === null ? null : new PlainRows(options, certain)
  }

  private constructor(options: PlainRowsOptions, certain: CertainRows) {
    const { table, config, context, form, hash, attempt } = options
    this.#options = options
    this.#certain = certain
    const removeDuplicates = config.duplicates === 'remove'
    this.#kept = new KeptRows({ columns: table.columns, form, context, removeDuplicates, hash: hash(attempt) })
  }

  /** Cells that white space was taken off from without asking DuckDB, by column. */
  get trimmed(): readonly number[] {
    return this.#certain.trimmed
  }

  get copies(): readonly string[] {
    return [this.#kept.copyPath]
  }

  /** Takes the rows of a batch; how many there were. */
  async take({ connection, batch, index }: BatchRows, from: BatchSource): Promise<number> {
    try {
      const doubtful = this.#certain.doubtful(batch)
      const judged = doubtful.count === 0 ? null : await this.#judge(connection, { batch, index, from }, doubtful)
      await this.#turns.take(index, async () => {
        const alike = await this.#kept.add(batch, keptOf(batch), from.shown)
        if (alike.range.count > 0) await this.#collectAlike(connection, { alike, batch, from })
        if (judged !== null) await this.#options.collect(connection, judged.table)
      })
      if (judged !== null) await connection.run(`DROP TABLE ${judged.table}`)
      return batch.count - doubtful.count + (judged?.rows ?? 0)
    } catch (error) {
      this.#turns.fail(error)
      throw error
    }
  }

  /** No more rows come: begins to seal the output. */
  close(): Promise<void> {
    return this.#kept.close()
  }

  finish(connection: DuckDBConnection): Promise<readonly [ProducedFile, ...ProducedFile[]]> {
    return this.#kept.finish(connection)
  }

  discard(): Promise<void> {
    return this.#kept.discard()
  }

  /** Cleans and checks rows in DuckDB, and puts what it makes of them into the batch. The table with all of them. */
  async #judge(
    connection: DuckDBConnection,
    { batch, index, from }: { readonly batch: CellBatch; readonly index: number; readonly from: BatchSource },
    doubtful: RowRange,
  ): Promise<{ readonly table: string; readonly rows: number }> {
    const { table: columns, context, query } = this.#options
    const asked = join(context.outDir, `${this.#mark}-${index}.parquet`)
    const answer = join(context.outDir, `${this.#mark}-${index}.csv`)
    const table = `${this.#options.alike}_${index}`
    try {
      await this.#writeRows(asked, {
        names: columns.delivered.map(({ cell }) => cellName(cell)),
        batch,
        range: doubtful,
        shown: from.shown,
      })
      const source = `(SELECT *, ${from.before} + __record AS ${ROW_COLUMN} FROM read_parquet(${sqlText(asked)}))`
      const made = await connection.runAndReadAll(`CREATE TABLE ${table} AS ${query(source)}`)
      const cells = columns.columns.map(({ text }) => text)
      const sound = `SELECT ${['__record', ...cells].join(', ')} FROM ${table} WHERE __violations IS NULL`
      await copyRows(connection, { query: sound, path: answer, format: 'csvRows' })
      await putJudged(batch, doubtful, answer)
      return { table, rows: Number(made.getRows()[0]?.[0] ?? 0) }
    } finally {
      await Promise.all([rm(asked, { force: true }), rm(answer, { force: true })])
    }
  }

  async #writeRows(
    path: string,
    rows: { names: readonly string[]; batch: CellBatch; range: RowRange; shown: string; kept?: Float64Array },
  ): Promise<void> {
    const { names, batch, range, shown, kept } = rows
    const numbers = [...NUMBER_COLUMNS, ...(kept === undefined ? [] : ['__kept'])]
    const file = await ParquetFile.create(path, { columns: names, constant: FILE_COLUMN, numbers })
    try {
      const places = [batch.records, batch.lines, batch.offsets]
      await file.add(batch, range, { constant: shown, numbers: kept === undefined ? places : [...places, kept] })
    } finally {
      await file.close()
    }
  }

  async #collectAlike(
    connection: DuckDBConnection,
    { alike, batch, from }: { alike: Alike; batch: CellBatch; from: BatchSource },
  ): Promise<void> {
    const { table, context, alike: into } = this.#options
    const path = join(
      context.outDir,
      `${this.#mark}-alike-${from.before + (batch.records[alike.range.rows[0] ?? 0] ?? 0)}.parquet`,
    )
    const kept = new Float64Array(batch.count)
    for (let index = 0; index < alike.range.count; index += 1) {
      kept[alike.range.rows[index] as number] = alike.kept[index] as number
    }
    try {
      const names = table.columns.map(({ name }) => name)
      await this.#writeRows(path, { names, batch, range: alike.range, shown: from.shown, kept })
      const cells = table.columns.map(({ text }) => text)
      await connection.run(`INSERT INTO ${into}
        SELECT ${[...cells, ...PLACE_COLUMNS].join(', ')}, ${from.before} + __record, __kept FROM read_parquet(${sqlText(path)})`)
    } finally {
      await rm(path, { force: true })
    }
  }
}

/** The name behind an SQL identifier. */
const cellName = (cell: string): string => cell.slice(1, -1).replaceAll('""', '"')

/** The rows of a batch that no check has stopped. */
function keptOf(batch: CellBatch): RowRange {
  if (!batch.flags.subarray(0, batch.count).includes(NO_ROW)) return allRows(batch.count)
  const rows = new Int32Array(batch.count)
  let count = 0
  for (let row = 0; row < batch.count; row += 1) {
    if (batch.flags[row] === NO_ROW) continue
    rows[count] = row
    count += 1
  }
  return { rows, count }
}
