import type { JsonObject } from '../../../pipeline/json.ts'

/** Rows by what people said of them. */
export interface LabelledRows {
  readonly wanted: number
  readonly unwanted: number
}

/** What a selection did, against the labels. Keeping a wanted row is a true positive. */
export interface Selection {
  readonly kept: LabelledRows
  readonly left: LabelledRows
}

export interface KeptAndLeft {
  readonly kept: number
  readonly left: number
}

/** Shares between 0 and 1; null where there is nothing to divide by. */
export interface Performance {
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
  readonly accuracy: number | null
}

/** Precision, recall, F1 and accuracy of a selection. */
export function performanceOf({ kept, left }: Selection): Performance {
  const wrong = kept.unwanted + left.wanted
  return {
    precision: ratio(kept.wanted, total(kept)),
    recall: ratio(kept.wanted, kept.wanted + left.wanted),
    f1: ratio(2 * kept.wanted, 2 * kept.wanted + wrong),
    accuracy: ratio(kept.wanted + left.unwanted, total(kept) + total(left)),
  }
}

/**
 * The figures as the original counted: rows with a label that is neither in `keep` nor in `drop` are in no cell of the
 * matrix, but they are among the rows that accuracy is a share of.
 */
export function performanceAsOriginal({ kept, left }: Selection, others: KeptAndLeft): Performance {
  const known = {
    kept: { ...kept, unwanted: kept.unwanted - others.kept },
    left: { ...left, unwanted: left.unwanted - others.left },
  }
  const right = known.kept.wanted + known.left.unwanted
  return { ...performanceOf(known), accuracy: ratio(right, total(kept) + total(left)) }
}

/** The selection that leaves nothing out: what any rules have to beat. */
export function keepingEverything({ kept, left }: Selection): Selection {
  return { kept: sumOf(kept, left), left: { wanted: 0, unwanted: 0 } }
}

/** The same selection, had these of its left-out rows stayed. */
export function hadStayed({ kept, left }: Selection, rows: LabelledRows): Selection {
  return { kept: sumOf(kept, rows), left: { wanted: left.wanted - rows.wanted, unwanted: left.unwanted - rows.unwanted } }
}

/** The selection of one rule: everything but these rows is kept. */
export function leavingOut(selection: Selection, rows: LabelledRows): Selection {
  const { kept: all } = keepingEverything(selection)
  return { kept: { wanted: all.wanted - rows.wanted, unwanted: all.unwanted - rows.unwanted }, left: rows }
}

export type Verdict = 'helps' | 'harms' | 'makes no difference'

/** Whether something is better with it than without, by F1: it weighs wanted rows lost against unwanted rows kept. */
export function verdictOf(withIt: Performance, withoutIt: Performance): Verdict {
  const difference = (withIt.f1 ?? 0) - (withoutIt.f1 ?? 0)
  if (Math.abs(difference) < 1e-9) return 'makes no difference'
  return difference > 0 ? 'helps' : 'harms'
}

/** The five parts of the metrics file, for all rules together or for one. */
export function metricsOf(selection: Selection): JsonObject {
  const { kept, left } = selection
  const all = sumOf(kept, left)
  return {
    original_stats: stats(all),
    filtered_stats: stats(kept),
    confusion_matrix: {
      true_positives: kept.wanted,
      false_positives: kept.unwanted,
      false_negatives: left.wanted,
      true_negatives: left.unwanted,
    },
    performance_metrics: rounded(performanceOf(selection)),
    retention_metrics: {
      retention_rate: round(ratio(total(kept), total(all))),
      wanted_kept_rate: round(ratio(kept.wanted, all.wanted)),
      unwanted_removed_rate: round(ratio(left.unwanted, all.unwanted)),
    },
  }
}

/** Six digits: the same on every machine. */
export function rounded({ precision, recall, f1, accuracy }: Performance): JsonObject {
  return { precision: round(precision), recall: round(recall), f1: round(f1), accuracy: round(accuracy) }
}

export const total = ({ wanted, unwanted }: LabelledRows): number => wanted + unwanted

function stats(rows: LabelledRows): JsonObject {
  return {
    total_rows: total(rows),
    wanted_rows: rows.wanted,
    unwanted_rows: rows.unwanted,
    wanted_share: round(ratio(rows.wanted, total(rows))),
  }
}

const sumOf = (a: LabelledRows, b: LabelledRows): LabelledRows => ({
  wanted: a.wanted + b.wanted,
  unwanted: a.unwanted + b.unwanted,
})
const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
const round = (share: number | null): number | null => (share === null ? null : Math.round(share * 1e6) / 1e6)
