import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { CommittedFile } from '../pipeline/record.ts'
import { isControl } from './left-out/show-controls.ts'

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
const CHUNK_BYTES = 1 << 20
/** 0 for the bytes that tell nothing about where records end and belong to text: nearly all. */
const MARKS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE || byte === LF || byte === CR || isControl(byte) ? 1 : 0,
)

/**
 * Reads a file once and returns its rows, size and hash. A CSV is counted by its own line ends outside quotes, one header
 * line taken off: independently of whoever wrote it.
 */
export async function sealFile(path: string, format: CommittedFile['format']): Promise<Seal> {
  return (await sealAndLook(path, format)).seal
}

/** The same, and whether a CSV holds control characters other than tabs and line ends. */
export async function sealAndLook(
  path: string,
  format: CommittedFile['format'],
): Promise<{ readonly seal: Seal; readonly hasControls: boolean }> {
  const hash = createHash('sha256')
  const counter = format === 'csv' ? new RecordCounter() : format === 'jsonl' ? new LineCounter() : null
  let bytes = 0
  const file = await open(path, 'r')
  try {
    // Always the same memory: fresh memory is slow to touch.
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null)
      if (bytesRead === 0) break
      const chunk = buffer.subarray(0, bytesRead)
      hash.update(chunk)
      counter?.add(chunk)
      bytes += bytesRead
    }
  } finally {
    await file.close()
  }
  const records = counter?.end() ?? null
  const rows = records === null ? null : format === 'csv' ? Math.max(0, records - 1) : records
  const seal = { rows, bytes, sha256: hash.digest('hex') }
  return { seal, hasControls: counter instanceof RecordCounter && counter.hasControls }
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
  hasControls = false

  add(chunk: Buffer): void {
    const { length } = chunk
    let at = 0
    while (at < length) {
      const from = at
      while (at < length && MARKS[chunk[at] as number] === 0) at += 1
      if (at > from) {
        this.#open = true
        this.#afterCr = false
      }
      if (at < length) this.#mark(chunk[at] as number)
      at += 1
    }
  }

  #mark(byte: number): void {
    if (byte !== QUOTE && byte !== LF && byte !== CR) {
      this.hasControls = true
      this.#open = true
      this.#afterCr = false
      return
    }
    const endsRecord = byte !== QUOTE && !this.#quoted
    if (byte === QUOTE) this.#quoted = !this.#quoted
    if (endsRecord && !(byte === LF && this.#afterCr)) this.#records += 1
    this.#open = !endsRecord
    this.#afterCr = endsRecord && byte === CR
  }

  end(): number {
    return this.#records + (this.#open ? 1 : 0)
  }
}
