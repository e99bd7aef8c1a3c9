import { kindOf } from './bound-sql.ts'
import { cleanSql } from './clean-sql.ts'
import { checkShape, type CheckName, type ColumnChecks } from './column-checks-schema.ts'
import { type CompiledCheck, type CompileEnv, type TernaryCheck, type ValueColumn, violatedWhen } from './compile-env.ts'
import { averageLengthOutcome, countOutcome, repeatsOutcome, shareOutcome } from './measure-sql.ts'
import {
  containsAllOutcome,
  containsOutcome,
  edgeOutcome,
  lengthOutcome,
  type Look,
  matchesOutcome,
  type Outcome,
} from './text-checks.ts'
import { equalsOutcome, inOutcome, limitOutcome, typeOutcome, withinOutcome } from './value-checks.ts'

export type { CompiledCheck, CompileEnv, TernaryCheck, ValueColumn } from './compile-env.ts'

/** The names of all checks, in the order in which they are reported. */
export const CHECK_NAMES = Object.keys(checkShape) as readonly CheckName[]

/**
 * Turns what the YAML says about one column into SQL over a row, one check for each key. An empty value passes every check
 * but `required`, unless `nulls: fail`. Throws OnclockError where a list, a file or another column is not there.
 */
export function compileChecks(spec: ColumnChecks, column: ValueColumn, env: CompileEnv): CompiledCheck[] {
  return ternaryChecks(spec, column, env).map(violatedWhen)
}

/** The same in three values, for groups: `not` around a check that says nothing says nothing either. */
export function ternaryChecks(spec: ColumnChecks, column: ValueColumn, env: CompileEnv): TernaryCheck[] {
  const look = lookOf(column, spec)
  const subject: Subject = { column: lookedAt(column, look.as), look, env, others: lookingThrough(env, look.as) }
  return CHECK_NAMES.filter((name) => spec[name] !== undefined && spec[name] !== false).map((name) => {
    if (name === 'required') {
      return { check: name, column: column.name, ok: `(${look.text} IS NOT NULL)`, message: 'is empty' }
    }
    const negated = name.startsWith('not_')
    const outcome = outcomeOf(name, spec, subject)
    const ok = negated ? `(NOT ${outcome.ok})` : outcome.ok
    const message = negated ? outcome.holds : outcome.fails
    return spec.nulls === 'fail'
      ? { check: name, column: column.name, ok: `coalesce(${ok}, FALSE)`, message: `is empty or ${message}` }
      : { check: name, column: column.name, ok, message }
  })
}

/** How the checks look at a column: through `as:`, with nothing left for an empty value. */
export function lookOf(column: ValueColumn, spec: Pick<ColumnChecks, 'as' | 'match'>): Look {
  const as = spec.as ?? []
  const text = as.length === 0 ? column.text : `nullif(${cleanSql(as, column.text)}, '')`
  return { text, as, match: spec.match ?? 'word' }
}

/** A column as a rule looks at it. Values that a typed column has to compare, such as numbers, are what they are. */
export function lookedAt(column: ValueColumn, as: Look['as']): ValueColumn {
  if (as.length === 0) return column
  const { text } = lookOf(column, { as: [...as] })
  const isText = (kindOf(column.type) ?? 'text') === 'text' && column.type !== 'boolean'
  return { ...column, text, value: isText ? text : column.value }
}

/** The same for the columns that a rule compares with. */
export function lookingThrough(env: CompileEnv, as: Look['as']): CompileEnv {
  if (as.length === 0) return env
  const { lists, now, projectDir } = env
  const column = (name: string): ValueColumn | undefined => {
    const found = env.column(name)
    return found === undefined ? undefined : lookedAt(found, as)
  }
  return { column, lists, now, projectDir }
}

interface Subject {
  /** As the rule looks at it. */
  readonly column: ValueColumn
  readonly look: Look
  readonly env: CompileEnv
  /** Its columns are as the rule looks at them. */
  readonly others: CompileEnv
}

type Operand<Name extends CheckName> = NonNullable<ColumnChecks[Name]>

/** The positive form of each check. The schema has checked the operands. */
const OUTCOMES: { readonly [Name in CheckName]?: (operand: Operand<Name>, subject: Subject) => Outcome } = {
  equals: (operand, { column, look, others }) => equalsOutcome(operand, column, look, others),
  in: (operand, { column, look, env }) => inOutcome(operand, column, look, env),
  min: (operand, { column, others }) => limitOutcome('min', operand, column, others),
  max: (operand, { column, others }) => limitOutcome('max', operand, column, others),
  above: (operand, { column, others }) => limitOutcome('above', operand, column, others),
  below: (operand, { column, others }) => limitOutcome('below', operand, column, others),
  within: (operand, { column, env }) => withinOutcome(operand, column, env),
  matches: (operand, { look }) => matchesOutcome(operand, look),
  contains: (operand, { look, env }) => containsOutcome(operand, look, env),
  contains_all: (operand, { look, env }) => containsAllOutcome(operand, look, env),
  starts_with: (operand, { look, env }) => edgeOutcome('starts', operand, look, env),
  ends_with: (operand, { look, env }) => edgeOutcome('ends', operand, look, env),
  length: (operand, { look }) => lengthOutcome(operand, look),
  count: (operand, { look, env }) => countOutcome(operand, look, env),
  share: (operand, { look, env }) => shareOutcome(operand, look, env),
  repeats: (operand, { look, env }) => repeatsOutcome(operand, look, env),
  average_length: (operand, { look, env }) => averageLengthOutcome(operand, look, env),
}

function outcomeOf(name: CheckName, spec: ColumnChecks, subject: Subject): Outcome {
  if (name === 'type') return typeOutcome(spec.type ?? 'text', subject.column, undefined)
  const positive = name.replace(/^not_/, '') as CheckName
  const outcome = OUTCOMES[positive] as ((operand: unknown, subject: Subject) => Outcome) | undefined
  if (outcome === undefined) throw new Error(`no check is called ${name}`)
  return outcome(spec[name], subject)
}
