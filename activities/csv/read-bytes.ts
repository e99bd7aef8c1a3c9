import { createHash, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { byteTable, type Encoding, encodingForm } from './encodings.ts'
import { gunzipped, type Packing, unzstded } from './unpack.ts'
import { memberBytes } from './zip-members.ts'

const CHUNK_BYTES = 1 << 20

/** The bytes of a file as delivered, read once from begin to end; what is packed is unpacked on the way. */
export interface ByteSource {
  /** A chunk holds its bytes until the next one is asked for: the memory is used again. */
  readonly chunks: AsyncIterable<Buffer>
  /** Bytes of the file itself read so far. */
  readonly bytes: number
  /** Of the file itself, once `chunks` has ended. */
  readonly sha256: () => string
}

/** Opens a file for one pass. */
export function openBytes(path: string, packing: Packing, signal?: AbortSignal): ByteSource {
  const hash = createHash('sha256')
  const counter = { bytes: 0 }
  return {
    chunks: delivered(path, packing, counting(fileChunks(path, signal), hash, counter)),
    get bytes() {
      return counter.bytes
    },
    sha256: () => hash.copy().digest('hex'),
  }
}

function delivered(path: string, packing: Packing, file: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  if (packing === null) return file
  if (packing === 'gzip') return gunzipped(file)
  return packing === 'zstd' ? unzstded(file) : withWhole(memberBytes(path, packing.member), file)
}

/** A member of an archive lies anywhere in its file, which is read from begin to end all the same, for its hash. */
async function* withWhole(member: AsyncIterable<Buffer>, file: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of member) {
      await file.next()
      yield chunk
    }
    while ((await file.next()).done !== true);
  } finally {
    await file.return(undefined)
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

/** Single-byte text as a string. */
export function decodeSingleByte(bytes: Buffer, encoding: Encoding): string {
  const text = bytes.toString('latin1')
  if (encoding === 'latin-1') return text
  const { characters } = byteTable(encoding)
  return text.replace(encoding === 'windows-1252' ? /[\x80-\x9f]/g : /[\x80-\xff]/g, (c) => characters[c.charCodeAt(0)] as string)
}

/** Bytes between separators as text. What is no character of the encoding becomes U+FFFD. */
export function decodeText(bytes: Buffer, encoding: Encoding): string {
  return encodingForm(encoding) === 'single' ? decodeSingleByte(bytes, encoding) : bytes.toString('utf8')
}

/** A text as it stands in the bytes that are scanned: those of other encodings than single-byte ones are UTF-8 by then. */
export function encodeText(text: string, encoding: Encoding): Buffer {
  if (encodingForm(encoding) !== 'single') return Buffer.from(text)
  const { characters } = byteTable(encoding)
  return Buffer.from(Array.from(text, (character) => Math.max(characters.indexOf(character), 0)))
}
