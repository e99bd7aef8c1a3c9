import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { CommittedFile } from '../pipeline/record.ts'

/** What a file holds, counted from its bytes as they lie on the disk. */
export interface Seal {
  /** Records without the header (CSV), lines (JSON lines); null for formats that are counted elsewhere. */
  readonly rows: number | null
  readonly bytes: number
  readonly sha256: string
}

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d

/**
 * Reads a file once and returns its rows, size and hash. A CSV is counted by its own line ends outside quotes, one header
 * line taken off: independently of whoever wrote it.
 */
export async function sealFile(path: string, format: CommittedFile['format']): Promise<Seal> {
  const hash = createHash('sha256')
  const counter = format === 'csv' ? new RecordCounter() : format === 'jsonl' ? new LineCounter() : null
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    counter?.add(chunk)
    bytes += chunk.length
  }
  const records = counter?.end() ?? null
  const rows = records === null ? null : format === 'csv' ? Math.max(0, records - 1) : records
  return { rows, bytes, sha256: hash.digest('hex') }
}

class LineCounter {
  #lines = 0
  #open = false

  add(chunk: Buffer): void {
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) this.#lines += 1
    if (chunk.length > 0) this.#open = chunk[chunk.length - 1] !== LF
  }

  end(): number {
    return this.#lines + (this.#open ? 1 : 0)
  }
}

/** Counts RFC 4180 records: a line end counts outside quotes; a doubled quote opens and closes, which comes to the same. */
class RecordCounter {
  #records = 0
  #quoted = false
  #open = false
  #afterCr = false

  add(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]
      if (byte === QUOTE) {
        this.#quoted = !this.#quoted
        this.#open = true
      } else if (!this.#quoted && (byte === LF || byte === CR)) {
        if (!(byte === LF && this.#afterCr)) this.#records += 1
        this.#open = false
        this.#afterCr = byte === CR
        continue
      } else this.#open = true
      this.#afterCr = false
    }
  }

  end(): number {
    return this.#records + (this.#open ? 1 : 0)
  }
}
