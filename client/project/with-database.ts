import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../activities/duckdb.ts'

/** Enough for any look at a run; what goes beyond spills to the disk. */
const MEMORY_LIMIT = '1GB'

/** A database of a command's own, and a temporary folder; `close` removes both. */
export interface LentDatabase {
  readonly database: Database
  readonly folder: string
  close(): Promise<void>
}

/** Opens a database that holds nothing and is gone with the command. */
export async function lendDatabase(): Promise<LentDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'onclock-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const database = await openDatabase({ spillDir: join(folder, 'spill'), memoryLimit: MEMORY_LIMIT })
    return {
      database,
      folder,
      close: () => {
        database.close()
        return remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
