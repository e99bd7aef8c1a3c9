import type { FittedType } from './fit-type.ts'

/** A way to write numbers. */
interface Locale {
  readonly decimal: '.' | ','
  readonly group: '.' | ',' | 'space' | 'apostrophe' | 'none'
}

const GROUPS = { '.': String.raw`\.`, ',': ',', space: '[ \u00a0\u2009\u202f]', apostrophe: "['’]" } as const
const LOCALES: readonly Locale[] = [
  { decimal: '.', group: 'none' },
  { decimal: ',', group: 'none' },
  { decimal: ',', group: '.' },
  { decimal: '.', group: ',' },
  { decimal: '.', group: 'space' },
  { decimal: ',', group: 'space' },
  { decimal: '.', group: 'apostrophe' },
  { decimal: ',', group: 'apostrophe' },
]
const COUNTS = /views?|plays|likes?|shares?|comments?|followers?|subscribers|count|aufrufe/i
const PERCENT = /[\s\u00a0\u202f]*%$/
const UNIT = /[KMB]$/i

/** Numbers that all values are, in the form of a locale, with units or as percentages; null: they are none, or it is not sure. */
export function fitNumber(name: string, values: readonly string[]): FittedType | null {
  const percent = values.every((value) => PERCENT.test(value))
  const units = !percent && values.some((value) => UNIT.test(value))
  // `12B` may be the number of a house.
  if (units && !COUNTS.test(name) && !values.some((value) => /[.,]\d+[KMB]$/i.test(value))) return null
  const numbers = values.map((value) => (percent ? value.replace(PERCENT, '') : units ? value.replace(UNIT, '') : value))
  const fitting = LOCALES.filter((locale) => numbers.every((number) => patternOf(locale).test(number)))
  const [first] = fitting
  if (first === undefined) return null
  const whole = numbers.every((number, at) => isWhole(number, first, units ? values[at] : ''))
  const type = percent ? 'percent' : whole ? 'integer' : 'decimal'
  const { decimal, group } = first
  const doubtful = numbers.some((number) => number.includes(decimal)) && fitting.some((other) => other.group === decimal)
  // A point is a decimal mark unless people say other; of a comma nobody knows.
  if (doubtful && decimal === ',') return { type: 'text', form: {}, note: `numbers? decimal: "," or group: ",": ${QUESTION}` }
  const form = {
    ...(decimal === '.' ? {} : { decimal }),
    ...(group === 'none' ? {} : { group }),
    ...(units ? { units: true as const } : {}),
  }
  return { type, form, note: doubtful ? `or decimal: ",", group: ".": ${QUESTION}` : null }
}

const QUESTION = 'is it a decimal mark, or does it stand between groups?'

function patternOf({ decimal, group }: Locale): RegExp {
  const whole = group === 'none' ? String.raw`\d{1,15}` : `(?:\\d{1,3}(?:${GROUPS[group]}\\d{3}){1,4}|\\d{1,15})`
  return new RegExp(`^[+-]?${whole}(?:${GROUPS[decimal]}\\d{1,9})?$`)
}

/** Digits behind the decimal mark, as many as the unit does not take up. */
function isWhole(number: string, { decimal }: Locale, value = ''): boolean {
  const digits = number.split(decimal)[1]?.replace(/0+$/, '').length ?? 0
  const unit = UNIT.exec(value)?.[0].toUpperCase()
  return digits <= (unit === 'K' ? 3 : unit === 'M' ? 6 : unit === 'B' ? 9 : 0)
}
