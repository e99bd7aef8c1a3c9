import { sqlText } from '../duckdb.ts'

/** `01:05`, `1:02:03`, `1:02:03.5`. */
const CLOCK = String.raw`(?:(?:([0-9]+):)?([0-5]?[0-9])|([0-9]+)):([0-5][0-9](?:\.[0-9]+)?)`
/** `1h30m`, `90s`, `500 ms`, `2d 4h`. */
const UNITS = String.raw`(?:([0-9.]+)\s*w)?\s*(?:([0-9.]+)\s*d)?\s*(?:([0-9.]+)\s*h)?\s*(?:([0-9.]+)\s*(?:m|min))?\s*(?:([0-9.]+)\s*(?:s|sec))?\s*(?:([0-9.]+)\s*ms)?`
/** ISO 8601 without months and years, which have no fixed length. */
const ISO = String.raw`P(?:([0-9.]+)W)?(?:([0-9.]+)D)?(?:T(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?`
const SECONDS = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 } as const

/** The seconds of a duration as text, as a DOUBLE; NULL when it is none. A bare number is none: it does not say its unit. */
export function durationSql(textSql: string): string {
  const clock = sum(textSql, CLOCK, [3600, 60, 60, 1])
  const units = sum(textSql, UNITS, [604_800, 86_400, 3600, 60, 1, 0.001])
  const iso = sum(textSql, ISO, [604_800, 86_400, 3600, 60, 1])
  const hasDigit = `regexp_matches(${textSql}, '[0-9]')`
  const form = (pattern: string): string => `regexp_full_match(${textSql}, ${sqlText(pattern)})`
  return `CASE WHEN NOT ${hasDigit} THEN NULL WHEN ${form(CLOCK)} THEN ${clock} WHEN ${form(UNITS)} THEN ${units} WHEN ${form(ISO)} THEN ${iso} END`
}

/** Seconds of a duration as the YAML writes it, such as `90d`; null when it is none. */
export function durationSeconds(text: string): number | null {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[wdhms])/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return null
  return parts.reduce((total, part) => total + Number(part[1]) * SECONDS[part[2] as keyof typeof SECONDS], 0)
}

function sum(textSql: string, pattern: string, sizes: readonly number[]): string {
  const parts = sizes.map((size, index) => {
    const part = `regexp_extract(${textSql}, ${sqlText(`^${pattern}$`)}, ${index + 1})`
    return `CASE WHEN ${part} = '' THEN 0 ELSE TRY_CAST(${part} AS DOUBLE) * ${size} END`
  })
  return parts.join(' + ')
}
