import type { StageDiff } from '../../activities/diff/diff-runs.ts'
import type { MovedExample, MovedRows, RowsDiff, RowSide } from '../../activities/diff/diff-stage.ts'
import { describeRows } from '../../pipeline/describe-rows.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import type { View } from '../command.ts'
import { exampleLine } from './left-out-view.ts'
import { count, counted } from './numbers.ts'
import type { Page } from './page.ts'
import { statusWords } from './status-words.ts'
import { fit } from './text-width.ts'
import type { Rules } from './violation-words.ts'

type RulesByStage = ReadonlyMap<string, Rules>

/** Two runs compared, and how the rules of each are written. */
export interface RunDiffPage {
  readonly records: readonly [RunRecord, RunRecord]
  readonly stages: readonly StageDiff[]
  readonly rules: readonly [RulesByStage, RulesByStage]
}

/** What changed between two runs, and which rows went another way because of it. */
export function runDiffView(diff: RunDiffPage): View {
  return (page) => {
    const [was, now] = diff.records
    const head = `${runWords(was, page)} → ${runWords(now, page)}`
    return [head, ...diff.stages.map((stage) => stageLines(stage, diff, page).join('\n'))].join('\n\n')
  }
}

function runWords({ run_id: runId, status }: RunRecord, { colours }: Page): string {
  const { sign, words, colour } = statusWords(status, colours)
  return `${colour(sign)} run ${colours.bold(runId)} ${colour(words)}`
}

function stageLines(diff: StageDiff, { rules }: RunDiffPage, page: Page): string[] {
  const { colours } = page
  const { stage, changes, rows } = diff
  const lines = [`${colours.bold(stage)}${changes.length === 0 ? '' : ` · ${colours.cyan(changes.join('; '))}`}`]
  if (rows === 'same files') return [...lines, '  = the same rows']
  if ('notCompared' in rows) return [...lines, `  ? ${rows.notCompared}`]
  const ofStage = [rules[0].get(stage) ?? new Map(), rules[1].get(stage) ?? new Map()] as const
  return [
    ...lines,
    ...countLines(diff, page),
    ...rows.moved.flatMap((moved) => movedLines(moved, widthOfCounts(rows), ofStage, page)),
    ...otherLines(rows),
    ...(rows.moved.length + rows.altered === 0 ? ['  = no row went another way'] : []),
    ...(rows.matchedBy === 'place'
      ? []
      : [colours.dim('    (the runs read other files: rows are told apart by what they hold)')]),
  ]
}

function countLines({ was, now }: StageDiff, { colours }: Page): string[] {
  if (was === null || now === null) return []
  return [colours.dim(`  was ${describeRows(was)}`), colours.dim(`  now ${describeRows(now)}`)]
}

const widthOfCounts = ({ moved }: RowsDiff): number => Math.max(...moved.map(({ rows }) => count(rows).length), 1)

function movedLines(moved: MovedRows, width: number, rules: readonly [Rules, Rules], page: Page): string[] {
  const { was, now, rows, examples } = moved
  const line = `  ~ ${count(rows).padStart(width)}  ${sideWords(was)} → ${sideWords(now)}`
  const lines = examples.map((example) =>
    page.colours.dim(fit(`${' '.repeat(width + 6)}${exampleWords(example, moved, rules)}`, page.width)),
  )
  return [line, ...lines]
}

/** A row with what is wrong with it, where one of the runs stopped it. */
function exampleWords({ side, row }: MovedExample, { was, now }: MovedRows, rules: readonly [Rules, Rules]): string {
  const rule = (side === 'now' ? now : was).rule ?? ''
  return exampleLine(row, side === 'now' ? rules[1] : rules[0], rule.split(', ')[0] ?? '')
}

function sideWords({ outcome, rule }: RowSide): string {
  if (outcome === 'out') return 'came through'
  if (outcome === 'absent') return 'did not get here'
  return `${outcome === 'duplicates' ? 'duplicate' : outcome}${rule === null ? '' : ` by ${rule}`}`
}

function otherLines({ altered, columnsAdded, columnsRemoved }: RowsDiff): string[] {
  return [
    ...(altered === 0 ? [] : [`  ~ ${counted(altered, 'row')} came through in both, with other cells`]),
    ...(columnsAdded.length === 0 ? [] : [`  + columns ${columnsAdded.join(', ')}`]),
    ...(columnsRemoved.length === 0 ? [] : [`  - columns ${columnsRemoved.join(', ')}`]),
  ]
}
