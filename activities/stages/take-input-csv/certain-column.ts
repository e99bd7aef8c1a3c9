import type { CleanStep } from '../../vocabulary/clean-schema.ts'
import {
  asciiWithout,
  type Bounds,
  type Certain,
  hasNoExponent,
  hasTidyEnds,
  noneOf,
  numberWithin,
  oneOf,
} from './certain-cells.ts'
import type { TakeInputCsvConfig } from './config.ts'
import type { IntakeColumn } from './intake-columns.ts'

/** How a column's cells are looked at. */
export interface CertainColumn {
  /** Spaces, tabs and line ends at both ends are taken off before. */
  readonly trims: boolean
  /** Null: every cell is certain. */
  readonly certain: Certain | null
}

/** Whether numbers are written in another way than ours. */
const isWritten = ({ decimal, group, units }: TakeInputCsvConfig): boolean => (decimal ?? group ?? units) !== undefined

/** Every word of a column that is understood here; with any other one its cells are never certain. */
const UNDERSTOOD = new Set([
  'clean',
  'null_tokens',
  'required',
  'type',
  'in',
  'min',
  'max',
  'above',
  'below',
  'nulls',
  'as',
  'match',
])

/** Null: none of its cells is ever certain. Watched columns may hold IDs that were shortened. */
export function certainColumn(
  { config: spec }: IntakeColumn,
  config: TakeInputCsvConfig,
  isWatched: boolean,
): CertainColumn | null {
  if (isWritten(config)) return null
  const said = Object.entries(spec).filter(([, value]) => value !== undefined)
  if (said.some(([key]) => !UNDERSTOOD.has(key)) || spec.nulls === 'fail' || spec.as !== undefined) return null
  const steps = spec.clean ?? (config.trim ? (['trim'] as const) : [])
  const parts = [...steps.map((step) => CLEAN[step]), certainValue(spec)]
  if (parts.includes(null)) return null
  const checks = parts.filter((part) => typeof part === 'function')
  const tokens = [...config.null_tokens, ...(spec.null_tokens ?? [])].filter((token) => token !== '')
  if (tokens.length > 0) checks.push(noneOf(tokens))
  if (isWatched) checks.push(hasNoExponent)
  const whenEmpty = spec.required !== true
  return { trims: steps[0] === 'trim', certain: checks.length === 0 && whenEmpty ? null : all(checks, whenEmpty) }
}

function all(checks: readonly Certain[], whenEmpty: boolean): Certain {
  const [first, second] = checks
  if (first === undefined) return (_bytes, from, to) => from < to || whenEmpty
  if (second === undefined) return (bytes, from, to) => (from === to ? whenEmpty : first(bytes, from, to))
  return (bytes, from, to) => (from === to ? whenEmpty : checks.every((check) => check(bytes, from, to)))
}

/** Null: never certain. */
function certainValue(spec: IntakeColumn['config']): Certain | 'always' | null {
  const bounds = boundsOf(spec)
  if (bounds === null) return null
  const hasBounds = Object.keys(bounds).length > 0
  if (spec.in !== undefined && !isTexts(spec.in)) return null
  const listed = spec.in === undefined ? [] : [oneOf(spec.in)]
  switch (spec.type) {
    case 'integer':
    case 'decimal': {
      const number = numberWithin(bounds, spec.type === 'decimal')
      return listed[0] === undefined ? number : null
    }
    case 'text':
    case 'id':
    case 'enum':
    case undefined:
      if (hasBounds) return null
      return listed[0] ?? 'always'
    default:
      return null
  }
}

/** Null: a bound that is not a number as it stands. */
function boundsOf({ min, max, above, below }: IntakeColumn['config']): Bounds | null {
  const said = Object.entries({ min, max, above, below }).filter(([, value]) => value !== undefined)
  const numbers = said.map(([key, value]) => [key, isShortNumber(value) ? Number(value) : Number.NaN] as const)
  return numbers.some(([, value]) => Number.isNaN(value)) ? null : (Object.fromEntries(numbers) as Bounds)
}

const isShortNumber = (bound: unknown): boolean =>
  (typeof bound === 'number' || typeof bound === 'string') && /^-?\d{1,15}$/.test(String(bound))

const isTexts = (entries: unknown): entries is readonly string[] =>
  Array.isArray(entries) && entries.every((entry) => typeof entry === 'string')

/** What each step leaves alone for certain; null: not known here. */
const CLEAN: Readonly<Record<CleanStep, Certain | null>> = {
  trim: hasTidyEnds,
  lower: asciiWithout(0x41, 0x5a),
  upper: asciiWithout(0x61, 0x7a),
  fold: asciiWithout(0x41, 0x5a),
  nfc: asciiWithout(0x80, 0x80),
  visible: asciiWithout(0, 0x1f),
  squeeze: null,
}
