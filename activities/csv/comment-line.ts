import { CR, LF } from './dialect.ts'

/**
 * Behind the line at `start` when it begins with the mark of a comment; 0 when it does not, and -1 when more bytes are needed
 * to tell. An empty mark begins no comment.
 */
export function commentEnd(bytes: Buffer, start: number, used: number, options: { mark: Buffer; final: boolean }): number {
  const { mark, final } = options
  if (mark.length === 0) return 0
  for (let index = 0; index < mark.length; index += 1) {
    if (start + index >= used) return final ? 0 : -1
    if (bytes[start + index] !== mark[index]) return 0
  }
  for (let at = start; at < used; at += 1) {
    if (bytes[at] === LF) return at + 1
    if (bytes[at] !== CR) continue
    if (at + 1 >= used) return final ? used : -1
    return bytes[at + 1] === LF ? at + 2 : at + 1
  }
  return final ? used : -1
}
