import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import type { Encoding } from './dialect.ts'

const CHUNK_BYTES = 1 << 20

/** The bytes of a file as delivered, read once from begin to end; `.gz` is unpacked on the way. */
export interface ByteSource {
  /** A chunk holds its bytes until the next one is asked for: the memory is used again. */
  readonly chunks: AsyncIterable<Buffer>
  /** Bytes of the file itself read so far. */
  readonly bytes: number
  /** Of the file itself, once `chunks` has ended. */
  readonly sha256: () => string
}

/** Opens a file for one pass. */
export function openBytes(path: string, gzip: boolean, signal?: AbortSignal): ByteSource {
  const hash = createHash('sha256')
  const counter = { bytes: 0 }
  return {
    chunks: gzip
      ? unpacked(counting(createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>, hash, counter))
      : counting(fileChunks(path, signal), hash, counter),
    get bytes() {
      return counter.bytes
    },
    sha256: () => hash.copy().digest('hex'),
  }
}

async function* fileChunks(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const file = await open(path, 'r')
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      signal?.throwIfAborted()
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null)
      if (bytesRead === 0) return
      yield chunk.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* counting(chunks: AsyncIterable<Buffer>, hash: Hash, counter: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    counter.bytes += chunk.length
    yield chunk
  }
}

async function* unpacked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  const feeding = (async () => {
    try {
      for await (const chunk of chunks) if (!gunzip.write(chunk)) await new Promise((resume) => gunzip.once('drain', resume))
      gunzip.end()
    } catch (error) {
      gunzip.destroy(error as Error)
    }
  })()
  yield* gunzip as AsyncIterable<Buffer>
  await feeding
}

/** UTF-16 as UTF-8, chunk by chunk; other encodings as they are, since their separators are single bytes. */
export async function* separable(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding !== 'utf-16le' && encoding !== 'utf-16be') {
    yield* chunks
    return
  }
  const decoder = new TextDecoder(encoding, { ignoreBOM: true })
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }))
  yield Buffer.from(decoder.decode())
}

/** Bytes that a stretch of UTF-8 takes in UTF-16. */
export function utf16Bytes(bytes: Uint8Array, from: number, to: number): number {
  let units = 0
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1
  }
  return units * 2
}

const C1 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** Single-byte text as a string. Node's own decoder takes Windows-1252 for Latin-1. */
export function decodeSingleByte(bytes: Buffer, encoding: Encoding): string {
  const text = bytes.toString('latin1')
  return encoding === 'windows-1252' ? text.replace(/[\x80-\x9f]/g, (c) => C1[c.charCodeAt(0) - 0x80] as string) : text
}

/** Bytes between separators as text. What is not UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Buffer, encoding: Encoding): string {
  return encoding === 'windows-1252' || encoding === 'latin-1' ? decodeSingleByte(bytes, encoding) : bytes.toString('utf8')
}
