import { formatDuration } from '../../pipeline/duration.ts'
import type { View } from '../command.ts'
import type { ListedRun } from '../commands/ls.ts'
import { localTime } from './local-time.ts'
import { count } from './numbers.ts'
import { statusWords } from './status-words.ts'
import { type Column, table } from './table.ts'

const COLUMNS: readonly Column[] = [
  { title: 'run' },
  { title: 'pipeline', shrinkTo: 10 },
  { title: 'status' },
  { title: 'started (here)' },
  { title: 'took', align: 'right' },
  { title: 'in', align: 'right' },
  { title: 'out', align: 'right' },
  { title: '', shrinkTo: 0 },
]

/** Runs as a table; times are on the reader's clock, since IDs are not. */
export function runListView(runs: readonly ListedRun[]): View {
  return (page) => {
    if (runs.length === 0) return ''
    const rows = runs.map((run) => {
      const { sign, words, colour } = statusWords(run.status, page.colours)
      return [
        { text: run.run_id },
        { text: run.pipeline },
        { text: `${sign} ${words}`, colour },
        { text: localTime(run.started_at, page.timezone), colour: page.colours.dim },
        { text: took(run) },
        { text: run.rows === null ? '' : count(run.rows.in) },
        { text: run.rows === null ? '' : count(run.rows.out) },
        { text: run.failed_stages.join(', '), colour: page.colours.red },
      ]
    })
    return table(COLUMNS, rows, page).join('\n')
  }
}

function took(run: ListedRun): string {
  return run.ended_at === null ? '' : formatDuration(Date.parse(run.ended_at) - Date.parse(run.resumed_at ?? run.started_at))
}
