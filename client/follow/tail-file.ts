import { open, type FileHandle } from 'node:fs/promises'
import { isCode } from '../../activities/store/create-once.ts'

const LOOK_EVERY_MS = 150
const CHUNK_BYTES = 1 << 16

export interface TailOptions {
  /** Whole lines up to the end of the file are given out after it fires, then it ends. */
  readonly stop: AbortSignal
  /** Where to begin; lines before it are left out. */
  readonly from?: number
}

/** The lines of a file that grows, as they become whole. A file that is not there yet is waited for. */
export async function* tailFile(path: string, { stop, from = 0 }: TailOptions): AsyncGenerator<string> {
  let file: FileHandle | null = null
  let at = from
  let rest = Buffer.alloc(0)
  try {
    for (;;) {
      // Asked before reading: what was written before the stop is still read after it.
      const last = stop.aborted
      file ??= await openIfThere(path)
      for (let bytes = await read(file, at); bytes.length > 0; bytes = await read(file, at)) {
        at += bytes.length
        const lines = Buffer.concat([rest, bytes])
        const end = lines.lastIndexOf(10) + 1
        rest = lines.subarray(end)
        if (end > 0) yield* lines.toString('utf8', 0, end - 1).split('\n')
      }
      if (last) break
      await pause(stop)
    }
    if (rest.length > 0) yield rest.toString('utf8')
  } finally {
    await file?.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
}

async function read(file: FileHandle | null, at: number): Promise<Buffer> {
  if (file === null) return Buffer.alloc(0)
  const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at)
  return buffer.subarray(0, bytesRead)
}

function pause(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      stop.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, LOOK_EVERY_MS)
    stop.addEventListener('abort', done)
  })
}
