import type { DuckDBConnection } from '@duckdb/node-api'
import type { ConfigIssue } from '../../../pipeline/catalog.ts'
import { OnclockError } from '../../../pipeline/errors.ts'
import { checkFaults } from '../../checks/check-faults.ts'
import { sqlText } from '../../duckdb.ts'
import { boundFault, boundsFault } from '../../vocabulary/bound-sql.ts'
import type { Bound, Patterns } from '../../vocabulary/column-checks-schema.ts'
import { CHECK_NAMES } from '../../vocabulary/compile-checks.ts'
import { subjectsOf, type Surroundings, surroundingsOf } from '../../vocabulary/compile-condition.ts'
import { checksOf, type Condition } from '../../vocabulary/condition-schema.ts'
import { parseExpr } from '../../vocabulary/expr-sql.ts'
import { isListReference, type ListReference, listsIn, measuredPattern } from '../../vocabulary/list-reference-schema.ts'
import { MEASURES } from '../../vocabulary/measure-schema.ts'
import { regexFault } from '../../vocabulary/regex-faults.ts'
import { formatFault } from '../../vocabulary/time-form.ts'
import { createWordLists, type WordLists } from '../../vocabulary/word-lists.ts'
import { changeFault, changesCells } from './change-cells.ts'
import { issueAt, type NamedValue, type Origin, type OutputCheck, type Rule, type RuleSet } from './rule-set.ts'
import { columnOf } from './value-sql.ts'

type Path = readonly (string | number)[]

/** Faults of rules beyond their form: patterns, lists, expressions, bounds, and rules that say nothing. */
export async function checkRules(
  set: RuleSet,
  projectDir: string,
  connect: () => Promise<DuckDBConnection>,
): Promise<readonly ConfigIssue[]> {
  const lists = createWordLists(set.lists, projectDir)
  const checker = new RuleChecker(lists, connect)
  checker.findDoubleIds(set.rules, 'rules')
  for (const [name, entries] of Object.entries(set.lists)) {
    const origin = set.listOrigins[name]
    if (origin !== undefined && isListReference(entries)) checker.checkList(entries, origin, [])
  }
  for (const value of [...set.lets, ...set.shape.derives]) await checker.checkValue(value)
  checker.checkShape(set)
  const lets = new Set(set.lets.map(({ name }) => name))
  for (const rule of set.rules) await checker.checkRule(rule, lets)
  return [...set.issues, ...checker.issues, ...(await checkOutputs(set.checks, lists, connect))]
}

/** Faults of checks of an output beyond their form; `compareInput`: the stage has the rows of its input at hand. */
export async function checkOutputs(
  checks: readonly OutputCheck[],
  lists: WordLists,
  connect: () => Promise<DuckDBConnection>,
  compareInput = true,
): Promise<readonly ConfigIssue[]> {
  const checker = new RuleChecker(lists, connect)
  checker.findDoubleIds(
    checks.map(({ spec, origin }) => ({ id: spec.id, origin })),
    'checks',
  )
  for (const check of checks) await checker.checkOutput(check, compareInput)
  return checker.issues
}

const STRAY_KEYS = [...CHECK_NAMES, 'all', 'any', 'not', 'expr', 'column', 'columns', 'nulls'] as const

/** What a part of a rule may say too little of, since the rest of it is faulty. */
const SAYS_TOO_LITTLE: ReadonlySet<string> = new Set(['empty_rule', 'no_column', 'no_cell', 'no_bound'])

class RuleChecker {
  readonly issues: ConfigIssue[] = []
  readonly #lists: WordLists
  /** Asked for when a pattern or an expression is met: the engine is slow to load and most rules have neither. */
  readonly #connect: () => Promise<DuckDBConnection>

  constructor(lists: WordLists, connect: () => Promise<DuckDBConnection>) {
    this.#lists = lists
    this.#connect = connect
  }

