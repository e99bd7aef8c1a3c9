import { OnclockError } from '../../../pipeline/errors.ts'
import type { RowCounts } from '../../../pipeline/record.ts'
import { isOver, isUnder, parseAmount } from '../../vocabulary/amount-schema.ts'
import type { CompiledRule } from './compile-rules.ts'
import type { RuleBasedFilteringConfig } from './config.ts'
import type { RuleCount } from './judge-rows.ts'

export interface RuleResult {
  readonly rule: CompiledRule['rule']
  readonly count: RuleCount
}

/** A rule that stops the stage, by its place in the list, and why. */
export interface RuleFailure {
  readonly index: number
  readonly words: string
}

/** Holds each rule against its own budget and its action; gives every rule that stops the stage. */
export function ruleFailures(results: readonly RuleResult[], total: number): readonly RuleFailure[] {
  return results.flatMap(({ rule, count }, index) =>
    failureOf(rule, count.broken, count.checked ?? total).map((words) => ({ index, words })),
  )
}

/** RULE_FAILED with every rule that stops the stage; `file` holds their rows. */
export function ruleFailed(failures: readonly RuleFailure[], file: string): OnclockError {
  return new OnclockError('RULE_FAILED', failures.map(({ words }) => words).join('; '), {
    hint: `The rows are in ${file}. Mend the input or the rule, or give the rule another action or budget.`,
  })
}

/** The warnings of rules that let the stage pass. */
export function ruleWarnings(results: readonly RuleResult[], total: number): readonly string[] {
  return results.flatMap(({ rule, count: { broken, checked } }) => {
    const { warn } = rule.budget
    const of = checked ?? total
    if (warn !== undefined) {
      return isOver(parseAmount(warn), broken, of)
        ? [`rule "${rule.id}": ${shareOf(broken, of)} break it; its budget warns above ${warn}`]
        : []
    }
    return rule.action === 'warn' && broken > 0 ? [`rule "${rule.id}": ${shareOf(broken, of)} break it`] : []
  })
}

function failureOf(rule: CompiledRule['rule'], broken: number, total: number): string[] {
  const { fail } = rule.budget
  if (fail !== undefined) {
    return isOver(parseAmount(fail), broken, total)
      ? [`rule "${rule.id}": ${shareOf(broken, total)} break it; its budget allows ${fail}`]
      : []
  }
  return rule.action === 'fail' && broken > 0
    ? [`rule "${rule.id}": ${shareOf(broken, total)} break it, and its action is fail`]
    : []
}

/** Holds the rejected rows against the budget of the stage. Throws BUDGET_EXCEEDED; gives a warning above `warn`. */
export function checkStageBudget(config: RuleBasedFilteringConfig, rejected: number, total: number): readonly string[] {
  const { warn, fail } = config.budget
  if (isOver(parseAmount(fail), rejected, total)) {
    throw new OnclockError('BUDGET_EXCEEDED', `${shareOf(rejected, total)} were rejected; the budget allows ${fail}`, {
      hint: 'The file of rejected rows names each one and its rule. Mend the input or the rules, or raise budget.fail.',
    })
  }
  return isOver(parseAmount(warn), rejected, total)
    ? [`${shareOf(rejected, total)} were rejected; the budget warns above ${warn}`]
    : []
}

/** Throws TOO_FEW_ROWS, with the rule that stopped most, when fewer rows came out than `min_output` asks for. */
export function checkMinimum(minimum: string, rows: RowCounts, results: readonly RuleResult[]): void {
  if (!isUnder(parseAmount(minimum), rows.out, rows.in)) return
  if (rows.in === 0) {
    throw new OnclockError('TOO_FEW_ROWS', `no rows came in, so none came out; min_output asks for ${minimum}`, {
      hint: 'If that is fine, set min_output: 0 rows.',
    })
  }
  const most = results.toSorted((a, b) => b.count.stopped - a.count.stopped)[0]
  const blame =
    most === undefined || most.count.stopped === 0 ? '' : `. Rule "${most.rule.id}" alone stopped ${most.count.stopped} of them`
  throw new OnclockError('TOO_FEW_ROWS', `${rows.out} of ${rows.in} rows came out; min_output asks for ${minimum}${blame}`, {
    hint:
      most === undefined
        ? 'Lower min_output if that is fine.'
        : `Look at rule "${most.rule.id}", or lower min_output if that is fine.`,
  })
}

const shareOf = (count: number, total: number): string =>
  `${count} of ${total} rows (${total === 0 ? '0' : ((count / total) * 100).toFixed(2)} %)`
