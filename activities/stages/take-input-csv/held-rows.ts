import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { PLACE_COLUMNS, sqlText } from '../../duckdb.ts'
import { copyRows } from '../../left-out/copy-rows.ts'
import { ROW_COLUMN } from '../../load-dataset.ts'
import type { SameRows } from './same-rows.ts'

const PLACES = [...PLACE_COLUMNS, ROW_COLUMN]

/**
 * Sound rows on the disk, until all are there and it can be told which of those with one key stays. In memory are only the
 * keys that occur more than once, and DuckDB puts these on the disk too when they are many.
 */
export class HeldRows {
  readonly #outDir: string
  readonly #cells: readonly string[]
  readonly #same: SameRows
  readonly #order: readonly string[]
  readonly #mark = randomUUID().replaceAll('-', '')
  readonly #files: string[] = []

  constructor(outDir: string, { cells, same, order }: { cells: readonly string[]; same: SameRows; order: readonly string[] }) {
    this.#outDir = outDir
    this.#cells = cells
    this.#same = same
    this.#order = order
  }

  /** Keeps the rows of a slice, which have `__hash`. */
  async write(connection: DuckDBConnection, rows: string, index: number): Promise<void> {
    const path = join(this.#outDir, `held-${this.#mark.slice(0, 8)}-${String(index).padStart(5, '0')}.parquet`)
    this.#files[index] = path
    await copyRows(connection, {
      query: `SELECT ${[...this.#cells, ...PLACES, '__hash'].join(', ')} FROM ${rows}`,
      path,
      format: 'parquet',
    })
  }

  /**
   * Tells which rows go: they are put into the table `to` (cells, places, `__row`, `__kept_record`, `__kept_file`). What it returns are FROM
   * items, on this connection, of the rows that stay: one for each slice, in order.
   */
  async settle(connection: DuckDBConnection, to: string): Promise<readonly string[]> {
    const dropped = `${to}_dropped`
    await this.#choose(connection, dropped)
    await connection.run(`INSERT INTO ${to} SELECT ${[...this.#cells, ...PLACES].map((name) => `h.${name}`).join(', ')}, d.__kept_record, d.__kept_file
      FROM ${this.#scan()} h JOIN ${dropped} d ON h.${ROW_COLUMN} = d.__dropped`)
    const reader = await connection.runAndReadAll(`SELECT coalesce(max(__dropped), -1) FROM ${dropped}`)
    const last = Number(reader.getRows()[0]?.[0] ?? -1)
    // A join would lose the order of the rows; looking up one bit keeps it.
    if (last >= 0) {
      await connection.run(`SET VARIABLE dropped_rows = (SELECT bitstring_agg(__dropped, 0, ${last}) FROM ${dropped})`)
    }
    await connection.run(`DROP TABLE ${dropped}`)
    const stays =
      last < 0
        ? 'TRUE'
        : `(${ROW_COLUMN} > ${last} OR get_bit(getvariable('dropped_rows'), CAST(least(${ROW_COLUMN}, ${last}) AS INTEGER)) = 0)`
    return this.#files.map((file) => `(SELECT * FROM read_parquet(${sqlText(file)}) WHERE ${stays})`)
  }

  /** Removes all files. */
  async discard(): Promise<void> {
    await Promise.all(this.#files.splice(0).map((file) => rm(file, { force: true })))
  }

  /** Equal hashes prove nothing: rows are grouped by their keys, but only those that share a hash with another one. */
  async #choose(connection: DuckDBConnection, dropped: string): Promise<void> {
    const shared = `${dropped}_hashes`
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${shared} AS
      SELECT __hash FROM ${this.#scan()} WHERE __hash IS NOT NULL GROUP BY __hash HAVING count(*) > 1`)
    const keys = this.#same.keys.map((key, at) => `${key} AS __key_${at}`)
    const names = keys.map((_, at) => `__key_${at}`)
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${dropped} AS
      SELECT ${ROW_COLUMN} AS __dropped, __kept_record, __kept_file FROM (
        SELECT ${ROW_COLUMN}, row_number() OVER w AS __place, first_value(__record) OVER w AS __kept_record,
          first_value(__file) OVER w AS __kept_file
        FROM (SELECT *, ${keys.join(', ')} FROM ${this.#scan()} SEMI JOIN ${shared} USING (__hash))
        WINDOW w AS (PARTITION BY ${names.join(', ')} ORDER BY ${this.#order.join(', ')})
      ) WHERE __place > 1`)
    await connection.run(`DROP TABLE ${shared}`)
  }

  #scan(): string {
    return `read_parquet([${this.#files.map(sqlText).join(', ')}])`
  }
}
