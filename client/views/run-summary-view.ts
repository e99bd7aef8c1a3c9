import { describeRows } from '../../pipeline/describe-rows.ts'
import { formatDuration } from '../../pipeline/duration.ts'
import type { RowCounts, RunRecord, StageEntry } from '../../pipeline/record.ts'
import type { View } from '../command.ts'
import type { RunSummary } from '../project/run-summary.ts'
import type { Reason } from '../project/top-reasons.ts'
import { bytes, count, counted, share } from './numbers.ts'
import type { Page } from './page.ts'
import { statusWords } from './status-words.ts'
import { type Cell, type Column, table } from './table.ts'
import { widthOf } from './text-width.ts'

const MOST_REASONS = 5

/** What came out of a run, what was left out and why, where the files are, and what to do next. */
export function runSummaryView(summary: RunSummary): View {
  return (page) => {
    const { record } = summary
    const blocks = [
      [headline(summary, page)],
      stageTable(record, page),
      errorLines(record, page),
      accountLines(record, page),
      leftOutLines(summary, page),
      warningLines(record, page),
      fileLines(summary, page),
      placeLines(summary, page),
    ]
    return blocks
      .filter((block) => block.length > 0)
      .map((block) => block.join('\n'))
      .join('\n\n')
  }
}

function headline({ record, resumedAt }: RunSummary, { colours }: Page): string {
  const { sign, words, colour } = statusWords(record.status, colours)
  const warned = record.status === 'completed' && allWarnings(record).length > 0 ? colours.yellow(' with warnings') : ''
  const took = tookWords(record, resumedAt)
  return `${colour(sign)} ${colours.bold(record.pipeline)} · run ${colours.bold(record.run_id)} · ${colour(words)}${warned}${took}`
}

/** Between an end and a resume nobody worked: that is no part of how long it took. */
function tookWords({ started_at: start, ended_at: end }: RunRecord, resumedAt: string | null): string {
  if (end === null) return ''
  const since = resumedAt === null ? '' : ' since its resume'
  return ` in ${formatDuration(Date.parse(end) - Date.parse(resumedAt ?? start))}${since}`
}

const STAGE_COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'stage', shrinkTo: 14 },
  { title: 'state' },
  { title: 'in', align: 'right' },
  { title: 'out', align: 'right' },
  { title: 'rejected', align: 'right' },
  { title: 'filtered', align: 'right' },
  { title: 'duplicates', align: 'right' },
  { title: 'time', align: 'right' },
  { title: '', shrinkTo: 0 },
]

function stageTable(record: RunRecord, page: Page): string[] {
  return table(
    STAGE_COLUMNS,
    record.stages.map((stage) => stageCells(stage, page)),
    page,
    '  ',
  )
}

function stageCells(stage: StageEntry, { colours }: Page): Cell[] {
  const { sign, words, colour } = statusWords(stage.status, colours)
  const { rows } = stage
  const left = (value: number): Cell => ({ text: count(value), ...(value === 0 ? { colour: colours.dim } : {}) })
  const counts: Cell[] =
    rows === null
      ? ['', '', '', '', ''].map((text) => ({ text }))
      : [{ text: count(rows.in) }, { text: count(rows.out) }, left(rows.rejected), left(rows.filtered), left(rows.duplicates)]
  return [
    { text: sign, colour },
    { text: stage.name },
    { text: words, colour },
    ...counts,
    { text: timeOf(stage), colour: colours.dim },
    { text: remark(stage), colour: colours.dim },
  ]
}

function timeOf(stage: StageEntry): string {
  return stage.duration_ms === null || stage.status === 'reused' || stage.status === 'skipped'
    ? ''
    : formatDuration(stage.duration_ms)
}

function remark(stage: StageEntry): string {
  const attempts = stage.attempts > 1 ? `${stage.attempts} attempts` : ''
  const why = stage.status === 'failed' ? '' : (stage.reason ?? '')
  return [attempts, why].filter((text) => text !== '').join(' · ')
}

