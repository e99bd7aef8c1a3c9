import { formatDuration } from '../../pipeline/duration.ts'
import type { StageStatus } from '../../pipeline/record.ts'
import type { View } from '../command.ts'
import { type LiveStage, liveStages, type RunSnapshot } from '../follow/run-snapshot.ts'
import { count } from './numbers.ts'
import type { Page } from './page.ts'
import { statusWords } from './status-words.ts'
import { type Cell, type Column, table } from './table.ts'
import { fit } from './text-width.ts'

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'stage', shrinkTo: 12 },
  { title: 'state' },
  { title: 'rows', align: 'right', droppable: 1 },
  { title: 'rows/s', align: 'right', droppable: 3 },
  { title: 'attempt' },
  { title: 'elapsed', align: 'right', droppable: 2 },
  { title: '', shrinkTo: 0 },
]

/** Lines around the table: a blank one above, the headline, the column titles, the last line. */
const FRAME_LINES = 6

/** Where a run stands, for a terminal: never wider or higher than it. */
export function progressView(snapshot: RunSnapshot): View {
  return (page) => {
    const stages = liveStages(snapshot)
    const { shown, hidden } = choose(stages, Math.max(3, page.height - FRAME_LINES))
    const lines = [headline(snapshot, stages, page)]
    if (shown.length > 0)
      lines.push(
        ...table(
          COLUMNS,
          shown.map((stage) => cells(stage, page)),
          page,
          '  ',
        ),
      )
    else lines.push(page.colours.dim(`  ${planning(snapshot)}`))
    if (hidden.length > 0) lines.push(page.colours.dim(fit(`    … ${tally(hidden)}`, page.width)))
    if (snapshot.trouble !== null) lines.push(page.colours.yellow(fit(`  ! ${snapshot.trouble}`, page.width)))
    lines.push(page.colours.dim(fit('  Ctrl-C stops watching; the run goes on.', page.width)))
    return lines.join('\n')
  }
}

function headline({ progress, at, since }: RunSnapshot, stages: readonly LiveStage[], page: Page): string {
  if (progress === null) return page.colours.bold(fit(`▶ starting · ${wholeSeconds(at - since)}`, page.width))
  const ended = stages.filter((stage) => !['waiting', 'running', 'retrying'].includes(stage.status)).length
  const elapsed = wholeSeconds(at - Math.max(Date.parse(progress.started_at), since))
  const { sign } = statusWords(progress.status, page.colours)
  return page.colours.bold(
    fit(`${sign} ${progress.pipeline} · ${progress.run_id} · ${ended} of ${stages.length} stages · ${elapsed}`, page.width),
  )
}

function planning({ pending }: RunSnapshot): string {
  const plan = pending.find((activity) => activity.stage === 'plan')
  if (plan === undefined) return 'waits for a worker'
  return plan.attempt > 1 && plan.lastFailure !== null ? `planning, attempt ${plan.attempt}: ${plan.lastFailure}` : 'planning'
}

function cells(stage: LiveStage, { colours }: Page): Cell[] {
  const { sign, words, colour } = statusWords(stage.status, colours)
  return [
    { text: sign, colour },
    { text: stage.name },
    { text: words, colour },
    { text: rowsText(stage) },
    { text: stage.rowsPerSecond === null ? '' : count(stage.rowsPerSecond), colour: colours.dim },
    { text: attemptText(stage), ...(stage.attempt > 1 ? { colour: colours.yellow } : {}) },
    { text: elapsedText(stage), colour: colours.dim },
    { text: noteText(stage), colour: stage.status === 'failed' ? colours.red : colours.dim },
  ]
}

function rowsText(stage: LiveStage): string {
  if (stage.rows === null) return ''
  if (stage.counts !== null) return count(stage.rows)
  return stage.rowsTotal === null ? count(stage.rows) : `${count(stage.rows)} of ${count(stage.rowsTotal)}`
}

function attemptText(stage: LiveStage): string {
  const counts = stage.status === 'running' || stage.status === 'retrying' || stage.status === 'failed' || stage.attempt > 1
  return counts && stage.maximumAttempts > 1 ? `${stage.attempt} of ${stage.maximumAttempts}` : ''
}

function noteText(stage: LiveStage): string {
  const next = stage.nextInMs === null ? '' : `next in ${wholeSeconds(stage.nextInMs + 999)}`
  return [next, (stage.note ?? '').split('\n')[0]].filter((text) => text !== '').join(' · ')
}

/** A number that changes ten times a second cannot be read: whole seconds while the stage runs. */
function elapsedText({ elapsedMs, status }: LiveStage): string {
  if (elapsedMs === null) return ''
  return status === 'running' ? wholeSeconds(elapsedMs) : formatDuration(elapsedMs)
}

function wholeSeconds(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  return seconds === 0 ? '0s' : formatDuration(seconds * 1000)
}

/** What moves comes first when not all stages fit, then what is next, then what ended last; shown in the file's order. */
function choose(stages: readonly LiveStage[], most: number): { shown: readonly LiveStage[]; hidden: readonly LiveStage[] } {
  if (stages.length <= most) return { shown: stages, hidden: [] }
  const rank = (status: StageStatus): number => {
    if (status === 'running' || status === 'retrying' || status === 'failed') return 0
    return status === 'waiting' ? 1 : 2
  }
  const order = stages
    .map((stage, index) => ({ stage, key: rank(stage.status), place: rank(stage.status) === 2 ? -index : index }))
    .sort((a, b) => a.key - b.key || a.place - b.place)
  const chosen = new Set(order.slice(0, most).map(({ stage }) => stage))
  return { shown: stages.filter((stage) => chosen.has(stage)), hidden: stages.filter((stage) => !chosen.has(stage)) }
}

function tally(stages: readonly LiveStage[]): string {
  const counts = new Map<StageStatus, number>()
  for (const { status } of stages) counts.set(status, (counts.get(status) ?? 0) + 1)
  return [...counts].map(([status, number]) => `${number} ${status}`).join(', ')
}
