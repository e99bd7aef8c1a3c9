import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import { formatDuration } from '../../pipeline/duration.ts'
import type { Page } from './page.ts'

/** The checks of an output, from the metadata of its stage: how each went, what it found, and its limits. */
export function checkLines({ checks }: JsonObject, { colours }: Page): string[] {
  const entries = Array.isArray(checks) ? (checks as readonly JsonValue[]).filter(isObject) : []
  const widest = Math.max(0, ...entries.map(({ id }) => word(id).length))
  return entries.map((entry) => {
    const sign = { passed: colours.green('✔'), warn: colours.yellow('!'), fail: colours.red('✖') }[word(entry['status'])] ?? ' '
    const of = [entry['column'], entry['of']].flatMap((name) => (name === undefined ? [] : [` of ${word(name)}`])).join('')
    return `  ${sign} ${word(entry['id']).padEnd(widest)}  ${word(entry['measure'])}${of} is ${valueWords(entry)}${colours.dim(limitWords(entry))}`
  })
}

/** What stands in an entry as text or a number. */
const word = (value: JsonValue | undefined): string => (typeof value === 'object' || value === undefined ? '' : String(value))

function valueWords({ value = null, unit = '', share }: JsonObject): string {
  if (value === null) return 'not there'
  if (typeof value !== 'number') return JSON.stringify(value).replaceAll('"', '')
  if (unit === 'share') return percent(value)
  if (unit === 'seconds') return `${value < 0 ? '-' : ''}${formatDuration(Math.abs(value) * 1000)}`
  const number = Number(value.toPrecision(12)).toLocaleString('en-US', { maximumFractionDigits: 6 })
  return typeof share === 'number' ? `${number} (${percent(share)})` : number
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(4))} %`

function limitWords(entry: JsonObject): string {
  const limits = (['warn', 'fail'] as const).flatMap((level) => {
    const found = entry[level]
    if (found === undefined || !isObject(found)) return []
    return [
      `${level} ${Object.entries(found)
        .map(([name, limit]) => `${name} ${word(limit)}`)
        .join(', ')}`,
    ]
  })
  const against = entry['against'] === undefined ? [] : [`against ${word(entry['against'])}: ${comparedWords(entry)}`]
  return `  ${[...limits, ...against].join(' · ')}`
}

function comparedWords({ compared = null, unit = '', runs = 0 }: JsonObject): string {
  return runs === 0 || compared === null ? 'no earlier run' : valueWords({ value: compared, unit })
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
