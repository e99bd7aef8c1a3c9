import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageRoot } from '../../../../activities/package-root.ts'
import { openRuleProject, type RuleProject } from '../rule-based-filtering/run-rules.ts'
import { type Evaluation, runReviews } from './run-evaluation.ts'

/** The folder of the real inputs; without it these tests are skipped. */
const DATA = process.env['ONCLOCK_TEST_DATA'] ?? ''
/** The page that shows these figures. */
const PAGE = readFileSync(join(packageRoot, 'docs/evaluate.md'), 'utf8')
const REVIEWS = join(DATA, 'reviews/input.csv')

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject()
})
afterAll(() => project.close())

const rulesOf = ({ metrics }: Evaluation): unknown[] =>
  metrics.rules.map(({ rule, stopped, verdict }) => [rule, stopped.wanted_rows, stopped.unwanted_rows, verdict])

describe.skipIf(DATA === '')('the reviews', () => {
  test('show that the nine rules of the original do harm [needs ONCLOCK_TEST_DATA]', async () => {
    const { evaluation } = await runReviews(project, 'reviews.yaml', REVIEWS)
    const { metrics, report, result } = evaluation
    expect(metrics.performance_metrics).toEqual({
      precision: 0.833154,
      recall: 0.845902,
      f1: 0.839479,
      accuracy: 0.731153,
      keeping_everything: { precision: 0.831063, recall: 1, f1: 0.907738, accuracy: 0.831063 },
      as_the_original_counted: { precision: 0.834052, recall: 0.845902, f1: 0.839935, accuracy: 0.730245 },
    })
    expect(metrics.confusion_matrix).toEqual({
      true_positives: 774,
      false_positives: 155,
      false_negatives: 141,
      true_negatives: 31,
    })
    expect(metrics.labels).toEqual({ keep: 915, drop: 184, empty: 1, others: { aNo: 1 }, unlisted: 0 })
    expect(metrics.compared.matched_by).toBe('place')
    expect(rulesOf(evaluation)).toEqual([
      ['repetition', 92, 5, 'harms'],
      ['long-enough', 18, 6, 'harms'],
      ['first-of-its-text', 19, 2, 'harms'],
      ['no-links-or-contacts', 2, 12, 'helps'],
      ['rating-fits-text', 9, 2, 'harms'],
      ['no-promotion', 0, 4, 'helps'],
      ['not-gibberish', 1, 0, 'harms'],
    ])
    expect(metrics.no_rule_on_record).toEqual({ wanted_rows: 0, unwanted_rows: 0 })
    expect(report).toContain('THE RULES DO HARM')
    expect(PAGE).toContain(report.slice(report.indexOf('THE RULES')))
    expect(result.warnings.join('\n')).not.toContain('aNo')
  })

  test('are told apart better by the better rules, on the rows these were not made from [needs ONCLOCK_TEST_DATA]', async () => {
    const { rules } = await runReviews(project, 'reviews-better.yaml', REVIEWS)
    const rows = parse<Record<string, string>>(readFileSync(REVIEWS, 'latin1'), { columns: true, delimiter: ';' })
    const labels = rows.map(({ Label: label }) => label === 'Yes')
    const left = new Set(
      (await rules.read('filtered', 'jsonl'))
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { record: number }).record),
    )
    const measured = (first: number): { f1: number; accuracy: number } => {
      const count = { both: 0, wrong: 0, rows: 0 }
      for (let row = first; row <= labels.length; row += 2) {
        const wanted = labels[row - 1] === true
        const kept = !left.has(row)
        count.rows += 1
        if (wanted && kept) count.both += 1
        if (wanted !== kept) count.wrong += 1
      }
      return { f1: (2 * count.both) / (2 * count.both + count.wrong), accuracy: 1 - count.wrong / count.rows }
    }
    const [odd, even] = [measured(1), measured(2)]
    expect(odd.f1).toBeGreaterThanOrEqual(0.93)
    expect(odd.accuracy).toBeGreaterThanOrEqual(0.88)
    const shown = [even, odd].map(({ f1, accuracy }) => `| ${f1.toFixed(3)} | ${accuracy.toFixed(3)} |`)
    for (const figures of shown) expect(PAGE).toContain(figures)
  })
})
