import { OnclockError } from '../../../pipeline/errors.ts'
import type { TakeInputCsvConfig } from './config.ts'
import { columnKey } from './match-columns.ts'

export interface FileColumns {
  readonly shown: string
  readonly columns: readonly string[]
  readonly header: boolean
}

/** The columns of several files as one table. */
export interface UnitedColumns {
  /** Those of the first file, and behind them what others have besides. */
  readonly columns: readonly string[]
  /** By file: where each column of the table is in the file; null: the file lacks it. */
  readonly positions: readonly (readonly (number | null)[])[]
}

/**
 * Matches the columns of files by name, whatever their order.
 * @throws OnclockError COLUMNS_DIFFER when a file has one too many or lacks one, unless the config says `union: by_name`.
 */
export function uniteColumns(
  files: readonly FileColumns[],
  config: Pick<TakeInputCsvConfig, 'union' | 'column_names' | 'columns'>,
): UnitedColumns {
  const key = keyWithoutTwins(files, columnKey(config))
  const columns = new Map<string, string>()
  for (const file of files) for (const name of file.columns) if (!columns.has(key(name))) columns.set(key(name), name)
  const positions = files.map((file) => {
    const at = new Map(file.columns.map((name, position) => [key(name), position]))
    return [...columns.keys()].map((name) => at.get(name) ?? null)
  })
  if (config.union === 'strict') for (const file of files.slice(1)) requireSame(file, files[0] as FileColumns, key)
  return { columns: [...columns.values()], positions }
}

/** Where a file has two columns that would be one, nothing of them is: which one is meant is told when they are matched. */
function keyWithoutTwins(files: readonly FileColumns[], key: (name: string) => string): (name: string) => string {
  const twins = new Set(
    files.flatMap(({ columns }) => {
      const keys = columns.map(key)
      return keys.filter((each, at) => keys.indexOf(each) !== at)
    }),
  )
  return (name) => (twins.has(key(name)) ? name : key(name))
}

function requireSame(file: FileColumns, first: FileColumns, key: (name: string) => string): void {
  const known = new Set(first.columns.map(key))
  const has = new Set(file.columns.map(key))
  const missing = first.columns.filter((name) => !has.has(key(name)))
  const more = file.columns.filter((name) => !known.has(key(name)))
  if (missing.length === 0 && more.length === 0) return
  // A first line that has no name of the other header may be a row of data, whose cells stay out of an error.
  const isHeader = missing.length < first.columns.length && file.header
  const lacks = missing.length === 0 ? [] : [`lacks ${listed(missing)}`]
  const adds = more.length === 0 ? [] : [`has ${isHeader ? listed(more) : `${more.length} others`} besides`]
  throw new OnclockError(
    'COLUMNS_DIFFER',
    `${file.shown} has other columns than ${first.shown}: it ${[...lacks, ...adds].join(' and ')}`,
    {
      hint: isHeader
        ? 'Mend the file, or say union: by_name: what a file lacks is empty in its rows.'
        : 'Its first line has no column name of the other file. If the files have no header, say so: header: false.',
    },
  )
}

const MOST_NAMES = 8

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES
  return `${names
    .slice(0, MOST_NAMES)
    .map((name) => `"${name}"`)
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
