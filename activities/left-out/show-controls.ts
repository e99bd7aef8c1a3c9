import { createReadStream } from 'node:fs'
import { open, rename } from 'node:fs/promises'

/** Control characters that a text is not made of: all but tab and line ends. */
export const isControl = (byte: number): boolean =>
  byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)

/** Puts the symbol of each control character of a UTF-8 file in its place: programs for tables end a cell at a NUL, or refuse the file. */
export async function showControls(path: string): Promise<void> {
  const shown = `${path}.shown`
  const file = await open(shown, 'wx')
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) await file.writeFile(withSymbols(chunk))
  } finally {
    await file.close()
  }
  await rename(shown, path)
}

/** U+2400 and the following are the pictures of the control characters, U+2421 that of DEL; three bytes each. */
function withSymbols(chunk: Buffer): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (const [at, byte] of chunk.entries()) {
    if (!isControl(byte)) continue
    parts.push(chunk.subarray(from, at), Buffer.of(0xe2, 0x90, byte === 0x7f ? 0xa1 : 0x80 + byte))
    from = at + 1
  }
  return Buffer.concat([...parts, chunk.subarray(from)])
}
