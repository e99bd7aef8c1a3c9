import { sqlText } from '../duckdb.ts'

/** What each word of a strftime format is read from: stricter than DuckDB, which takes `24` for the year 24 and blanks for nothing. */
const PARTS: Readonly<Record<string, string>> = {
  a: String.raw`\pL+`,
  A: String.raw`\pL+`,
  b: String.raw`\pL+`,
  B: String.raw`\pL+`,
  d: '[0-9]{1,2}',
  f: '[0-9]{1,6}',
  H: '[0-9]{1,2}',
  I: '[0-9]{1,2}',
  j: '[0-9]{1,3}',
  m: '[0-9]{1,2}',
  M: '[0-9]{1,2}',
  p: '[AaPp][Mm]',
  S: '[0-9]{1,2}',
  y: '[0-9]{2}',
  Y: '[0-9]{4}',
  z: '(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)',
  Z: '[A-Za-z]+(?:/[A-Za-z_+-]+[0-9]*)*',
  '%': '%',
}
const WORD = /%-?(.)/gs
const ZONED = /%[zZ]/

/** What is wrong with a format for a type; null: nothing. */
export function formatFault(format: string, type: 'date' | 'datetime'): string | null {
  const found = [...format.matchAll(WORD)].map(([, word = '']) => word)
  const unknown = found.find((word) => !(word in PARTS))
  if (unknown !== undefined)
    return `"%${unknown}" is not understood; there are ${Object.keys(PARTS)
      .map((word) => `%${word}`)
      .join(' ')}`
  if (/%-?$/.test(format.replaceAll('%%', ''))) return 'it ends with a %'
  const has = (...words: readonly string[]): boolean => words.some((word) => found.includes(word))
  if (!has('Y', 'y')) return 'it has no year (%Y or %y)'
  if (!has('j') && !(has('m', 'b', 'B') && has('d'))) return 'it has no month and day (%m, %b or %B, and %d)'
  if (has('I') !== has('p')) return '%I (hours up to 12) and %p (AM or PM) go together'
  if (type === 'date' && ZONED.test(format)) return 'a date has no time zone; give the column type: datetime'
  return null
}

/** A date or datetime in one of the formats as its normal text (ISO 8601; with `Z`, in UTC, where its zone is known), else NULL. */
export function timeText(textSql: string, formats: readonly string[], type: 'date' | 'datetime'): string {
  const readings = formats.map((format) => {
    // DuckDB knows offsets, but not that Z is one.
    const text = format.endsWith('%z') ? `regexp_replace(${textSql}, 'Z$', '+00')` : textSql
    const time = `try_strptime(${text}, ${sqlText(format)})`
    return `CASE WHEN regexp_full_match(${textSql}, ${sqlText(formPattern(format))}) THEN ${isoText(time, format, type)} END`
  })
  return readings.length === 1 ? (readings[0] ?? 'NULL') : `coalesce(${readings.join(', ')})`
}

function isoText(time: string, format: string, type: 'date' | 'datetime'): string {
  if (type === 'date') return `CAST(CAST(${time} AS DATE) AS VARCHAR)`
  const text = `replace(CAST(CAST(${time} AS TIMESTAMP) AS VARCHAR), ' ', 'T')`
  return ZONED.test(format) ? `(${text} || 'Z')` : text
}

function formPattern(format: string): string {
  let at = 0
  let pattern = ''
  for (const match of format.matchAll(WORD)) {
    pattern += escaped(format.slice(at, match.index)) + (PARTS[match[1] ?? ''] ?? '')
    at = match.index + match[0].length
  }
  return pattern + escaped(format.slice(at))
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
