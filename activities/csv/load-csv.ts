import { join, relative, sep } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../pipeline/errors.ts'
import type { InputFile } from '../../pipeline/record.ts'
import type { Database } from '../duckdb.ts'
import type { Progress } from '../stage.ts'
import { BatchFiller } from './batch-filler.ts'
import type { Dialect, DialectPins } from './dialect.ts'
import { FooterCut } from './footer-cut.ts'
import { type BatchSink, LoadLanes } from './load-lanes.ts'
import { type CsvLook, lookAtCsv } from './look-at-csv.ts'
import { MalformedWriter } from './malformed-writer.ts'
import { BatchFiles } from './batch-files.ts'
import { type ByteSource, openBytes } from './read-bytes.ts'
import { guessEncoding } from './guess-encoding.ts'
import { fileError } from './refuse-input.ts'
import { RecordScanner } from './scan-records.ts'
import { type SeparableText, separableText } from './separable-text.ts'

/** Invalid bytes after which another encoding is tried at once. */
const INVALID_TO_RESTART = 1_000
const PROGRESS_BYTES = 4 << 20

export interface LoadCsvOptions {
  /** Absolute. */
  readonly path: string
  /** How the file is named in `__file`, in records and in messages: relative to the project where it lies inside. */
  readonly shown: string
  /** A folder of this attempt alone; temporary files go below it. */
  readonly workDir: string
  readonly database: Database
  readonly pins?: DialectPins
  /** The member of a zip archive that is read. */
  readonly member?: string
  /** What a look at the file has found, where it was looked at before. */
  readonly look?: CsvLook
  /** Column names that are expected: they help to tell a header from data. */
  readonly expectedColumns?: readonly string[]
  /** Data records, malformed ones included, after which no more are taken. */
  readonly limit?: number
  /** Records with too few fields are sound: the missing ones are empty. */
  readonly fillShort?: boolean
  /** Names the table and its files, when several files are loaded on one connection. */
  readonly name?: string
  readonly signal?: AbortSignal
  readonly progress?: (progress: Progress) => void
}

/** Physical lines of a file that are no part of its records, by what they are. */
export interface SkippedLines {
  readonly blank: number
  readonly comment: number
  /** Above the header. */
  readonly preamble: number
  readonly footer: number
}

/** What is known of a file once its records were taken. */
export interface ScannedCsv {
  readonly columns: readonly string[]
  /** All data records, malformed ones included, counted from the bytes as delivered. */
  readonly records: number
  /** Sound records with missing fields, when those are filled. */
  readonly shortRecords: number
  /** Physical lines that are no part of a record. */
  readonly lines: SkippedLines
  /** Table of the records left out: `__file __record __line __byte __raw __rule __message`. */
  readonly malformed: string
  readonly malformedCount: number
  readonly dialect: Dialect
  readonly inputs: readonly InputFile[]
  readonly warnings: readonly string[]
}

export interface LoadedCsv extends ScannedCsv {
  /** FROM item in input order: the columns as VARCHAR (empty is NULL), with `__file __record __line __byte`. */
  readonly table: string
  /** Removes the files behind the table. */
  readonly discard: () => Promise<void>
}

/** A sink for the records of a file that was looked at. Asked for again when the file has to be read once more: what the first one took is void. */
export type BeginSink = (look: CsvLook) => BatchSink & { discard(): Promise<void> }

/** Reads any CSV file into DuckDB. The same bytes give the same table; no record is lost without being counted. */
export async function loadCsv(connection: DuckDBConnection, options: LoadCsvOptions): Promise<LoadedCsv> {
  const name = options.name ?? 'csv'
  const sinks: BatchFiles[] = []
  const scanned = await scanCsv(connection, options, ({ columns }) => {
    const sink = new BatchFiles(columns, { folder: options.workDir, name, shown: options.shown })
    sinks.push(sink)
    return sink
  })
  const sink = sinks.at(-1)
  if (sink === undefined) throw new Error('a file was scanned into nothing')
  return { ...scanned, table: sink.rows, discard: () => sink.discard() }
}

/**
 * Reads any CSV file and hands its sound records to a sink, batch by batch; an empty file gives one empty batch. The rows that
 * the sink counts must be the records that were scanned. When it throws, the sink is discarded.
 */
export async function scanCsv(connection: DuckDBConnection, options: LoadCsvOptions, begin: BeginSink): Promise<ScannedCsv> {
  try {
    const { path, shown, pins = {}, expectedColumns = [] } = options
    const looking = { ...options, pins, expectedColumns }
    const first = await scanInto(options.look ?? (await lookAtCsv(path, shown, looking)), connection, { options, begin })
    if ('records' in first) return first
    const { encoding, doubt } = guessEncoding(first.notUtf8, shown)
    const look = await lookAtCsv(path, shown, { ...looking, pins: { ...pins, encoding } })
    const warnings = [...look.warnings, ...(doubt === null ? [] : [doubt])]
    const again = await scanInto({ ...look, warnings }, connection, { options, begin })
    if (!('records' in again)) throw new Error('an encoding that is certain was given up')
    return again
  } catch (error) {
    throw error instanceof OnclockError ? error : fileError(error, options.shown)
  }
}

/** How a path is named for people: relative to the project where it lies inside, as it is otherwise. */
export function shownPath(path: string, projectDir: string): string {
  const inside = relative(projectDir, path)
  return inside.startsWith('..') || inside === '' ? path : inside.split(sep).join('/')
}

