import { PLACE_COLUMNS } from '../duckdb.ts'

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?%?$/i
const YEAR = /^(?:19|20)\d\d$/

/**
 * Whether the first of some records names the columns. It is taken for a header unless it looks like the data below it:
 * numbers where the column has numbers, and no text above a column of numbers.
 */
export function looksLikeHeader(records: readonly (readonly string[])[], expected: readonly string[]): boolean {
  const [first, ...rest] = records
  if (first === undefined || rest.length === 0) return true
  const names = new Set(first.map((cell) => cell.trim().toLowerCase()))
  if (expected.some((name) => names.has(name.trim().toLowerCase()))) return true
  if (isRepeated(first, rest)) return false
  let numbers = 0
  for (const [column, cell] of first.entries()) {
    const below = rest.map((record) => record[column]?.trim() ?? '').filter((value) => value !== '')
    if (below.length === 0 || !below.every((value) => NUMBER.test(value))) continue
    if (!NUMBER.test(cell.trim())) return cell.trim() !== '' || numbers === 0
    if (!YEAR.test(cell.trim())) numbers += 1
  }
  return numbers === 0
}

/** Whether the first of some records has text above a column of numbers. */
export function standsAboveNumbers([first, ...rest]: readonly (readonly string[])[]): boolean {
  return (first ?? []).some((cell, column) => {
    const below = rest.map((record) => record[column]?.trim() ?? '').filter((value) => value !== '')
    return below.length > 0 && below.every((value) => NUMBER.test(value)) && cell.trim() !== '' && !NUMBER.test(cell.trim())
  })
}

/** The first record comes again and again, as only data does; once may be two files that were put together. */
function isRepeated(first: readonly string[], rest: readonly (readonly string[])[]): boolean {
  const text = JSON.stringify(first)
  const copies = rest.filter((record) => JSON.stringify(record) === text).length
  return copies === rest.length || (copies >= 2 && copies * 5 >= rest.length)
}

/** Column names as SQL and people can use them, and what had to be changed. */
export interface ColumnNames {
  readonly columns: readonly string[]
  readonly warnings: readonly string[]
}

/** Names from a header: trimmed and on one line; a blank one by its position, a repeated one with a number behind it. */
export function nameColumns(header: readonly string[]): ColumnNames {
  const taken = new Set<string>(PLACE_COLUMNS)
  const warnings: string[] = []
  const columns = header.map((cell, index) => {
    const text = cell.replaceAll(/\p{Cc}+/gu, ' ').trim()
    const wanted = text === '' ? `column${index + 1}` : text
    let name = wanted
    for (let copy = 2; taken.has(name.toLowerCase()); copy += 1) name = `${wanted}_${copy}`
    taken.add(name.toLowerCase())
    // What is taken for a header may be a row of data: its text stays out of a warning.
    if (text === '') warnings.push(`column ${index + 1} has no name in the header; it is called ${name}`)
    else if (name !== wanted)
      warnings.push(`column ${index + 1} has a name that is taken; it has ${name.slice(wanted.length)} behind it`)
    return name
  })
  return { columns, warnings }
}
