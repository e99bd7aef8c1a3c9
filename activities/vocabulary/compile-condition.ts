import { OnclockError } from '../../pipeline/errors.ts'
import { checksOf, type Condition } from './condition-schema.ts'
import { CHECK_NAMES, type CompileEnv, lookOf, type TernaryCheck, ternaryChecks, type ValueColumn } from './compile-checks.ts'
import { type Patterns } from './column-checks-schema.ts'
import { patternParts } from './text-checks.ts'

/** What a condition takes from the one around it, or from `defaults:`. */
export type Surroundings = Pick<Condition, 'column' | 'columns' | 'as' | 'match' | 'nulls'>

/** A condition as SQL in three values, with what can be said about a row that does not fulfil it. */
export interface CompiledCondition {
  /** TRUE, FALSE, or NULL where it says nothing. */
  readonly ok: string
  /** Single checks, for the report on rows that were left out: at least one of them is FALSE where `ok` is. */
  readonly details: readonly Detail[]
}

export interface Detail extends TernaryCheck {
  /** SQL VARCHAR of the value that was looked at; NULL where there is no single one. */
  readonly value: string
}

/** Turns a condition into SQL. `exprs` gives the SQL of an `expr` that was checked before. */
export function compileCondition(
  condition: Condition,
  around: Surroundings,
  env: CompileEnv & { expr(text: string): string },
): CompiledCondition {
  const here = surroundingsOf(condition, around)
  const parts: CompiledCondition[] = [
    ...columnParts(condition, here, env),
    ...(condition.all ?? []).map((child) => compileCondition(child, here, env)),
    ...(condition.any === undefined ? [] : [anyOf(condition.any.map((child) => compileCondition(child, here, env)))]),
    ...(condition.not === undefined ? [] : [negation(compileCondition(condition.not, here, env))]),
    ...(condition.expr === undefined ? [] : [expression(env.expr(condition.expr), here)]),
  ]
  if (parts.length === 0) throw new OnclockError('CONFIG_INVALID', 'a condition checks nothing')
  const all: CompiledCondition = { ok: conjunction(parts.map(({ ok }) => ok)), details: parts.flatMap(({ details }) => details) }
  if (condition.when === undefined) return all
  const when = compileCondition(condition.when, { ...here, nulls: undefined }, env).ok
  return guarded(when, all)
}

/** What holds inside of a condition: its own words, else those around it. A column of its own replaces several around it. */
export function surroundingsOf(condition: Condition, around: Surroundings): Surroundings {
  const own = condition.column !== undefined || condition.columns !== undefined
  const { column, columns } = own ? condition : around
  return {
    column,
    columns,
    as: condition.as ?? around.as,
    match: condition.match ?? around.match,
    nulls: condition.nulls ?? around.nulls,
  }
}

/** The columns that the checks of a condition are about. */
export function subjectsOf({ column, columns }: Surroundings): readonly string[] {
  return [...(column === undefined ? [] : [column]), ...(columns ?? [])]
}

function columnParts(condition: Condition, here: Surroundings, env: CompileEnv): CompiledCondition[] {
  const checks = { ...checksOf(condition), as: here.as, match: here.match, nulls: here.nulls }
  if (CHECK_NAMES.every((name) => checks[name] === undefined)) return []
  return subjectsOf(here).flatMap((name) => {
    const found = env.column(name)
    if (found === undefined) throw new OnclockError('COLUMN_MISSING', `the input has no column "${name}"`)
    const column = readAs(found, condition.format)
    return ternaryChecks(checks, column, env).map((check) => ({
      ok: check.ok,
      details: detailsOf(check, column, condition, here),
    }))
  })
}

/** The dates of a typed column are in their normal form already. */
function readAs(column: ValueColumn, format: Condition['format']): ValueColumn {
  if (format === undefined || column.type === 'date' || column.type === 'datetime') return column
  return { name: column.name, text: column.text, type: null, value: column.text, form: { format } }
}

/** Named patterns are reported by their names. */
function detailsOf(check: TernaryCheck, column: ValueColumn, condition: Condition, here: Surroundings): readonly Detail[] {
  const patterns: Patterns | undefined = check.check === 'not_matches' ? condition.not_matches : undefined
  const parts = patterns === undefined ? [] : patternParts(patterns, lookOf(column, here))
  if (parts.length === 0) return [{ ...check, value: column.text }]
  return parts.map(({ name, ok }) => ({ ...check, ok: `(NOT ${ok})`, message: `matches ${name}`, value: column.text }))
}

function anyOf(children: readonly CompiledCondition[]): CompiledCondition {
  const ok = `(${children.map((child) => child.ok).join(' OR ')})`
  const messages = children.map(({ details }) => details.map(said).join(' and ')).join('; ')
  return { ok, details: [single(ok, 'any', `fulfils none of: ${messages}`)] }
}

function negation(child: CompiledCondition): CompiledCondition {
  const ok = `(NOT ${child.ok})`
  return { ok, details: [single(ok, 'not', 'is what it must not be')] }
}

function expression(sql: string, here: Surroundings): CompiledCondition {
  const ok = here.nulls === 'fail' ? `coalesce(${sql}, FALSE)` : sql
  return { ok, details: [single(ok, 'expr', 'does not fulfil the expression')] }
}

const single = (ok: string, check: string, message: string): Detail => ({ check, column: null, ok, message, value: 'NULL' })
const said = ({ column, message }: Detail): string => (column === null ? message : `${column} ${message}`)
const conjunction = (oks: readonly string[]): string => (oks.length === 1 ? (oks[0] ?? 'TRUE') : `(${oks.join(' AND ')})`)

/** A row for which the `when` is not true, or says nothing, passes. */
function guarded(when: string, { ok, details }: CompiledCondition): CompiledCondition {
  const inside = (sql: string): string => `(CASE WHEN ${when} THEN ${sql} END)`
  return { ok: inside(ok), details: details.map((detail) => ({ ...detail, ok: inside(detail.ok) })) }
}
