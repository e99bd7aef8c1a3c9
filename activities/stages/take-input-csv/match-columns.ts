import { OnclockError } from '../../../pipeline/errors.ts'
import { suggest } from '../../../pipeline/suggest.ts'
import type { TakeInputCsvConfig } from './config.ts'

type ColumnsConfig = Pick<TakeInputCsvConfig, 'columns' | 'column_names' | 'extra_columns' | 'column_order'>

/** Which column of the file each column of the output is. */
interface MatchedColumn {
  readonly name: string
  /** Its place in the file, from 0; null: the file lacks it. */
  readonly position: number | null
}

export interface MatchedColumns {
  /** Those of the output, in its order. */
  readonly output: readonly MatchedColumn[]
  /** By place in the file: what the column is called in reports. */
  readonly names: readonly string[]
  /** Places of columns that are left out. */
  readonly dropped: readonly number[]
}

/** The names under which the file may have the columns of the config. */
export function expectedColumns({ columns }: Pick<TakeInputCsvConfig, 'columns'>): string[] {
  return Object.entries(columns).flatMap(([name, { from }]) => [...(from ?? []), name])
}

/** What a name of a header means to the config: names of one column, of which files have one or another, mean the same. */
export function columnKey({
  columns,
  column_names: how,
}: Pick<ColumnsConfig, 'columns' | 'column_names'>): (name: string) => string {
  const key = how === 'loose' ? loosened : (name: string) => name
  const own = Object.keys(columns).map((name) => [key(name), key(name)] as const)
  const others = Object.entries(columns).flatMap(([name, { from = [] }]) =>
    from.map((source) => [key(source), key(name)] as const),
  )
  const meanings = new Map([...own, ...others])
  return (name) => meanings.get(key(name)) ?? key(name)
}

/**
 * Finds the columns of the config in a header: by `from`, else by their own name, so that a stage can read its own output.
 * Throws COLUMN_MISSING, COLUMN_UNEXPECTED.
 */
export function matchColumns(header: readonly string[], config: ColumnsConfig): MatchedColumns {
  const key = config.column_names === 'loose' ? loosened : (name: string) => name
  const keys = header.map(key)
  const claims = claim(config, (names) => positionsOf(names.map(key), keys))
  refuseDoubts(header, claims)
  requireColumns(header, config, claims)
  if (config.column_order === 'required') requireOrder(claims)
  const byPosition = new Map([...claims].flatMap(([name, [position]]) => (position === undefined ? [] : [[position, name]])))
  const names = header.map((name, position) => byPosition.get(position) ?? name)
  const extras = header.flatMap((_, position) => (byPosition.has(position) ? [] : [position]))
  if (config.extra_columns === 'reject' && extras.length > 0) {
    throw unexpected(header, extras, byPosition.size > 0)
  }
  const made = [...claims].filter(([, positions]) => positions.length === 0).map(([name]) => ({ name, position: null }))
  refuseTwins([...names, ...made.map(({ name }) => name)])
  const kept = config.extra_columns === 'drop' ? [...byPosition.keys()].sort((a, b) => a - b) : header.map((_, at) => at)
  const inFile = kept.map((position) => ({ name: names[position] ?? '', position }))
  const output =
    config.column_order !== 'config' ? [...inFile, ...made] : inOrderOf(Object.keys(config.columns), [...inFile, ...made])
  return { output, names, dropped: config.extra_columns === 'drop' ? extras : [] }
}

/** Case, white space, `_` and `-` do not matter, nor how an accent is encoded. */
/** A name without what loose comparison does not mind. */
const loosened = (name: string): string =>
  name
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[\s_\u200b\ufeff-]+/gu, '')

const positionsOf = (names: readonly string[], keys: readonly string[]): number[] =>
  keys.flatMap((key, position) => (names.includes(key) ? [position] : []))

type Claims = ReadonlyMap<string, readonly number[]>

/** The places in the file of each column of the config; what `from` names is nobody else's. */
function claim({ columns }: ColumnsConfig, find: (names: readonly string[]) => number[]): Claims {
  const byFrom = new Map(Object.entries(columns).map(([name, { from }]) => [name, from === undefined ? [] : find(from)]))
  const taken = new Set([...byFrom.values()].flat())
  return new Map(
    [...byFrom].map(([name, found]) => [name, found.length > 0 ? found : find([name]).filter((place) => !taken.has(place))]),
  )
}

