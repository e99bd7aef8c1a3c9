import { type FileHandle, open, rm } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlText } from '../duckdb.ts'
import type { Encoding } from './encodings.ts'
import type { MalformedRecord } from './malformed.ts'
import { decodeText } from './read-bytes.ts'
import { joinRecord } from './split-record.ts'

const FLUSH_CHARACTERS = 1 << 20
/** Of the raw text; the place says where the rest is. */
const MAX_RAW_BYTES = 1_000_000

/** Puts malformed records into a file of their own, so that a file that is all damage does not fill the memory. */
export class MalformedWriter {
  readonly #path: string
  readonly #encoding: Encoding
  #lines: string[] = []
  #characters = 0
  #file: FileHandle | null = null

  constructor(path: string, encoding: Encoding) {
    this.#path = path
    this.#encoding = encoding
  }

  add(bytes: Buffer, start: number, end: number, record: MalformedRecord): void {
    // A NUL ends strings in too many programs: it is shown by its symbol, the place leads to the byte itself.
    const raw = decodeText(bytes.subarray(start, Math.min(end, start + MAX_RAW_BYTES)), this.#encoding).replaceAll('\0', '␀')
    const line = joinRecord(
      [String(record.record), String(record.line), String(record.byte), raw, record.rule, record.message],
      ',',
    )
    this.#lines.push(line)
    this.#characters += line.length
  }

  get isFull(): boolean {
    return this.#characters >= FLUSH_CHARACTERS
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return
    this.#file ??= await open(this.#path, 'w')
    const text = `${this.#lines.join('\n')}\n`
    this.#lines = []
    this.#characters = 0
    await this.#file.writeFile(text)
  }

  /** Makes the table `__file __record __line __byte __raw __rule __message` of what was written, in order. */
  async createTable(connection: DuckDBConnection, table: string, shown: string): Promise<void> {
    await this.flush()
    const columns = `{'r': 'BIGINT', 'l': 'BIGINT', 'b': 'BIGINT', 'raw': 'VARCHAR', 'rule': 'VARCHAR', 'message': 'VARCHAR'}`
    const source =
      this.#file === null
        ? `(SELECT 0::BIGINT AS r, 0::BIGINT AS l, 0::BIGINT AS b, '' AS raw, '' AS rule, '' AS message WHERE false)`
        : `read_csv(${sqlText(this.#path)}, auto_detect = false, header = false, columns = ${columns}, delim = ',', quote = '"', escape = '"',
            new_line = '\\n', parallel = false, max_line_size = ${MAX_RAW_BYTES * 4}, buffer_size = ${MAX_RAW_BYTES * 8})`
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${table} AS
      SELECT ${sqlText(shown)} AS __file, r AS __record, l AS __line, b AS __byte, coalesce(raw, '') AS __raw, rule AS __rule, message AS __message
      FROM ${source}`)
  }

  /** Closes and removes the file. */
  async discard(): Promise<void> {
    await this.#file?.close()
    await rm(this.#path, { force: true })
  }
}
