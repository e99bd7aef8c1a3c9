import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A folder for what runner and child tell each other; gone when the work is done. Within an attempt's folder it is cleared
 * away with that when this process is killed, and its dot keeps it out of the outputs.
 */
export async function withWorkingFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, '.onclock-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
