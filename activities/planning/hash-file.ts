import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'

/** SHA-256 of a file's bytes, in hex; null where there is no readable regular file. */
export async function hashFile(path: string): Promise<string | null> {
  try {
    if (!(await stat(path)).isFile()) return null
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
    return hash.digest('hex')
  } catch {
    return null
  }
}
