import { describe, expect, it } from 'vitest'
import {
  hadStayed,
  keepingEverything,
  leavingOut,
  metricsOf,
  performanceAsOriginal,
  performanceOf,
  type Selection,
  verdictOf,
} from '../../../../activities/stages/evaluate/metrics.ts'

const selection: Selection = { kept: { wanted: 6, unwanted: 2 }, left: { wanted: 1, unwanted: 3 } }

describe('metrics', () => {
  it('are those of the text book', () => {
    expect(performanceOf(selection)).toEqual({ precision: 6 / 8, recall: 6 / 7, f1: 12 / 15, accuracy: 9 / 12 })
    expect(metricsOf(selection)).toMatchObject({
      confusion_matrix: { true_positives: 6, false_positives: 2, false_negatives: 1, true_negatives: 3 },
      retention_metrics: { retention_rate: 0.666667, wanted_kept_rate: 0.857143, unwanted_removed_rate: 0.6 },
    })
  })

  it('say null, not zero, where there is nothing to divide by', () => {
    const nothing: Selection = { kept: { wanted: 0, unwanted: 0 }, left: { wanted: 0, unwanted: 4 } }
    expect(performanceOf(nothing)).toEqual({ precision: null, recall: null, f1: null, accuracy: 1 })
  })

  it('of keeping everything leave no row out', () => {
    expect(keepingEverything(selection)).toEqual({ kept: { wanted: 7, unwanted: 5 }, left: { wanted: 0, unwanted: 0 } })
  })

  it('of one rule put its rows back, or leave out nothing else', () => {
    const rows = { wanted: 1, unwanted: 1 }
    expect(hadStayed(selection, rows)).toEqual({ kept: { wanted: 7, unwanted: 3 }, left: { wanted: 0, unwanted: 2 } })
    expect(leavingOut(selection, rows)).toEqual({ kept: { wanted: 6, unwanted: 4 }, left: rows })
  })

  it('as the original counted leave rows with other labels aside, but not in the whole that accuracy is a share of', () => {
    expect(performanceAsOriginal(selection, { kept: 1, left: 2 })).toEqual({
      precision: 6 / 7,
      recall: 6 / 7,
      f1: 12 / 14,
      accuracy: 7 / 12,
    })
  })

  it.each([
    [0.9, 0.8, 'helps'],
    [0.8, 0.9, 'harms'],
    [0.8, 0.8, 'makes no difference'],
    [null, 0.1, 'harms'],
  ])('with F1 %s instead of %s: the rule %s', (ours, other, verdict) => {
    const of = (f1: number | null) => ({ precision: null, recall: null, f1, accuracy: null })
    expect(verdictOf(of(ours), of(other))).toBe(verdict)
  })
})
