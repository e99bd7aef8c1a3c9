import type { FittedType } from './fit-type.ts'

const ISO_DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/
const ISO_DATETIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d{2}(?::\d{2})?)?)?$/

const PARTS: Readonly<Record<string, string>> = {
  '%d': '(?:0?[1-9]|[12][0-9]|3[01])',
  '%m': '(?:0?[1-9]|1[0-2])',
  '%b': '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)',
  '%B': '(?:January|February|March|April|May|June|July|August|September|October|November|December)',
  '%Y': '[12][0-9]{3}',
  '%y': '[0-9]{2}',
  '%H': '(?:[01]?[0-9]|2[0-3])',
  '%I': '(?:0?[1-9]|1[0-2])',
  '%M': '[0-5][0-9]',
  '%S': '[0-5][0-9]',
  '%p': '[AaPp][Mm]',
  '%z': '(?:Z|[+-][0-9]{2}:?[0-9]{2})',
}

const DATES = [
  ...['.', '/', '-'].flatMap((mark) => ['%Y', '%y'].map((year) => `%d${mark}%m${mark}${year}`)),
  ...['/', '-'].flatMap((mark) => ['%Y', '%y'].map((year) => `%m${mark}%d${mark}${year}`)),
  '%Y/%m/%d',
  '%Y.%m.%d',
  '%d %b %Y',
  '%d-%b-%Y',
  '%b %d, %Y',
  '%d %B %Y',
  '%B %d, %Y',
]
const TIMES = ['%H:%M', '%H:%M:%S', '%I:%M %p', '%I:%M:%S %p', '%H:%M %z', '%H:%M:%S %z']

/** Dates that all values are; null: they are none. Day and month are told apart by a day above 12, or not at all. */
export function fitDate(values: readonly string[]): FittedType | null {
  const every = (pattern: RegExp): boolean => values.every((value) => pattern.test(value))
  if (every(ISO_DATE)) return { type: 'date', form: {}, note: null }
  if (every(ISO_DATETIME)) return { type: 'datetime', form: {}, note: null }
  const dates = DATES.filter((format) => every(patternOf(format)))
  if (dates.length > 0) return fitted('date', dates)
  const first = values[0] ?? ''
  const times = DATES.flatMap((date) => TIMES.map((time) => `${date} ${time}`)).filter((format) => patternOf(format).test(first))
  const datetimes = times.filter((format) => every(patternOf(format)))
  return datetimes.length === 0 ? null : fitted('datetime', datetimes)
}

function fitted(type: 'date' | 'datetime', formats: readonly string[]): FittedType {
  const [format = ''] = formats
  if (formats.length === 1) return { type, form: { format }, note: null }
  return { type: 'text', form: {}, note: `a ${type}? format: ${formats.map((each) => JSON.stringify(each)).join(' or ')}` }
}

function patternOf(format: string): RegExp {
  const escaped = format.replaceAll('.', String.raw`\.`)
  return new RegExp(`^${escaped.replaceAll(/%\w/g, (part) => PARTS[part] ?? part)}$`, 'i')
}