async function scanInto(
  look: CsvLook,
  connection: DuckDBConnection,
  { options, begin }: { readonly options: LoadCsvOptions; readonly begin: BeginSink },
): Promise<ScannedCsv | { readonly notUtf8: Buffer }> {
  const sink = begin(look)
  const load = new CsvLoad(look, options, sink)
  let scanned: ScannedCsv | null = null
  try {
    const delivered = await load.scan()
    if (delivered === null) return { notUtf8: load.notUtf8 }
    scanned = await load.finish(connection, delivered)
    return scanned
  } finally {
    await load.lanes.close()
    await load.malformed.discard()
    if (scanned === null) await sink.discard()
  }
}

type Delivered = Pick<InputFile, 'bytes' | 'sha256'>

/** One pass over a file: scanned, sorted into batches and malformed records, loaded. */
class CsvLoad {
  readonly lanes: LoadLanes
  readonly malformed: MalformedWriter
  readonly #look: CsvLook
  readonly #options: LoadCsvOptions
  readonly #filler: BatchFiller
  readonly #scanner: RecordScanner
  readonly #source: ByteSource
  readonly #text: SeparableText
  readonly #name: string
  readonly #footer: FooterCut

  constructor(look: CsvLook, options: LoadCsvOptions, sink: BatchSink) {
    this.#look = look
    this.#options = options
    this.#name = options.name ?? 'csv'
    const { dialect, columns } = look
    this.lanes = new LoadLanes(options.database, sink)
    this.#footer = new FooterCut(dialect.skipFooter)
    this.malformed = new MalformedWriter(join(options.workDir, `${this.#name}-malformed.csv`), dialect.encoding)
    this.#source = openBytes(look.path, look.packing, options.signal)
    this.#text = separableText(this.#source.chunks, dialect.encoding)
    this.#filler = new BatchFiller({ ...look, ...this.#text, width: columns.length })
    this.#scanner = new RecordScanner(
      { ...look, ...options, ...this.#text, width: columns.length },
      {
        cut: (bytes, start, limit, place) => this.#filler.cut(bytes, start, limit, place),
        sound: (bytes, start, end, place) => this.#filler.sound(bytes, start, end, place),
        short: (bytes, start, end, { place }) => this.#filler.sound(bytes, start, end, place),
        malformed: (bytes, start, end, record) => this.malformed.add(bytes, start, end, record),
      },
    )
  }

  /** Some of the text that is not UTF-8. */
  get notUtf8(): Buffer {
    return this.#scanner.evidence.sample
  }

  /** Reads the file to its end; null when it turns out not to be UTF-8. */
  async scan(): Promise<Delivered | null> {
    const source = this.#source
    let reported = 0
    for await (const chunk of this.#footer.cut(this.#text.chunks)) {
      this.#scanner.push(chunk)
      if (this.#isOtherEncoding(INVALID_TO_RESTART)) return null
      await this.#passOn()
      if (source.bytes - reported >= PROGRESS_BYTES) {
        reported = source.bytes
        this.#report(reported)
      }
    }
    this.#scanner.end()
    if (this.#isOtherEncoding(1)) return null
    await this.#passOn()
    this.#report(source.bytes)
    return { bytes: source.bytes, sha256: source.sha256() }
  }

  async finish(connection: DuckDBConnection, delivered: Delivered): Promise<ScannedCsv> {
    const { counts } = this.#scanner
    const { shown } = this.#options
    const malformed = `${this.#name}_malformed`
    // An empty batch too gives what comes of it its columns.
    if (!this.#filler.isEmpty || counts.sound === 0) await this.#load()
    await this.lanes.finish()
    if (this.lanes.rows !== counts.sound) {
      throw new OnclockError(
        'ROWS_NOT_CONSERVED',
        `${shown}: ${counts.sound} sound records were counted and ${this.lanes.rows} loaded`,
      )
    }
    await this.malformed.createTable(connection, malformed, shown)
    return {
      columns: this.#look.columns,
      records: counts.records,
      shortRecords: counts.short,
      lines: {
        blank: counts.blank + this.#look.top.blank,
        comment: counts.comment + this.#look.top.comment,
        preamble: this.#look.top.preamble,
        footer: this.#footer.lines,
      },
      malformed,
      malformedCount: counts.malformed,
      dialect: this.#look.dialect,
      inputs: [{ path: shown, ...delivered }],
      warnings: [...this.#look.warnings, ...this.#strayBytes()],
    }
  }

  /** A few odd bytes in a file that is ASCII otherwise were taken for damage. */
  #strayBytes(): readonly string[] {
    const { evidence } = this.#scanner
    const { dialect, encodingCertain } = this.#look
    if (dialect.encoding !== 'utf-8' || encodingCertain || evidence.valid >= evidence.invalid) return []
    const records =
      evidence.invalid === 1 ? '1 record is rejected since it has' : `${evidence.invalid} records are rejected since they have`
    return [
      `${this.#options.shown} is read as UTF-8, and ${records} bytes that are not; if these are text, pin the encoding with encoding:`,
    ]
  }

  #isOtherEncoding(enough: number): boolean {
    const { evidence, counts } = this.#scanner
    const { dialect, encodingCertain } = this.#look
    const asked = dialect.encoding === 'utf-8' && !encodingCertain && evidence.invalid >= enough
    return asked && !evidence.isUtf8(counts.records)
  }

  async #passOn(): Promise<void> {
    this.#options.signal?.throwIfAborted()
    if (this.malformed.isFull) await this.malformed.flush()
    if (this.#filler.isFull) await this.#load()
  }

  #load(): Promise<void> {
    const batch = this.#filler.take()
    return this.lanes.add(batch, () => this.#filler.release(batch))
  }

  #report(bytes: number): void {
    this.#options.progress?.({ doing: 'reading', bytes, bytesTotal: this.#look.bytes, rows: this.#scanner.counts.records })
  }
}
