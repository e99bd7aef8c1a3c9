import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Database, openDatabase } from '../../activities/duckdb.ts'
import type { CommandContext, CommandResult } from '../command.ts'

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

/** Gives a command a connection of its own; an interrupt stops what runs on it and ends the command. */
export async function withConnection(
  context: CommandContext,
  work: (connection: DuckDBConnection) => Promise<CommandResult>,
): Promise<CommandResult> {
  const signal = context.onInterrupt()
  const lent = await lendDatabase()
  const connection = await lent.database.connect()
  const interrupt = (): void => connection.interrupt()
  signal.addEventListener('abort', interrupt)
  try {
    return await work(connection)
  } catch (error) {
    if (!signal.aborted) throw error
    return { exit: Number(signal.reason), notes: ['stopped'] }
  } finally {
    signal.removeEventListener('abort', interrupt)
    connection.closeSync()
    await lent.close()
  }
}
