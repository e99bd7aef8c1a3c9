import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgeSchemas } from './csv-schema.ts'
import { judgeLints } from './csvlint.ts'
import { judgeReports } from './frictionless.ts'
import { judgeCells } from './frictionless-cell.ts'
import { judgeExpectations } from './great-expectations.ts'
import { Product } from './run-product.ts'
import { readDisagreements, readNotOffered } from './rule-lists.ts'
import { readRuleCases, type RuleCase, SUITES_DIR, type Verdict, type Verdicts } from './suite-cases.ts'

const JUDGES = {
  'great-expectations': judgeExpectations,
  frictionless: judgeReports,
  'frictionless-cell': judgeCells,
  'csv-schema-uk': judgeSchemas,
  csvlint: judgeLints,
} as const satisfies Readonly<Record<string, (product: Product, cases: readonly RuleCase[]) => Promise<Verdicts>>>

const SUITES = Object.keys(JUDGES) as readonly (keyof typeof JUDGES)[]
const [notOffered, disagreements] = [readNotOffered(), readDisagreements()]

describe('the lists of rule cases', () => {
  test('name no case twice, and give each a reason', () => {
    const ids = [...notOffered, ...disagreements].map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    for (const { reason } of notOffered) expect(reason.length).toBeGreaterThan(10)
    for (const { suite_says: theirs, we_do: ours, because } of disagreements)
      for (const words of [theirs, ours, because]) expect(words.length).toBeGreaterThan(5)
  })
})

describe.skipIf(SUITES_DIR === '')('the rule suites [needs ONCLOCK_TEST_DATA]', () => {
  const cases = SUITES_DIR === '' ? [] : readRuleCases()
  let product: Product
  beforeAll(async () => {
    product = await Product.open()
  })
  afterAll(() => product.close())

  test('are all judged, and every case that is listed is one of theirs', () => {
    expect([...new Set(cases.map(({ suite }) => suite))].sort()).toEqual([...SUITES].sort())
    const ids = new Set(cases.map(({ id }) => id))
    expect([...notOffered, ...disagreements].map(({ id }) => id).filter((id) => !ids.has(id))).toEqual([])
  })

  test.each(SUITES)(
    '%s: every case passes, is listed as not offered, or is a disagreement that is written down',
    async (suite) => {
      const ofSuite = cases.filter((one) => one.suite === suite)
      const verdicts = await JUDGES[suite](product, ofSuite)
      expect(ofSuite.flatMap((one) => surprise(one, verdicts.get(one)))).toEqual([])
      expect(rowOf(suite, ofSuite, verdicts)).toBe(docsRow(suite))
    },
    180_000,
  )
})

/** What is not as the lists say; nothing where it is. */
function surprise({ id }: RuleCase, verdict: Verdict | undefined): readonly string[] {
  const listed = notOffered.find((one) => one.id === id)
  const argued = disagreements.some((one) => one.id === id)
  const say = (words: string): readonly string[] => [`${id}: ${words}`]
  switch (verdict?.verdict) {
    case 'passed':
      return listed === undefined && !argued ? [] : say('passes, and is listed')
    case 'not_offered':
      return listed?.reason === verdict.reason ? [] : say(`is not offered: ${verdict.reason}`)
    case 'differs':
      return argued ? [] : say(`expected ${verdict.expected}, found ${verdict.found}`)
    default:
      return say('was not judged')
  }
}

/** A line of the table in docs/suites.md. */
function rowOf(suite: string, cases: readonly RuleCase[], verdicts: Verdicts): string {
  const count = (wanted: Verdict['verdict']): number => cases.filter((one) => verdicts.get(one)?.verdict === wanted).length
  return `| ${suite} | ${cases.length} | ${count('passed')} | ${count('not_offered')} | ${count('differs')} |`
}

function docsRow(suite: string): string | undefined {
  return readFileSync(new URL('../../docs/suites.md', import.meta.url), 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${suite} |`))
}
