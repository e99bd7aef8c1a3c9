import { CR, LF } from './dialect.ts'

/** Keeps the last lines of a stream of bytes back: they belong to no table. */
export class FooterCut {
  /** Lines that were left out, blank ones not counted, once the stream has ended. */
  lines = 0
  readonly #wanted: number

  constructor(wanted: number) {
    this.#wanted = wanted
  }

  async *cut(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    if (this.#wanted === 0) {
      yield* chunks
      return
    }
    let held: Buffer = Buffer.alloc(0)
    for await (const chunk of chunks) {
      // The memory of a chunk is used again: what is kept is a copy.
      held = Buffer.concat([held, chunk])
      const { at, lines } = lastLines(held, this.#wanted)
      this.lines = lines
      if (at === 0) continue
      yield held.subarray(0, at)
      held = held.subarray(at)
    }
  }
}

/** Where the last lines that are not blank begin, and how many there are. */
function lastLines(bytes: Buffer, wanted: number): { readonly at: number; readonly lines: number } {
  let lines = 0
  let isBlank = true
  let at = bytes.length
  while (at > 0) {
    const byte = bytes[at - 1] as number
    if (byte === LF || byte === CR) {
      if (!isBlank) {
        lines += 1
        if (lines === wanted) return { at, lines }
      }
      isBlank = true
    } else if (byte !== 0x20 && byte !== 0x09) isBlank = false
    at -= 1
  }
  return { at: 0, lines: isBlank ? lines : lines + 1 }
}
