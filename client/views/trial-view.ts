import type { TriedStage } from '../../activities/try-stages.ts'
import { describeRows } from '../../pipeline/describe-rows.ts'
import type { View } from '../command.ts'
import { exampleLine } from './left-out-view.ts'
import { count, counted } from './numbers.ts'
import { checkLines } from './check-lines.ts'
import type { Page } from './page.ts'
import { fit } from './text-width.ts'
import type { Rules } from './violation-words.ts'

export interface Trial {
  readonly stages: readonly TriedStage[]
  readonly samples: readonly NonNullable<TriedStage['sample']>[]
  readonly rules: ReadonlyMap<string, Rules>
}

/** What a pipeline would do to a sample: for each stage the balance, for each rule its rows and some of them. */
export function trialView({ stages, samples, rules }: Trial): View {
  return (page) =>
    [
      samples.map(({ file, records, whole }) => page.colours.dim(sampleWords(file, records, whole))),
      ...stages.map((stage) => stageLines(stage, rules.get(stage.name) ?? new Map(), page)),
    ]
      .filter((block) => block.length > 0)
      .map((block) => block.map((line) => fit(line, page.width)).join('\n'))
      .join('\n\n')
}

function sampleWords(file: string, records: number, whole: boolean): string {
  return whole ? `tried on all ${counted(records, 'row')} of ${file}` : `tried on the first ${counted(records, 'row')} of ${file}`
}

function stageLines(stage: TriedStage, rules: Rules, page: Page): string[] {
  const { colours } = page
  const name = colours.bold(stage.name)
  if (stage.untried !== null) return [`${name} · not tried: ${stage.untried}`]
  return [
    `${name} · ${stage.rows === null ? 'did not finish' : describeRows(stage.rows)}`,
    ...(stage.error === null ? [] : [`  ${colours.red('!')} would stop the run: ${stage.error.message}`]),
    ...stage.warnings.map((warning) => `  ${colours.yellow('!')} ${warning}`),
    ...ruleLines(stage, rules, page),
    ...checkLines({ checks: stage.checks }, page),
  ]
}

function ruleLines(stage: TriedStage, rules: Rules, { colours }: Page): string[] {
  const widest = Math.max(0, ...stage.rules.map(({ rows }) => count(rows).length))
  const indent = ' '.repeat(widest + 6)
  return stage.rules.flatMap(({ id, action, rows, alone, changed, examples }) => {
    const byItself = alone === null || alone === rows ? '' : `, ${count(alone)} by itself`
    const cells = changed === null || changed === rows ? '' : `, ${counted(changed, 'cell')} changed`
    return [
      `  ${count(rows).padStart(widest)}  ${id}${colours.dim(`  ${action}${byItself}${cells}`)}`,
      ...examples.map((row) => `${indent}${exampleLine(row, rules, id)}`),
    ]
  })
}