function errorLines(record: RunRecord, page: Page): string[] {
  const failed = record.stages.filter((stage) => stage.error !== null)
  if (failed.length === 0 && record.error === null) return []
  const errors =
    failed.length > 0 ? failed.map((stage) => ({ stage: stage.name, ...stage.error })) : [{ stage: '', ...record.error }]
  return errors.flatMap(({ stage, code, message, hint }) => [
    `${page.colours.red('✖')} ${page.colours.bold(code ?? '')}${stage === '' ? '' : `  ${stage}:`} ${message ?? ''}`,
    ...(hint ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `  ${page.colours.cyan('→')} ${line}`),
  ])
}

/** The balance of each stage, checked here once more from the five numbers of the record. */
function accountLines(record: RunRecord, { colours }: Page): string[] {
  const ended = record.stages.filter(hasEnded)
  const accounted = ended.filter((stage) => stage.rows !== null)
  if (accounted.length === 0) return []
  const lines = accounted.map((stage) => {
    const rows = stage.rows as RowCounts
    const mark = balances(rows) ? colours.green('✔') : colours.yellow('keeps no balance')
    return `  ${stage.name}: ${describeRows(rows)}  ${mark}`
  })
  if (accounted.every((stage) => balances(stage.rows as RowCounts))) {
    const open = ended.filter((stage) => stage.rows === null).map((stage) => stage.name)
    const which = isWhole(record) ? (open.length === 0 ? '' : ' of these') : ' of the finished stages'
    const others = open.length === 0 ? '' : colours.dim(`; not accounted: ${open.join(', ')}`)
    lines.push(`  ${colours.green(`✔ every row${which} accounted for`)}${others}`)
  }
  return [colours.dim('rows'), ...lines]
}

const hasEnded = ({ status }: StageEntry): boolean => status === 'completed' || status === 'reused'

/** Whether nothing of the run is left to do: of one that failed, skipped stages are. */
function isWhole({ status, stages }: RunRecord): boolean {
  return status === 'completed' && stages.every((stage) => hasEnded(stage) || stage.status === 'skipped')
}

function balances(rows: RowCounts): boolean {
  return rows.in === rows.out + rows.rejected + rows.filtered + rows.duplicates
}

function leftOutLines({ record, reasons, leftOutFiles, directory }: RunSummary, page: Page): string[] {
  const { colours } = page
  const lines: string[] = []
  for (const stage of record.stages) {
    const { rows } = stage
    const why = reasons[stage.name] ?? []
    if (rows === null || rows.rejected + rows.filtered + rows.duplicates === 0) continue
    lines.push(`  ${stage.name}: ${leftOut(rows)}`)
    const shown = why.slice(0, MOST_REASONS)
    const widest = Math.max(...shown.map((reason) => count(reason.rows).length), 0)
    for (const reason of shown)
      lines.push(
        `    ${count(reason.rows).padStart(widest)}  ${reason.rule}${reason.what === '' ? '' : colours.dim(`  ${reason.what}`)}`,
      )
    if (sumOf(why) > rows.rejected + rows.filtered + rows.duplicates)
      lines.push(colours.dim('    (a row that breaks several rules counts for each)'))
    if (why.length > shown.length) lines.push(colours.dim(`    … and ${counted(why.length - shown.length, 'more rule')}`))
  }
  if (leftOutFiles.length > 0) lines.push(...leftOutFiles.map((file) => `  rows that stopped the run: ${directory}/${file}`))
  return lines.length === 0 ? [] : [colours.dim('left out'), ...lines]
}

function sumOf(reasons: readonly Reason[]): number {
  return reasons.reduce((sum, { rows }) => sum + rows, 0)
}

function leftOut(rows: RowCounts): string {
  const parts: string[] = []
  if (rows.rejected > 0) parts.push(`${count(rows.rejected)} rejected (${share(rows.rejected, rows.in)})`)
  if (rows.filtered > 0) parts.push(`${count(rows.filtered)} filtered (${share(rows.filtered, rows.in)})`)
  if (rows.duplicates > 0) parts.push(`${counted(rows.duplicates, 'duplicate')} (${share(rows.duplicates, rows.in)})`)
  return parts.join(', ')
}

