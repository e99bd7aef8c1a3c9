import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Database, openDatabase } from './duckdb.ts'

/** Lends a connection for checks of a config, opened when it is first asked for: the engine is slow to load, and most need none. */
export async function lendConnection<Result>(
  use: (connect: () => Promise<DuckDBConnection>) => Promise<Result>,
): Promise<Result> {
  const opened: { readonly database: Database; readonly connection: DuckDBConnection }[] = []
  const connect = async (): Promise<DuckDBConnection> => {
    const [first] = opened
    if (first !== undefined) return first.connection
    const database = await openDatabase({ spillDir: join(tmpdir(), 'onclock-check'), threads: 1 })
    const connection = await database.connect()
    opened.push({ database, connection })
    return connection
  }
  try {
    return await use(connect)
  } finally {
    for (const { database, connection } of opened) {
      connection.closeSync()
      database.close()
    }
  }
}
