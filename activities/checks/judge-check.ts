import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import { formatDuration } from '../../pipeline/duration.ts'
import { type Limit, limitsOf, parseLimit, type Unit } from './check-limits.ts'
import type { CheckSpec, Limits } from './check-schema.ts'
import type { Measured } from './measure-checks.ts'

/** How a check went. */
type CheckStatus = 'passed' | 'warn' | 'fail'

export interface JudgedCheck {
  readonly id: string
  readonly status: CheckStatus
  /** What does not hold, with check, value and limit; empty where it passed. */
  readonly words: string
  /** Its entry in the metadata of the stage. */
  readonly entry: JsonObject
}

/** What `against` stands for: the value it comes to, and how many runs had one. */
export interface Baseline {
  readonly value: number | null
  readonly runs: number
}

/** Holds what was measured against the limits of a check. The worse of its two levels counts. */
export function judgeCheck(check: CheckSpec, measured: Measured, base: Baseline | null, now: Date): JudgedCheck {
  const value = valueOf(measured)
  const broken = limitsOf(check).filter(({ name, written }) => !holds({ name, written }, { check, measured, value, base, now }))
  const status: CheckStatus = broken.some(({ level }) => level === 'fail') ? 'fail' : broken.length > 0 ? 'warn' : 'passed'
  const limits = broken
    .filter(({ level }) => level === status)
    .map(({ name, written }) => limitWords(name, written, base, measured.unit))
  return {
    id: check.id,
    status,
    words:
      status === 'passed'
        ? ''
        : `check "${check.id}": ${subjectOf(check)} ${valueWords(measured, value)}, ${[...new Set(limits)].join(' and ')}`,
    entry: entryOf(check, { measured, value, base, status }),
  }
}

/** The value as one number: a share is between 0 and 1. Null: there was nothing to measure. */
export function valueOf({ unit, value, total }: Measured): number | null {
  if (value === null || !Number.isFinite(value)) return null
  if (unit !== 'share') return value
  return total === null || total === 0 ? null : value / total
}

interface Judging {
  readonly check: CheckSpec
  readonly measured: Measured
  readonly value: number | null
  readonly base: Baseline | null
  readonly now: Date
}

function holds(limit: { readonly name: keyof Limits; readonly written: number | string }, judging: Judging): boolean {
  const { check, measured, value, base, now } = judging
  if (value === null) return check.nulls === 'pass'
  if (limit.name === 'change') {
    if (base === null || base.value === null) return true
    const parsed = parseLimit(limit.written, 'share', now)
    const change = { ...measured, value: Math.abs(value - base.value), total: Math.abs(base.value) }
    return parsed === null || compare(parsed, change) <= 0
  }
  const parsed = parseLimit(limit.written, measured.unit, now)
  if (parsed === null) return true
  const order = compare(parsed, measured)
  return { min: order >= 0, max: order <= 0, above: order > 0, below: order < 0 }[limit.name]
}

/** Below 0: the value is less than the limit. Shares are compared without a division, so that 29 % of 100 rows are 29. */
function compare(limit: Limit, { value, total }: Measured): number {
  if (value === null) return 0
  return limit.kind === 'number' ? value - limit.number : value * 100 * limit.scale - limit.percent * (total ?? 0)
}

const subjectOf = ({ measure, column, of }: CheckSpec): string =>
  `${measure}${column === undefined ? '' : ` of "${column}"`}${of === undefined ? '' : ' of the input'}`

function valueWords(measured: Measured, value: number | null): string {
  if (value === null) return 'has nothing to measure'
  if (measured.unit === 'amount') return `is ${measured.value} of ${measured.total} (${percent(measured.value, measured.total)})`
  return `is ${shown(measured, value)}`
}

function shown({ unit }: Pick<Measured, 'unit'>, value: number): string {
  if (unit === 'share') return percent(value, 1)
  if (unit === 'time') return momentWords(value)
  if (unit === 'age') return value < 0 ? `-${formatDuration(-value * 1000)}` : formatDuration(value * 1000)
  return String(Number(value.toPrecision(12)))
}

const percent = (part: number | null, whole: number | null): string =>
  whole === null || whole === 0 ? '0 %' : `${Number(((100 * (part ?? 0)) / whole).toPrecision(4))} %`
const momentWords = (moment: number): string => new Date(Math.round(moment)).toISOString().replace(/T00:00:00\.000Z$/, '')

const BOUND_WORDS = { min: 'at least', max: 'at most', above: 'above', below: 'below' } as const

function limitWords(name: keyof Limits, written: number | string, base: Baseline | null, unit: Unit): string {
  if (name !== 'change') return `which must be ${BOUND_WORDS[name]} ${written}`
  const from = base?.value === null || base === null ? '' : ` (${shown({ unit }, base.value)})`
  return `which may change by ${written} from ${base?.runs === 1 ? 'the run before' : `${base?.runs} runs before`}${from}`
}

function entryOf(
  check: CheckSpec,
  { measured, value, base, status }: Pick<Judging, 'measured' | 'value' | 'base'> & { readonly status: CheckStatus },
): JsonObject {
  const { id, measure, column, of, against, warn, fail } = check
  const { unit, unread, total } = measured
  return present({
    id,
    measure,
    column,
    of,
    value: value === null || unit !== 'time' ? value : momentWords(value),
    unit: UNIT_WORDS[unit],
    share: unit === 'amount' && value !== null && total !== null ? value / Math.max(total, 1) : undefined,
    unread: unread === 0 ? undefined : unread,
    against,
    ...(against === undefined ? {} : { compared: base?.value ?? null, runs: base?.runs ?? 0 }),
    warn: warn === undefined ? undefined : present(warn),
    fail: fail === undefined ? undefined : present(fail),
    status,
  })
}

/** Without the keys that say nothing. */
function present(entry: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(entry).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
}

const UNIT_WORDS: Readonly<Record<Unit, string>> = {
  count: 'count',
  share: 'share',
  amount: 'rows',
  number: 'number',
  time: 'time',
  age: 'seconds',
}