/** Warnings of the run, and those of stages that the run does not repeat. */
function allWarnings(record: RunRecord): string[] {
  const all = [...record.warnings]
  for (const stage of record.stages)
    for (const warning of stage.warnings) if (!all.some((known) => known.includes(warning))) all.push(`${stage.name}: ${warning}`)
  return all
}

function warningLines(record: RunRecord, { colours }: Page): string[] {
  const all = allWarnings(record)
  return all.length === 0 ? [] : [colours.dim('warnings'), ...all.map((warning) => `  ${colours.yellow('!')} ${warning}`)]
}

function fileLines({ record, directory }: RunSummary, page: Page): string[] {
  const files = record.stages.flatMap((stage) => stage.outputs).filter((file) => file.format !== 'jsonl')
  if (files.length === 0) return []
  const widest = Math.max(...files.map((file) => widthOf(file.path)))
  const lines = files.map((file) => {
    const rows = file.rows === null ? '' : counted(file.rows, 'row')
    return `  ${file.path.padEnd(widest)}  ${rows.padStart(16)}  ${page.colours.dim(bytes(file.bytes))}`
  })
  return [page.colours.dim(`files in ${directory}/`), ...lines]
}

function placeLines({ record, log, ui }: RunSummary, { colours }: Page): string[] {
  const line = (title: string, text: string): string => `${colours.dim(title.padEnd(12))}${text}`
  return [
    line('log', log),
    ...(ui === null ? [] : [line('Temporal UI', ui.startsWith('http') ? colours.underline(ui) : ui)]),
    line('next', colours.bold(nextCommand(record))),
    ...afterEdit(record).map(({ command, why }) => line('', `${colours.bold(command)}  ${colours.dim(why)}`)),
  ]
}

/** The command that one most likely wants after this. */
export function nextCommand(record: RunRecord): string {
  switch (record.status) {
    case 'failed':
    case 'cancelled':
    case 'terminated':
    case 'timed_out':
    case 'paused':
      return `onclock resume ${record.run_id}`
    case 'running':
      return `onclock watch ${record.run_id}`
    default:
      return `onclock show ${record.run_id} ${mostLeftOut(record)}`.trimEnd()
  }
}

interface Suggestion {
  readonly command: string
  readonly why: string
}

/** What else one does about a run that waits for a person. */
function besidesResume({ run_id: runId, stages }: RunRecord): Suggestion[] {
  const paused = stages.filter((stage) => stage.status === 'paused')
  return [
    ...paused.map(({ name }) => ({
      command: `onclock skip ${runId} ${quoteIfNeeded(name)}`,
      why: 'goes on without the stage; --output FILE puts a file in place of its output',
    })),
    { command: `onclock cancel ${runId}`, why: 'ends it for now; it can be resumed later' },
  ]
}

/** What one does once a rule of a run that completed is edited, or besides a resume. */
function afterEdit(record: RunRecord): Suggestion[] {
  const { status, run_id: runId, reuses } = record
  if (status === 'paused') return besidesResume(record)
  if (status !== 'completed') return []
  const diff = { command: `onclock diff ${reuses ?? ''} ${runId}`, why: 'which rows changed sides' }
  const again = { command: `onclock run --reuse ${runId}`, why: 'after an edit: a new run that takes over what is unchanged' }
  return [...(reuses === undefined ? [] : [diff]), again]
}

/** The stage of which one would like to know more: the one that left most rows out. */
function mostLeftOut(record: RunRecord): string {
  const left = (stage: StageEntry): number => (stage.rows === null ? -1 : stage.rows.in - stage.rows.out)
  const [most] = [...record.stages].sort((a, b) => left(b) - left(a))
  return most === undefined ? '' : quoteIfNeeded(most.name)
}

function quoteIfNeeded(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name}'`
}
