import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { DuckDBConnection } from '@duckdb/node-api'

/** One DuckDB for the whole process, so that there is one memory budget and one thread pool. */
export interface Database {
  /** A connection for one stage; close it with `closeSync()`. Temporary tables live and die with it. */
  connect(): Promise<DuckDBConnection>
  close(): void
}

export interface DatabaseOptions {
  /** Where DuckDB spills to when the memory limit is reached. */
  readonly spillDir: string
  /** For example `4GB`; DuckDB's own default (80 % of the machine) otherwise. */
  readonly memoryLimit?: string
  /** Threads for one statement; 1 unless said. */
  readonly threads?: number
}

/** Opens the process's in-memory DuckDB. Nothing is downloaded or installed at run time. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  // Loaded here, since the native library is slow to load and most commands need only the names in this file.
  const { DuckDBInstance } = await import('@duckdb/node-api')
  await mkdir(options.spillDir, { recursive: true })
  const instance = await DuckDBInstance.create(':memory:', {
    temp_directory: options.spillDir,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'true',
    // It turns a list of values into a join, and a join loses the order of the rows.
    disabled_optimizers: 'in_clause',
    ...(options.memoryLimit === undefined ? {} : { memory_limit: options.memoryLimit }),
    // A thread that waits for another one's share of a statement spins: two threads took half as much CPU time again and ended
    // hardly sooner. So a statement has one thread, and stages run statements side by side.
    threads: String(options.threads ?? 1),
  })
  return {
    async connect() {
      const connection = await instance.connect()
      await connection.run(`SET TimeZone = 'UTC'`)
      return connection
    },
    close: () => instance.closeSync(),
  }
}

/** How many statements a stage may well run side by side: Node has four threads for them and for all work on files. */
export const LANES = Math.min(availableParallelism(), 3)

/** A string as an SQL literal. */
export function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

/** A column name as an SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The hidden columns that carry a row's place in the original source; in Parquet copies only, never in a CSV. */
export const PLACE_COLUMNS = ['__file', '__record', '__line', '__byte'] as const
