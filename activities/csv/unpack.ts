import { once } from 'node:events'
import { createGunzip, type Gunzip } from 'node:zlib'
import { messageOf } from '../../pipeline/errors.ts'
import type { ZipMember } from './zip-members.ts'
import { ZstdReader } from './zstd-reader.ts'

/** How the bytes of a file are packed; null: they are not. */
export type Packing = 'gzip' | 'zstd' | { readonly member: ZipMember } | null

/** The packing of one stream that the first bytes of a file show, whatever its name. */
export function streamPacking(head: Buffer): 'gzip' | 'zstd' | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  const skippable = ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18
  const frame = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd
  return frame || skippable ? 'zstd' : null
}

/** Packed data ends too early or is not what it was. The message goes on from the name of the file. */
export class PackingFault extends Error {
  override readonly name = 'PackingFault'
}

const CHUNK_BYTES = 1 << 20

/** Unpacks gzip, with all its members, no faster than it is taken. Throws PackingFault. */
export async function* gunzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  const fed = { bytes: 0, filled: 0 }
  const feeding = feed(gunzip, chunks, fed)
  try {
    yield* gunzip as AsyncIterable<Buffer>
  } catch (error) {
    throw gzipFault(error)
  } finally {
    gunzip.destroy()
    await feeding
  }
  // Zeros behind the end are padding; anything else is ignored by the engine, and may be a member that was damaged.
  if (fed.filled > gunzip.bytesWritten) throw new PackingFault('is a damaged gzip file: something else is behind its end')
}

async function feed(gunzip: Gunzip, chunks: AsyncIterable<Buffer>, fed: { bytes: number; filled: number }): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (gunzip.destroyed) return
      let end = chunk.length
      while (end > 0 && chunk[end - 1] === 0) end -= 1
      if (end > 0) fed.filled = fed.bytes + end
      fed.bytes += chunk.length
      // The memory of a chunk is used again, and the engine may take its time.
      if (!gunzip.write(Buffer.from(chunk))) await Promise.race([once(gunzip, 'drain'), once(gunzip, 'close')])
    }
    gunzip.end()
  } catch (error) {
    gunzip.destroy(error as Error)
  }
}

function gzipFault(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'Z_BUF_ERROR') return new PackingFault('is a gzip file that ends too early: it was cut off', { cause: error })
  return code.startsWith('Z_') ? new PackingFault(`is a damaged gzip file: ${messageOf(error)}`, { cause: error }) : error
}

/** Unpacks zstd, with all its frames, no faster than it is taken. Throws PackingFault. */
export async function* unzstded(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = await ZstdReader.create((fault) => new PackingFault(fault))
  for await (const chunk of chunks) yield* reader.push(chunk)
  yield* reader.end()
}
