import type { RunProgress, StageProgress } from '../pipeline/progress.ts'

const MOST_ROWS = 60
const MARK: { readonly [status: string]: string } = {
  completed: '✅',
  reused: '♻️',
  running: '▶️',
  failed: '❌',
  skipped: '⏭️',
  cancelled: '⏹️',
  waiting: '·',
}

/** The run as a Markdown table, for the current details in the Temporal UI. Holds facts and counts, never a cell value. */
export function runDetails(progress: RunProgress): string {
  const shown =
    progress.stages.length > MOST_ROWS
      ? progress.stages.filter((stage) => stage.status !== 'waiting').slice(-MOST_ROWS)
      : progress.stages
  const hidden = progress.stages.length - shown.length
  const lines = [
    `**${progress.pipeline}** · run \`${progress.run_id}\` · ${progress.status}`,
    '',
    '| | stage | state | in | out | rejected | filtered | duplicates | seconds | why |',
    '|---|---|---|---:|---:|---:|---:|---:|---:|---|',
    ...shown.map(stageRow),
    ...(hidden > 0 ? ['', `… and ${hidden} more stages`] : []),
    ...(progress.warnings.length > 0 ? ['', ...progress.warnings.map((warning) => `- ⚠️ ${escape(warning)}`)] : []),
  ]
  return lines.join('\n')
}

function stageRow(stage: StageProgress): string {
  const rows = stage.rows
  const counts =
    rows === null ? ['', '', '', '', ''] : [rows.in, rows.out, rows.rejected, rows.filtered, rows.duplicates].map(count)
  const seconds = stage.duration_ms === null ? '' : (stage.duration_ms / 1000).toFixed(1)
  const why = stage.error === null ? (stage.reason ?? '') : `${stage.error.code}: ${stage.error.message}`
  return `| ${[MARK[stage.status] ?? '', escape(stage.name), stage.status, ...counts, seconds, escape(why)].join(' | ')} |`
}

function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
