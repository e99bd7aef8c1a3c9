import { CR, LF } from './dialect.ts'

/** Behind the line end that comes next (LF, CRLF or CR); the limit where there is none. */
export function behindLine(bytes: Uint8Array, from: number, limit: number): number {
  for (let at = from; at < limit; at += 1) {
    if (bytes[at] === LF) return at + 1
    if (bytes[at] === CR) return bytes[at + 1] === LF ? at + 2 : at + 1
  }
  return limit
}
