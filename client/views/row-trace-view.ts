import type { FoundRows, RowTrace, StageOutcome } from '../../activities/left-out/find-rows.ts'
import type { View } from '../command.ts'
import { count, counted } from './numbers.ts'
import type { Page } from './page.ts'
import { widthOf } from './text-width.ts'
import { type Rules, violationWords } from './violation-words.ts'
import { visible } from './visible.ts'

/** What was asked, and of which run. */
export interface Asked {
  readonly runId: string
  readonly column: string
  readonly value: string
}

/** Rows on their way through the stages; where none was found, what was looked through. */
export function rowTraceView(found: FoundRows, asked: Asked, rulesOf: (stage: string) => Rules): View {
  return (page) => {
    const { colours } = page
    const what = `${visible(asked.column)} = ${visible(asked.value)}`
    if (found.rows.length === 0) {
      const looked = found.searched.map(
        ({ stage, files }) => `  ${stage}: ${files.length === 0 ? 'no rows on file' : files.join(', ')}`,
      )
      return [`no row with ${what} in run ${asked.runId}; looked through, comparing as text:`, ...looked].join('\n')
    }
    const shown = found.rows.length
    const head =
      found.matches > shown ? [colours.dim(`${counted(found.matches, 'row')} with ${what}; the first ${count(shown)}:`)] : []
    return [...head, ...found.rows.map((row) => traceLine(row, rulesOf, page))].join('\n')
  }
}

function traceLine(row: RowTrace, rulesOf: (stage: string) => Rules, page: Page): string {
  const place = row.line === null ? `${row.file} record ${count(row.record)}` : `${row.file} line ${count(row.line)}`
  const parts = [visible(place), ...row.stages.map((stage) => outcomeWords(stage, rulesOf(stage.stage)))]
  const line = parts.join(' → ')
  return widthOf(line) <= page.width ? line : parts.join('\n  → ')
}

const WITHOUT_ROW = {
  kept: 'kept',
  not_finished: 'has not finished',
  not_found: 'does not tell what became of it',
} as const

function outcomeWords(outcome: StageOutcome, rules: Rules): string {
  const { stage } = outcome
  if (!('row' in outcome)) return `${stage} ${WITHOUT_ROW[outcome.outcome]}`
  const { violations, raw } = outcome.row
  const ids = [...new Set(violations.map(({ rule }) => rule))].join(', ')
  const why = violations.map((violation) => violationWords(violation, outcome.row, rules)).filter((words) => words !== '')
  const kind = outcome.outcome === 'duplicates' ? 'duplicate' : outcome.outcome
  const text = raw === undefined ? '' : `: ${raw}`
  return visible(`${stage} ${kind} by ${ids}${why.length === 0 ? '' : ` (${why.join('; ')}${text})`}`)
}