function refuseDoubts(header: readonly string[], claims: Claims): void {
  const owner = new Map<number, string>()
  for (const [name, positions] of claims) {
    if (positions.length > 1) {
      const found = positions.map((position) => `"${header[position]}"`).join(' and ')
      throw new OnclockError('COLUMN_UNEXPECTED', `the input has several columns that "${name}" may mean: ${found}`, {
        hint: 'Let from: name one of them.',
      })
    }
    const [position] = positions
    if (position === undefined) continue
    const other = owner.get(position)
    owner.set(position, name)
    if (other !== undefined) {
      throw new OnclockError(
        'COLUMN_UNEXPECTED',
        `the columns "${other}" and "${name}" both mean "${header[position]}" of the input`,
        {
          hint: 'Let from: name another one for one of them.',
        },
      )
    }
  }
}

function requireColumns(header: readonly string[], { columns }: ColumnsConfig, claims: Claims): void {
  const missing = Object.entries(columns).filter(([name, { optional }]) => claims.get(name)?.length === 0 && optional !== true)
  if (missing.length === 0) return
  const guesses = missing.flatMap(([name, { from = [] }]) =>
    [name, ...from].map((wanted) => suggest(wanted, header)).filter((guess) => guess !== null),
  )
  // A first line that has nothing of what is expected may be a row of data, whose cells stay out of an error.
  const isHeader = [...claims.values()].some((positions) => positions.length > 0) || guesses.length > 0
  const guess = guesses.length === 0 ? '' : `Did you mean ${[...new Set(guesses)].map((name) => `"${name}"`).join(', ')}? `
  const said = missing.map(([name, { from = [] }]) => `"${name}"${from.length === 0 ? '' : ` (from ${from.join(', ')})`}`)
  throw new OnclockError('COLUMN_MISSING', `the input has no column ${said.join(', ')}`, {
    hint: isHeader
      ? `${guess}Its header: ${header.join(', ')}`
      : 'Its first line has none of the columns that the config names. If the file has no header, say so: header: false.',
  })
}

/** Columns of the config stand in the file in the order of the config; others may stand between them. */
function requireOrder(claims: Claims): void {
  const places = [...claims].flatMap(([name, [position]]) => (position === undefined ? [] : [{ name, position }]))
  const at = places.findIndex(({ position }, index) => index > 0 && position < (places[index - 1]?.position ?? 0))
  if (at === -1) return
  const [before, after] = [places[at - 1], places[at]]
  throw new OnclockError('COLUMN_UNEXPECTED', `the input has the column "${after?.name}" before "${before?.name}"`, {
    hint: 'columns: has them the other way round, and column_order: required asks for its order. column_order: config would turn them.',
  })
}

function unexpected(header: readonly string[], extras: readonly number[], isHeader: boolean): OnclockError {
  const named = isHeader ? `: ${extras.map((position) => `"${header[position]}"`).join(', ')}` : ''
  const what = extras.length === 1 ? 'a column' : `${extras.length} columns`
  return new OnclockError('COLUMN_UNEXPECTED', `the input has ${what} that the config does not name${named}`, {
    hint: 'Add what is wanted to columns:, or leave the rest out by extra_columns: drop.',
  })
}

/** Names that differ in case alone are one name to the data engine. */
function refuseTwins(names: readonly string[]): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const twin = seen.get(name.toLowerCase())
    if (twin !== undefined) {
      throw new OnclockError(
        'COLUMN_UNEXPECTED',
        `two columns would be called "${twin}"${twin === name ? '' : ` and "${name}"`}`,
        {
          hint: 'Name what the file has by from:, or give one of them another name.',
        },
      )
    }
    seen.set(name.toLowerCase(), name)
  }
}

function inOrderOf(names: readonly string[], columns: readonly MatchedColumn[]): MatchedColumn[] {
  const byName = new Map(columns.map((column) => [column.name, column]))
  const first = names.flatMap((name) => byName.get(name) ?? [])
  return [...first, ...columns.filter((column) => !first.includes(column))]
}
