import type { DuckDBConnection } from '@duckdb/node-api'
import { messageOf, OnclockError } from '../../pipeline/errors.ts'
import { sqlText } from '../duckdb.ts'

const OPTIONS = {
  csv: 'FORMAT csv, HEADER true',
  /** Without the header. */
  csvRows: 'FORMAT csv, HEADER false',
  parquet: 'FORMAT parquet, COMPRESSION lz4_raw, WRITE_BLOOM_FILTER false, STRING_DICTIONARY_PAGE_SIZE_LIMIT 1000',
  jsonl: 'FORMAT json',
  /** The query gives one column with a finished line, which holds no control character. */
  lines: `FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\u0001'`,
} as const

/** How a CSV file is written; RFC 4180 with commas and LF unless said. */
export interface CsvForm {
  readonly delimiter: string
  readonly lineEnd: 'lf' | 'crlf'
  /** All cells stand in quotes; NULL does not, so the query must give none. */
  readonly quoteAll: boolean
}

const USUAL: CsvForm = { delimiter: ',', lineEnd: 'lf', quoteAll: false }

/** Writes the rows of a query to a file, in their order. */
export async function copyRows(
  connection: DuckDBConnection,
  options: {
    readonly query: string
    readonly path: string
    readonly format: keyof typeof OPTIONS
    /** Key and value texts for the file's own metadata; Parquet alone has them. */
    readonly metadata?: Readonly<Record<string, string>>
    /** Of `csv` and `csvRows`. */
    readonly csv?: CsvForm
  },
): Promise<void> {
  const { format } = options
  const form = format === 'csv' || format === 'csvRows' ? csvOptions(options.csv ?? USUAL) : ''
  const entries = Object.entries(options.metadata ?? {}).map(([key, value]) => `${key}: ${sqlText(value)}`)
  const metadata = entries.length === 0 ? '' : `, KV_METADATA {${entries.join(', ')}}`
  try {
    await connection.run(`COPY (${options.query}) TO ${sqlText(options.path)} (${OPTIONS[format]}${form}${metadata})`)
  } catch (error) {
    throw writeFault(error) ?? error
  }
}

function csvOptions({ delimiter, lineEnd, quoteAll }: CsvForm): string {
  const ends = lineEnd === 'crlf' ? String.raw`, NEW_LINE '\r\n'` : ''
  return `, DELIMITER ${sqlText(delimiter)}, QUOTE '"', ESCAPE '"'${ends}${quoteAll ? ', FORCE_QUOTE *' : ''}`
}

/** The world's faults while writing, in our words; null for anything else. */
export function writeFault(error: unknown): OnclockError | null {
  const message = messageOf(error)
  if (/No space left|disk (?:is )?full|max_temp_directory_size|ENOSPC/i.test(message)) {
    return new OnclockError('DISK_FULL', 'there is no space left on the disk', {
      hint: 'Free some space, then resume.',
      cause: error,
    })
  }
  if (/Permission denied|EACCES|Read-only file system/i.test(message)) {
    return new OnclockError('NO_PERMISSION', 'the run directory may not be written', { cause: error })
  }
  return null
}
