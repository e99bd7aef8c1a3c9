import type { Plan, PlannedAction } from '../../pipeline/plan.ts'
import type { View } from '../command.ts'
import { counted } from './numbers.ts'
import type { Colours } from './page.ts'
import { table } from './table.ts'

const SIGNS: { readonly [action in PlannedAction]: string } = { run: '~', reuse: '=', skip: '-' }

/** A start, a resume, or a start that takes over what is unchanged of a run. */
export type PlannedMode = 'run' | 'resume' | { readonly reuses: string }

/** What each stage would do and why: `= reuse`, `~ run`, `- skip`. */
export function planView(plan: Plan, mode: PlannedMode): View {
  return (page) => {
    const { colours } = page
    const rows = plan.stages.map((stage) => {
      const colour = colourOf(stage.action, colours)
      return [
        { text: SIGNS[stage.action], colour },
        { text: stage.action, colour },
        { text: stage.name },
        { text: stage.module, colour: colours.dim },
        { text: stage.reason },
      ]
    })
    const columns = [
      { title: '' },
      { title: '' },
      { title: 'stage', shrinkTo: 14 },
      { title: 'module', shrinkTo: 10 },
      { title: 'why', shrinkTo: 10 },
    ]
    return [
      colours.bold(titleOf(plan, mode)),
      ...table(columns, rows, page, '  ').slice(1),
      ...plan.warnings.map((warning) => `  ${colours.yellow('!')} ${warning}`),
      colours.dim(totals(plan)),
    ].join('\n')
  }
}

function titleOf({ pipeline, run_id: runId }: Plan, mode: PlannedMode): string {
  if (mode === 'resume') return `${pipeline} · run ${runId}: what a resume would do`
  return mode === 'run' ? `${pipeline}: what a run would do` : `${pipeline}: what a run would do that reuses ${mode.reuses}`
}

function colourOf(action: PlannedAction, colours: Colours): (text: string) => string {
  return { run: colours.cyan, reuse: colours.green, skip: colours.dim }[action]
}

function totals({ stages }: Plan): string {
  const number = (action: PlannedAction): number => stages.filter((stage) => stage.action === action).length
  return `${counted(number('run'), 'stage')} to run, ${number('reuse')} to reuse, ${number('skip')} to skip`
}
