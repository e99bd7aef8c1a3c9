import { boundsFault } from '../vocabulary/bound-sql.ts'
import { LIMIT_WORDS, limitsOf, parseLimit, unitOf } from './check-limits.ts'
import type { CheckSpec, Measure } from './check-schema.ts'

/** A fault of a check beyond its form; the path begins below the check. */
export interface CheckFault {
  readonly path: readonly string[]
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

/** What is wrong with a check by itself: keys that its measure needs or does not know, and limits without the right unit. */
export function checkFaults(check: CheckSpec, can: { readonly compareInput: boolean }): readonly CheckFault[] {
  return [...keyFaults(check), ...inputFaults(check, can.compareInput), ...limitFaults(check)]
}

const OF_TABLE: ReadonlySet<Measure> = new Set(['rows', 'columns'])
const OF_INPUT: ReadonlySet<Measure> = new Set(['rows', 'sum', 'distinct_count'])
const OF_TEXTS: ReadonlySet<Measure> = new Set(['null_share', 'null_count', 'distinct_count', 'distinct_share', 'references'])

function keyFaults(check: CheckSpec): CheckFault[] {
  const { measure } = check
  const faults: CheckFault[] = []
  const needs = (words: string, hint: string): void => void faults.push(fault([], 'missing_key', words, hint))
  if (!OF_TABLE.has(measure) && check.column === undefined)
    needs(`the check does not say which column ${measure} is of`, 'Add column: NAME')
  if (measure === 'quantile' && check.at === undefined) needs('the check does not say which quantile', 'Add at: 95%')
  if (measure === 'references' && check.in === undefined)
    needs('the check does not say where the values have to be', "Add in: {file: 'ref.csv#column'}")
  if (check.warn === undefined && check.fail === undefined)
    needs('the check sets no limit', 'Add warn: or fail:, such as fail: {min: 1}')
  const stray = (key: 'column' | 'as' | 'at' | 'in', knows: boolean, words: string): void => {
    if (check[key] !== undefined && !knows) faults.push(fault([key], 'stray_key', words, null))
  }
  stray(
    'column',
    !OF_TABLE.has(measure),
    measure === 'rows'
      ? 'rows are not of a column: rows where a column is filled are where: {column: …, required: true}'
      : 'columns are not of a column',
  )
  stray('as', OF_TEXTS.has(measure), `${measure} does not look at texts, so "as" changes nothing`)
  stray('at', measure === 'quantile', '"at" belongs to quantile')
  stray('in', measure === 'references', '"in" belongs to references')
  return faults
}

function inputFaults({ measure, of, where }: CheckSpec, compareInput: boolean): CheckFault[] {
  if (of === undefined) return []
  if (!OF_INPUT.has(measure)) {
    return [
      fault(['of'], 'bad_value', `${measure} is not compared with the input`, `Of the input are ${[...OF_INPUT].join(', ')}`),
    ]
  }
  if (compareInput || (measure === 'rows' && where === undefined)) return []
  return [fault(['of'], 'bad_value', 'of the input this stage knows the number of rows alone', 'Use measure: rows without where')]
}

function limitFaults(check: CheckSpec): CheckFault[] {
  const unit = unitOf(check)
  const all = limitsOf(check)
  const clashes = (['warn', 'fail'] as const).flatMap((level) => {
    const words = boundsFault(check[level] ?? {})
    return words === null ? [] : [fault([level], 'bad_limit', words, 'Swap them.')]
  })
  const faults = all.flatMap(({ level, name, written }) => {
    if (name === 'change') {
      const words = `"change" does not say from what`
      return check.against === undefined ? [fault([level, name], 'bad_limit', words, 'Add against: median of 5 runs')] : []
    }
    if (parseLimit(written, unit, new Date()) !== null) return []
    return [fault([level, name], 'bad_limit', `a limit of ${check.measure} must be ${LIMIT_WORDS[unit]}`, null)]
  })
  if (check.against === undefined || all.some(({ name }) => name === 'change')) return [...clashes, ...faults]
  return [
    ...clashes,
    ...faults,
    fault(['against'], 'stray_key', '"against" is there and no limit says change', 'Add warn: {change: 50%}'),
  ]
}

function fault(path: readonly string[], code: string, message: string, hint: string | null): CheckFault {
  return { path, code, message, hint }
}
