import type { Comparison, LabelCounts, RuleRows } from './compare-rows.ts'
import type { EvaluateConfig } from './config.ts'
import {
  hadStayed,
  keepingEverything,
  type LabelledRows,
  leavingOut,
  type Performance,
  performanceAsOriginal,
  performanceOf,
  total,
  type Verdict,
  verdictOf,
} from './metrics.ts'

/** What the report is about, in words. */
export interface ReportHead {
  readonly runId: string
  readonly stage: string
  readonly all: string
  readonly kept: string
}

/** A rule, judged by the rows it stopped. */
export interface JudgedRule extends RuleRows {
  /** Of everything, had only this rule been there. */
  readonly alone: Performance
  /** Of the whole selection, had the rows of this rule stayed. */
  readonly hadStayed: Performance
  readonly verdict: Verdict
}

/** Judges each rule by what the selection would be without it. */
export function judgeRules({ selection, rules }: Comparison): readonly JudgedRule[] {
  const together = performanceOf(selection)
  return rules.map((rule) => {
    const stayed = performanceOf(hadStayed(selection, rule))
    return {
      ...rule,
      alone: performanceOf(leavingOut(selection, rule)),
      hadStayed: stayed,
      verdict: verdictOf(together, stayed),
    }
  })
}

/** The evaluation as people read it: first the answer, then the figures, then rule by rule. */
export function reportText(head: ReportHead, comparison: Comparison, config: EvaluateConfig): string {
  const { selection } = comparison
  const [ours, everything] = [performanceOf(selection), performanceOf(keepingEverything(selection))]
  const blocks = [
    [
      `Evaluation of run ${head.runId}, stage ${head.stage}`,
      `What "${head.kept}" kept of "${head.all}", against the column ${config.label} (wanted: ${config.keep.join(', ')})`,
    ],
    answer(verdictOf(ours, everything), ours, everything),
    figures(comparison),
    rowsTable(selection.kept, selection.left),
    ...ruleBlocks(comparison),
    labelLines(comparison.labels, config),
    notes(comparison),
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function figures({ selection, others }: Comparison): string[] {
  const columns: [string, Performance][] = [
    ['with the rules', performanceOf(selection)],
    ['keeping everything', performanceOf(keepingEverything(selection))],
  ]
  const asOriginal = others.kept + others.left > 0
  if (asOriginal) columns.push(['as the original counted*', performanceAsOriginal(selection, others)])
  const lines = table(
    ['', ...columns.map(([name]) => name)],
    (['precision', 'recall', 'f1', 'accuracy'] as const).map((name) => [
      NAMES[name],
      ...columns.map(([, performance]) => share(performance[name])),
    ]),
  )
  return asOriginal
    ? [...lines, '  * with the rules; rows with other labels are left aside, and only accuracy is a share of all rows']
    : lines
}

const NAMES = { precision: 'precision', recall: 'recall', f1: 'F1', accuracy: 'accuracy' } as const

function answer(verdict: Verdict, ours: Performance, everything: Performance): string[] {
  const figures = `F1 ${share(ours.f1)} against ${share(everything.f1)}, accuracy ${share(ours.accuracy)} against ${share(everything.accuracy)}`
  if (verdict === 'helps') return [`THE RULES HELP: keeping everything would have been worse (${figures}).`]
  if (verdict === 'harms') return [`THE RULES DO HARM: keeping everything would have been better (${figures}).`]
  return [`THE RULES MAKE NO DIFFERENCE to keeping everything (${figures}).`]
}

function rowsTable(kept: LabelledRows, left: LabelledRows): string[] {
  const line = (name: string, wanted: number, unwanted: number): string[] => [
    name,
    number(wanted),
    number(unwanted),
    number(wanted + unwanted),
  ]
  return table(
    ['rows', 'wanted', 'unwanted', 'all'],
    [
      line('kept', kept.wanted, kept.unwanted),
      line('left out', left.wanted, left.unwanted),
      line('in all', kept.wanted + left.wanted, kept.unwanted + left.unwanted),
    ],
  )
}

function ruleBlocks(comparison: Comparison): string[][] {
  const judged = judgeRules(comparison)
  const { noRule } = comparison
  if (judged.length === 0) return []
  const several = new Set(judged.map(({ stage }) => stage)).size > 1
  const rows = judged.map(({ stage, rule, wanted, unwanted, hadStayed: { f1 }, verdict }) => [
    several ? `${stage}: ${rule}` : rule,
    number(wanted),
    number(unwanted),
    share(f1),
    verdict,
  ])
  if (total(noRule) > 0) rows.push(['(no rule on record)', number(noRule.wanted), number(noRule.unwanted), '', ''])
  const harmful = judged.filter(({ verdict }) => verdict === 'harms').map(({ rule }) => rule)
  return [
    [
      'Rule by rule, by the rows that each stopped:',
      ...table(['rule', 'wanted', 'unwanted', 'F1 had they stayed', 'the rule'], rows),
    ],
    harmful.length === 0
      ? []
      : [`Look at ${harmful.join(', ')} first: without ${harmful.length === 1 ? 'it' : 'any of them'} F1 would be higher.`],
  ]
}

function labelLines({ others, unlisted, none }: LabelCounts, { keep, drop }: EvaluateConfig): string[] {
  const found = [
    ...others.map(({ label, rows }) => [`"${label}"`, number(rows)]),
    ...(unlisted > 0 ? [['(texts that are no labels)', number(unlisted)]] : []),
    ...(none > 0 ? [['(empty)', number(none)]] : []),
  ]
  if (found.length === 0) return []
  return [`Labels other than ${[...keep, ...drop].join(', ')}; their rows count as unwanted:`, ...table(['label', 'rows'], found)]
}

function notes({ matchedBy, strangers }: Comparison): string[] {
  return [
    ...(matchedBy === 'place' ? [] : ['The kept rows do not know their place in the source: they were matched by equal cells.']),
    ...(strangers === 0 ? [] : [`${number(strangers)} kept rows are none of all rows and do not count.`]),
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [head, ...rows]
  const widths = head.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)))
  const words = (at: number): boolean => at === 0 || head[at] === 'the rule'
  return lines.map((line) =>
    line
      .map((cell, at) => (words(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('   ')
      .replace(/^/, '  ')
      .trimEnd(),
  )
}

const share = (value: number | null): string => (value === null ? '–' : value.toFixed(3))
const number = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
