import { createReadStream } from 'node:fs'
import { CsvError, type Info, parse } from 'csv-parse'
import { OnclockError } from '../../pipeline/errors.ts'
import type { Row, StageInput } from '../api.ts'
import { lookAtCsv } from '../csv/look-at-csv.ts'
import { type BoundFile, formatOf } from './bind-files.ts'

/** Where a row stood in the stage's own input. */
export interface Place {
  /** Data records, from 1. */
  readonly record: number
  /** Physical line of the first byte, from 1. */
  readonly line: number
  readonly byte: number
}

interface Parsed {
  readonly record: string[]
  readonly info: Info
}

/** How often it is told how far the reading is, in records and in time: a stage may take a second for each. */
const TELL_EVERY = 1_000
const TELL_EVERY_MS = 200

/** Reads a CSV file as a stream of records and counts them while it does. */
export class CsvInput implements StageInput {
  readonly #file: BoundFile
  readonly #options: { readonly signal: AbortSignal; onRows(count: number): void }
  readonly #places = new WeakMap<Row, Place>()
  #latest: Place | null = null
  #read = 0
  #started = false
  #pathTaken = false
  #columns: Promise<readonly string[]> | null = null
  #knownColumns: readonly string[] | null = null
  #delimiter = ','

  constructor(file: BoundFile, options: { readonly signal: AbortSignal; onRows(count: number): void }) {
    this.#file = file
    this.#options = options
  }

  get path(): string {
    this.#pathTaken = true
    return this.#file.path
  }

  /** Records read in the longest pass; for a stage with a reader of its own, what the file holds. */
  get rowsIn(): number {
    return !this.#started && this.#pathTaken ? (this.#file.rows ?? 0) : this.#read
  }

  /** The columns once the header was read. */
  get knownColumns(): readonly string[] | null {
    return this.#knownColumns
  }

  /** Where a row stood; for one that the stage made itself, where the row stood that was read last. */
  placeOf(row: Row): Place | null {
    return this.#places.get(row) ?? this.#latest
  }

  columns(): Promise<readonly string[]> {
    this.#columns ??= this.#header()
    return this.#columns
  }

  async *rows(): AsyncGenerator<Row, void, undefined> {
    this.#started = true
    const columns = await this.columns()
    const build = rowBuilder(columns)
    let count = 0
    let toldAt = performance.now()
    let from: { line: number; byte: number } | null = null
    for await (const { record, info } of this.#parse({})) {
      const place = from
      from = { line: info.lines + 1, byte: info.bytes }
      // The header, and blank lines between records of several columns.
      if (place === null || isBlank(record, columns)) continue
      count += 1
      if (record.length !== columns.length) throw this.#ragged(count, place.line, record.length, columns.length)
      this.#read = Math.max(this.#read, count)
      if (count % TELL_EVERY === 0 || performance.now() - toldAt >= TELL_EVERY_MS) {
        this.#tell(count)
        toldAt = performance.now()
      }
      const row = build(record)
      this.#latest = { record: count, ...place }
      this.#places.set(row, this.#latest)
      yield row
    }
    this.#options.onRows(count)
  }

  #tell(count: number): void {
    this.#options.onRows(count)
    this.#options.signal.throwIfAborted()
  }

  async #header(): Promise<readonly string[]> {
    // A header in one piece may be that of a stage which writes with another delimiter.
    for await (const { record } of this.#parse({ to: 1, relax_quotes: true }))
      if (record.length === 1) this.#delimiter = await this.#sniff()
    for await (const { record } of this.#parse({ to: 1 })) {
      const twice = record.find((column, at) => record.indexOf(column) !== at)
      if (twice !== undefined) throw this.#unreadable(`its header has the column "${twice}" twice`)
      this.#knownColumns = record
      return record
    }
    throw this.#unreadable('it is empty')
  }

  async #sniff(): Promise<string> {
    const { path, shown } = this.#file
    const look = await lookAtCsv(path, shown, { pins: { encoding: 'utf-8', header: true }, expectedColumns: [] })
    return look.columns.length > 1 ? look.dialect.delimiter : ','
  }

  async *#parse(options: { readonly to?: number; readonly relax_quotes?: boolean }): AsyncGenerator<Parsed, void, undefined> {
    if (formatOf(this.#file.path) !== 'csv')
      throw this.#unreadable('it is not a CSV file', 'Read other files yourself, by input.path.')
    const parser = parse({ bom: true, info: true, relax_column_count: true, delimiter: this.#delimiter, ...options })
    const source = createReadStream(this.#file.path, { highWaterMark: 1 << 18 })
    source.on('error', (error) => parser.destroy(error))
    source.pipe(parser)
    try {
      for await (const parsed of parser) yield parsed as Parsed
    } catch (error) {
      if (error instanceof CsvError) throw this.#unreadable(`its quotes are broken at line ${String(error['lines'])}`)
      throw error
    } finally {
      source.destroy()
    }
  }

  #ragged(record: number, line: number, found: number, wanted: number): OnclockError {
    return this.#unreadable(`record ${record} (line ${line}) has ${found} fields, the header ${wanted}`)
  }

  #unreadable(reason: string, hint = 'Let take_input_csv read it first: it sorts out what is damaged.'): OnclockError {
    return new OnclockError('INPUT_UNREADABLE', `${this.#file.shown} cannot be read as the stage's input: ${reason}`, { hint })
  }
}

function isBlank(record: readonly string[], columns: readonly string[]): boolean {
  return record.length === 1 && record[0] === '' && columns.length > 1
}

function rowBuilder(columns: readonly string[]): (record: readonly string[]) => Row {
  if (columns.includes('__proto__'))
    return (record) => Object.fromEntries(columns.map((column, at) => [column, record[at] === '' ? null : (record[at] ?? null)]))
  return (record) => {
    const row: Row = {}
    for (let at = 0; at < columns.length; at += 1) {
      const cell = record[at]
      row[columns[at] ?? ''] = cell === '' || cell === undefined ? null : cell
    }
    return row
  }
}
