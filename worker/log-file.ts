import { appendFileSync, closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'

const LARGEST = 5 * 1024 * 1024
const TAIL_BYTES = 16_384

/** Puts a log that has grown large aside as `….1`, so that two files of bounded size are all there is. */
export function rotateLog(file: string): void {
  try {
    if (statSync(file).size > LARGEST) renameSync(file, `${file}.1`)
  } catch {
    // There is none yet.
  }
}

/** The last lines of a log that say something (no stack), for a message that says why something does not start. */
export function tailOfLog(file: string, lines: number): string[] {
  try {
    const handle = openSync(file, 'r')
    try {
      const { size } = fstatSync(handle)
      const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES))
      readSync(handle, buffer, 0, buffer.length, size - buffer.length)
      const all = buffer.toString('utf8').split('\n')
      return all.filter((line) => line.trim() !== '' && !/^\s+at /.test(line)).slice(-lines)
    } finally {
      closeSync(handle)
    }
  } catch {
    return []
  }
}

/** Appends lines to a log of bounded size. */
export class LogWriter {
  readonly file: string
  #bytes = 0

  constructor(file: string) {
    this.file = file
    rotateLog(file)
  }

  write(line: string): void {
    const text = `${line}\n`
    this.#bytes += text.length
    if (this.#bytes > LARGEST) {
      rotateLog(this.file)
      this.#bytes = text.length
    }
    try {
      appendFileSync(this.file, text)
    } catch {
      // A log that cannot be written must not end what it tells of.
    }
  }

  tail(lines: number): string[] {
    return tailOfLog(this.file, lines)
  }
}
