const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

const PATTERN =
  /^(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/

/** The regex of a duration as text, for schemas: `1h30m`, `90s`, `500ms`, `2d`; at least one part, units from large to small. */
export const DURATION_PATTERN = /^(?=\d)(\d+(\.\d+)?d)?(\d+(\.\d+)?h)?(\d+(\.\d+)?m(?!s))?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?$/

/** Milliseconds of `1h30m`, `90s`, `500ms` or `2d`; null when the text is no duration. A bare number is none: it has no unit. */
export function parseDuration(text: string): number | null {
  const found = PATTERN.exec(text)
  if (found === null || text === '') return null
  const total = UNITS.reduce((sum, [, size], index) => sum + Number(found[index + 1] ?? 0) * size, 0)
  return Math.round(total)
}

/** The duration as people write it, two parts at most: `1h 30m`, `1m 5s`, `4.2s`, `180ms`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`
  if (milliseconds < 9950) return `${trimmed(milliseconds / 1000)}s`
  const seconds = Math.round(milliseconds / 1000)
  const parts: string[] = []
  let rest = seconds * 1000
  for (const [unit, size] of UNITS.slice(0, 4)) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
  }
  return parts.slice(0, 2).join(' ')
}

const trimmed = (value: number): string => value.toFixed(1).replace(/\.0$/, '')
