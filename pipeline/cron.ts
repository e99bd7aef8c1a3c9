/** Five fields or a word such as `@daily`: the form only, for editors. `cronFault` checks the ranges. */
export const CRON_PATTERN =
  /^(?:@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)|\s*[\d*,/?A-Za-z-]+(?:\s+[\d*,/?A-Za-z-]+){4}\s*)$/

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

interface CronField {
  readonly word: string
  readonly from: number
  readonly to: number
  readonly names: readonly string[]
}

const FIELDS: readonly CronField[] = [
  { word: 'minute', from: 0, to: 59, names: [] },
  { word: 'hour', from: 0, to: 23, names: [] },
  { word: 'day of month', from: 1, to: 31, names: [] },
  { word: 'month', from: 1, to: 12, names: MONTHS },
  { word: 'day of week', from: 0, to: 7, names: DAYS },
]

/** What is wrong with a cron line whose form is right, in words; null when nothing is. */
export function cronFault(cron: string): string | null {
  if (cron.startsWith('@')) return null
  const parts = cron.trim().split(/\s+/)
  for (const [index, field] of FIELDS.entries()) {
    const part = parts[index] ?? ''
    if (!part.split(',').every((item) => isCronItem(item, field))) {
      return `${field.word} "${part}" is not within ${field.from} to ${field.to}`
    }
  }
  return null
}

function isCronItem(item: string, field: CronField): boolean {
  const found = /^(?:\*|\?|(?<from>\w+)(?:-(?<to>\w+))?)(?:\/(?<step>\d+))?$/.exec(item)?.groups
  if (found === undefined) return false
  if (found['step'] !== undefined && Number(found['step']) < 1) return false
  if (found['from'] === undefined) return true
  const from = numberOf(found['from'], field)
  const to = found['to'] === undefined ? from : numberOf(found['to'], field)
  return from !== null && to !== null && from <= to
}

function numberOf(word: string, field: CronField): number | null {
  const named = field.names.indexOf(word.toUpperCase())
  if (named >= 0) return named + field.from
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN
  return value >= field.from && value <= field.to ? value : null
}
