import { parseAmount } from '../vocabulary/amount-schema.ts'
import { durationSeconds } from '../vocabulary/duration-sql.ts'
import type { CheckSpec, Limits, Measure } from './check-schema.ts'

/** What a check's value is: a number of rows, a share, a number, a moment, an age, or rows that are also a share. */
export type Unit = 'count' | 'share' | 'number' | 'time' | 'age' | 'amount'

/** A limit in the unit of its value: moments in milliseconds since 1970, ages in seconds. */
export type Limit =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'share'; readonly percent: number; readonly scale: number }

const UNITS: Readonly<Record<Measure, Unit>> = {
  rows: 'count',
  columns: 'count',
  null_count: 'count',
  distinct_count: 'count',
  null_share: 'share',
  distinct_share: 'share',
  sum: 'number',
  mean: 'number',
  median: 'number',
  min: 'number',
  max: 'number',
  quantile: 'number',
  stddev: 'number',
  freshness: 'age',
  references: 'amount',
}
/** Measures that dates have too. */
const OF_DATES: ReadonlySet<Measure> = new Set(['median', 'min', 'max', 'quantile'])

/** The unit of a check as it is written: a limit that is a date says that the column holds dates. */
export function unitOf(check: Pick<CheckSpec, 'measure' | 'of' | 'warn' | 'fail'>): Unit {
  if (check.of !== undefined) return 'share'
  const unit = UNITS[check.measure]
  return OF_DATES.has(check.measure) && limitTexts(check).some((text) => text === 'now' || momentOf(text) !== null)
    ? 'time'
    : unit
}

/** Whether the measure may be taken of dates as well as of numbers. */
export const isOfDates = (measure: Measure): boolean => OF_DATES.has(measure)

/** Reads a limit as the unit wants it; null when it cannot be. */
export function parseLimit(written: number | string, unit: Unit, now: Date): Limit | null {
  return READERS[unit](String(written).trim(), now)
}

const READERS: Readonly<Record<Unit, (text: string, now: Date) => Limit | null>> = {
  count: (text) => rowsOf(text) ?? asNumber(/^\d+$/.test(text) ? Number(text) : null),
  share: (text) => shareOf(text),
  amount: (text) => shareOf(text) ?? rowsOf(text),
  age: (text) => asNumber(durationSeconds(text)),
  time: (text, now) => asNumber(text === 'now' ? now.getTime() : momentOf(text)),
  number: (text) => asNumber(NUMBER.test(text) ? Number(text) : (percentOf(text) ?? durationSeconds(text))),
}

/** What a limit must be, for the message of one that is not. */
export const LIMIT_WORDS: Readonly<Record<Unit, string>> = {
  count: 'a number of rows, such as 1000',
  share: 'a share with its unit, such as 1%',
  amount: 'a share or a number of rows with its unit, such as 1% or 5 rows',
  age: 'a duration with its unit, such as 2d or 36h',
  time: 'a date such as 2026-01-31, or now',
  number: 'a number; of a column of shares a share (3%), of durations a duration (90s), of dates a date',
}

/** All limits of a check with where they stand. */
export function limitsOf(
  check: Pick<CheckSpec, 'warn' | 'fail'>,
): readonly { readonly level: 'warn' | 'fail'; readonly name: keyof Limits; readonly written: number | string }[] {
  return (['warn', 'fail'] as const).flatMap((level) =>
    Object.entries(check[level] ?? {}).flatMap(([name, written]) =>
      written === undefined ? [] : [{ level, name: name as keyof Limits, written }],
    ),
  )
}

function limitTexts(check: Pick<CheckSpec, 'warn' | 'fail'>): readonly string[] {
  return limitsOf(check).map(({ written }) => String(written))
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const asNumber = (number: number | null): Limit | null => (number === null ? null : { kind: 'number', number })

function shareOf(text: string): Limit | null {
  if (!/^\d+(?:\.\d+)?\s*%$/.test(text)) return null
  const amount = parseAmount(text)
  return amount.unit === 'share' ? { kind: 'share', percent: amount.percent, scale: amount.scale } : null
}

function rowsOf(text: string): Limit | null {
  const rows = /^(\d+) rows?$/.exec(text)?.[1]
  return rows === undefined ? null : { kind: 'number', number: Number(rows) }
}

function percentOf(text: string): number | null {
  const percent = /^([+-]?\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1]
  return percent === undefined ? null : Number(percent) / 100
}

/** Milliseconds of a date in UTC, with or without a time of day. */
function momentOf(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) return null
  const hasZone = /(?:Z|:\d{2}[+-]\d{2}:?\d{2})$/.test(text)
  const moment = Date.parse(text.length === 10 || hasZone ? text : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(moment) ? null : moment
}
