import type { JsonObject } from '../../pipeline/json.ts'
import type { Dataset } from '../../activities/stage.ts'
import { ruleBasedFiltering } from '../../activities/stages/rule-based-filtering/stage.ts'
import { type Expectation, saidOf } from './expectation-rules.ts'
import { type Table, tableOf, typesOf } from './expectation-table.ts'
import type { Product, Ran } from './run-product.ts'
import { listOf, NotOffered, notOffered, passed, type RuleCase, sameVerdict, type Verdict, type Verdicts } from './suite-cases.ts'

/** Cases on the same table are judged by one run: every rule flags, every check warns, so that none hides another. */
export async function judgeExpectations(product: Product, cases: readonly RuleCase[]): Promise<Verdicts> {
  const groups = new Map<string, RuleCase[]>()
  for (const one of cases) {
    const key = JSON.stringify([one.data, one.schemas ?? null])
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  const verdicts = new Map<RuleCase, Verdict>()
  for (const group of groups.values()) for (const [one, verdict] of await judgeGroup(product, group)) verdicts.set(one, verdict)
  return verdicts
}

interface Placed {
  readonly one: RuleCase
  readonly said: Expectation
  readonly id: string
}

async function judgeGroup(product: Product, group: readonly RuleCase[]): Promise<Verdicts> {
  const verdicts = new Map<RuleCase, Verdict>()
  const placed = placedOf(group, verdicts)
  const table = await tableOf(product, group[0] as RuleCase)
  for (const { one, said } of placed.filter(({ said }) => said.intake !== undefined)) {
    const { fault } = await product.intake(table.file, { ...table.config, ...said.intake })
    verdicts.set(one, verdictOf(one, { success: fault === null, refused: fault !== null, flagged: null }))
  }
  const rest = placed.filter(({ said }) => said.intake === undefined)
  const sound = await withoutRefused(product, rest, verdicts)
  if (sound.length === 0) return verdicts
  const { ran, fault } = await product.rules(await taken(product, table, group), configOf(sound))
  if (ran !== null) for (const { one, said, id } of sound) verdicts.set(one, soundVerdict(one, said, { id, ran }))
  else if (sound.length === 1) for (const { one } of sound) verdicts.set(one, refusedVerdict(one, fault.message))
  else {
    // One that cannot be run on these columns stops all of them: each by itself, then.
    for (const single of sound) for (const [one, verdict] of await judgeGroup(product, [single.one])) verdicts.set(one, verdict)
  }
  return verdicts
}

/** The cases that our language can say; the others are not offered. */
function placedOf(group: readonly RuleCase[], verdicts: Map<RuleCase, Verdict>): readonly Placed[] {
  return group.flatMap((one, index) => {
    try {
      return [{ one, said: saidOf(one), id: `case-${index}` }]
    } catch (error) {
      if (!(error instanceof NotOffered)) throw error
      verdicts.set(one, notOffered(error.message))
      return []
    }
  })
}

async function taken(product: Product, table: Table, [first]: readonly RuleCase[]): Promise<Dataset> {
  const { ran, fault } = await product.intake(table.file, { ...table.config, columns: typesOf(first as RuleCase) })
  if (ran === null) throw new Error(`the table of ${first?.id} was not taken in: ${fault.message}`)
  const [bad] = ran.rejected
  if (bad !== undefined) throw new Error(`rows of ${first?.id} were rejected: ${JSON.stringify(bad.violations)}`)
  return ran.dataset
}

/** Validation finds all faults at once; each is that of the rule or check it stands in. */
async function withoutRefused(
  product: Product,
  placed: readonly Placed[],
  verdicts: Map<RuleCase, Verdict>,
): Promise<readonly Placed[]> {
  const config = configOf(placed)
  const issues = await product.issues(ruleBasedFiltering, config)
  const refused = new Map<Placed, string>()
  for (const { path, message, severity } of issues) {
    if (severity === 'warning') continue
    const [part, index] = path
    const inPart = placed.flatMap((one) =>
      (part === 'checks' ? (one.said.checks ?? []) : [one.said.rule]).map((said) => ({ one, said })),
    )
    const meant = inPart.filter(({ said }) => said !== undefined).filter((_, at) => index === undefined || at === index)
    if (meant.length === 0) throw new Error(`a fault that is none of a rule: ${path.join('.')} ${message}`)
    for (const { one } of meant) refused.set(one, message)
  }
  for (const [{ one }, message] of refused) verdicts.set(one, refusedVerdict(one, message))
  return placed.filter((one) => !refused.has(one))
}

function configOf(placed: readonly Placed[]): JsonObject {
  const rules = placed.flatMap(({ said, id }) => (said.rule === undefined ? [] : [{ ...said.rule, id, action: 'flag' }]))
  const checks = placed.flatMap(({ said, id }) => (said.checks ?? []).map((check, index) => ({ ...check, id: `${id}.${index}` })))
  return { rules, ...(checks.length === 0 ? {} : { checks }), min_output: '0 rows', budget: { fail: '100%' } }
}

function soundVerdict(one: RuleCase, said: Expectation, { id, ran }: { readonly id: string; readonly ran: Ran }): Verdict {
  const success = !ran.warnings.some((warning) => warning.includes(`"${id}"`) || warning.includes(`"${id}.`))
  const flagged = ran.rows.flatMap((row, index) => ((row['_flags'] ?? '').split(',').includes(id) ? [index] : []))
  return verdictOf(one, { success, refused: false, flagged: said.rule === undefined ? null : flagged })
}

function refusedVerdict(one: RuleCase, message: string): Verdict {
  // Limits that nothing can be between are not met, which is what the suite says of them.
  const neverMet = message.startsWith('no value can fit') && one.expect['success'] === false
  if (one.expect.kind === 'error' || neverMet) return passed
  return { verdict: 'differs', expected: JSON.stringify(one.expect), found: `refused: ${message}` }
}

interface Found {
  readonly success: boolean
  readonly refused: boolean
  /** The rows that a rule flags, from 0; null where no rule was asked. */
  readonly flagged: readonly number[] | null
}

/** Success, and the rows where both the suite and our rule have them; of some cases the suite has their number alone. */
function verdictOf({ expect }: RuleCase, { success, refused, flagged }: Found): Verdict {
  if (expect.kind === 'error')
    return refused ? passed : { verdict: 'differs', expected: 'an error', found: `success: ${success}` }
  const { success: wanted = null, unexpected_rows: rows = null, unexpected_list: values = null } = expect
  if (flagged === null) return sameVerdict({ success: wanted }, { success })
  if (rows !== null) return sameVerdict({ success: wanted, rows }, { success, rows: flagged })
  const count = values === null ? flagged.length : listOf(values).length
  return sameVerdict({ success: wanted, count }, { success, count: flagged.length })
}