  findDoubleIds(named: readonly { readonly id: string; readonly origin: Origin }[], what: 'rules' | 'checks'): void {
    const seen = new Set<string>()
    for (const { id, origin } of named) {
      if (seen.has(id))
        this.#add(
          origin,
          ['id'],
          'duplicate_id',
          `two ${what} have the id "${id}"`,
          `Give each ${what.slice(0, -1)} an id of its own`,
        )
      seen.add(id)
    }
  }

  async checkRule(rule: Rule, lets: ReadonlySet<string>): Promise<void> {
    const before = this.issues.length
    const fault = changesCells(rule) ? changeFault(rule, lets) : null
    if (fault !== null) this.#add(rule.origin, ['action'], ...fault)
    await this.#checkWhole(rule)
    if (rule.isCut) this.issues.push(...this.issues.splice(before).filter(({ code }) => !SAYS_TOO_LITTLE.has(code)))
  }

  async #checkWhole(rule: Rule): Promise<void> {
    const { unique, outliers, condition, around, origin } = rule
    if (unique === null)
      return outliers.length === 0 ? this.#checkCondition(condition, around, origin, []) : this.#checkOutliers(rule)
    const stray = STRAY_KEYS.find((key) => condition[key] !== undefined) ?? outliers[0]?.key
    if (stray !== undefined) {
      const beside = unique.similar === null ? 'unique' : 'similar'
      this.#add(origin, [stray], 'not_beside_unique', `"${stray}" cannot stand beside ${beside}`, 'Make it a rule of its own')
    }
    if (unique.when !== null) await this.#checkCondition(unique.when, around, origin, ['when'])
  }

  /** A rule that says outlier need say nothing else, but which column it is about. */
  async #checkOutliers({ condition, around, origin, outliers }: Rule): Promise<void> {
    const before = this.issues.length
    await this.#checkCondition(condition, around, origin, [])
    this.issues.push(...this.issues.splice(before).filter(({ code }) => code !== 'empty_rule'))
    const said = this.issues.slice(before).some(({ code }) => code === 'no_column')
    if (said || subjectsOf(surroundingsOf(condition, around)).length > 0) return
    this.#addNoColumn(origin, [], outliers[0]?.key ?? 'outlier')
  }

  checkList(reference: ListReference, origin: Origin, path: Path): void {
    try {
      this.#lists.entries(reference)
    } catch (error) {
      if (!(error instanceof OnclockError)) throw error
      this.#add(origin, path, error.code === 'CONFIG_INVALID' ? 'bad_list' : 'file_not_found', error.message, error.hint ?? null)
    }
  }

  async checkOutput({ spec, origin }: OutputCheck, compareInput: boolean): Promise<void> {
    for (const { path, code, message, hint } of checkFaults(spec, { compareInput })) this.#add(origin, path, code, message, hint)
    if (spec.in !== undefined) this.checkList(spec.in, origin, ['in'])
    if (spec.where !== undefined) await this.#checkCondition(spec.where, {}, origin, ['where'])
  }

  /** What `sample` and `top` leave out is counted under these names; the flags of rows are not to be lost. */
  checkShape({ rules, shape: { spec } }: RuleSet): void {
    for (const key of ['sample', 'top'] as const) {
      const rule = spec[key] === undefined ? undefined : rules.find(({ id }) => id === key)
      if (rule !== undefined)
        this.#add(
          rule.origin,
          ['id'],
          'duplicate_id',
          `"${key}" is the id of what ${key}: leaves out`,
          'Give the rule another id',
        )
    }
    const { select } = spec
    const at = select === undefined || Array.isArray(select) ? -1 : select.drop.indexOf('_flags')
    if (at === -1 || !rules.some(({ action }) => action === 'flag')) return
    const words = '"_flags" has the rules that flag a row, and cannot be left out'
    this.#add({ path: ['select'], file: null }, ['drop', at], 'flags_dropped', words, 'Let the rules warn instead of flag')
  }

  async checkValue({ spec, around, origin }: NamedValue): Promise<void> {
    if (spec.expr !== undefined) return this.checkExpr(spec.expr, origin, ['expr'])
    const kind = (['score', ...MEASURES] as const).find((name) => spec[name] !== undefined) ?? 'score'
    if (columnOf(spec, around) === undefined) {
      const words = `the value does not say which column "${kind}" is about`
      this.#add(origin, [], 'no_column', words, 'Add column: NAME, here or in defaults')
    }
    for (const list of Object.keys(spec.score ?? {})) this.checkList({ list }, origin, ['score', list])
    await this.#checkOperand(kind, spec[kind], origin, [kind])
  }

  async checkExpr(text: string, origin: Origin, path: Path): Promise<void> {
    const result = await parseExpr(await this.#connect(), text)
    if ('fault' in result) this.#add(origin, path, 'bad_expr', `the expression ${result.fault.message}`, result.fault.hint)
  }

  /** Bounds that leave nothing between them, and formats that cannot be read. */
  #checkForms(condition: Condition, origin: Origin, path: Path): void {
    const clash = boundsFault(condition)
    if (clash !== null) this.#add(origin, path, 'bad_bound', clash, 'Swap them, or make two rules of it.')
    for (const format of condition.format ?? []) {
      const fault = formatFault(format, condition.type === 'date' ? 'date' : 'datetime')
      if (fault !== null)
        this.#add(origin, [...path, 'format'], 'bad_format', `the format ${format} cannot be read: ${fault}`, null)
    }
  }

  async #checkCondition(condition: Condition, around: Surroundings, origin: Origin, path: Path): Promise<void> {
    const here = surroundingsOf(condition, around)
    const checks = CHECK_NAMES.filter((name) => checksOf(condition)[name] !== undefined)
    if (checks.length > 0 && subjectsOf(here).length === 0) {
      this.#addNoColumn(origin, path, checks[0] ?? '')
    }
    const groups = [condition.all, condition.any, condition.not, condition.expr].filter((group) => group !== undefined)
    if (checks.length === 0 && groups.length === 0) {
      this.#add(origin, path, 'empty_rule', 'it checks nothing', 'Add a check such as required: true, min: 0 or in: [a, b]')
    }
    this.#checkForms(condition, origin, path)
    for (const name of checks) await this.#checkOperand(name, condition[name], origin, [...path, name])
    if (condition.expr !== undefined) await this.checkExpr(condition.expr, origin, [...path, 'expr'])
    for (const key of ['when', 'not'] as const) {
      const child = condition[key]
      if (child !== undefined) await this.#checkCondition(child, here, origin, [...path, key])
    }
    for (const key of ['all', 'any'] as const) {
      for (const [index, child] of (condition[key] ?? []).entries())
        await this.#checkCondition(child, here, origin, [...path, key, index])
    }
  }

  async #checkOperand(name: string, operand: unknown, origin: Origin, path: Path): Promise<void> {
    for (const { list, path: below } of listsIn(operand)) this.checkList(list, origin, [...path, ...below])
    const measured = measuredPattern(operand)
    if (measured !== null) await this.#checkPatterns(measured, origin, [...path, 'of', 'matches'])
    if (/^(?:min|max|above|below)$/.test(name)) {
      const fault = boundFault(operand as Bound)
      if (fault !== null) this.#add(origin, path, 'bad_bound', fault, null)
    }
    if (/^(?:not_)?matches$/.test(name)) await this.#checkPatterns(operand as Patterns, origin, path)
  }

  async #checkPatterns(patterns: Patterns, origin: Origin, path: Path): Promise<void> {
    const placed: [string, Path][] =
      typeof patterns === 'string'
        ? [[patterns, path]]
        : Object.entries(patterns).map(([key, pattern]) => [pattern, [...path, Array.isArray(patterns) ? Number(key) : key]])
    for (const [pattern, place] of placed) {
      const fault = regexFault(pattern) ?? (await this.#regexError(pattern))
      if (fault !== null) this.#add(origin, place, 'bad_regex', `the regex has ${fault.message}`, fault.hint)
    }
  }

  /** RE2's own word on a pattern. */
  async #regexError(pattern: string): Promise<{ readonly message: string; readonly hint: string } | null> {
    try {
      await (await this.#connect()).run(`SELECT regexp_matches('', ${sqlText(pattern)})`)
      return null
    } catch (error) {
      const why = /Invalid Input Error: (?<why>.*)/.exec(String(error))?.groups?.['why'] ?? 'it is not valid'
      return { message: `a fault: ${why}`, hint: 'Regexes are RE2; in YAML put them in single quotes' }
    }
  }

  #addNoColumn(origin: Origin, path: Path, check: string): void {
    const words = `the rule does not say which column "${check}" is about`
    this.#add(origin, path, 'no_column', words, 'Add column: NAME, here or in defaults')
  }

  #add(origin: Origin, path: Path, ...[code, message, hint]: readonly [string, string, string | null]): void {
    this.issues.push(issueAt(origin, path, { code, message, hint }))
  }
}
