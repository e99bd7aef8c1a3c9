import { describeRows } from '../pipeline/describe-rows.ts'
import type { RunProgress, StageProgress } from '../pipeline/progress.ts'
import type { ErrorRecord } from '../pipeline/record.ts'

const MOST_STAGES = 60

/**
 * The run as Markdown, for the current details in the Temporal UI: a list, since the UI sets tables without any space between
 * their columns. Holds facts and counts, never a cell value.
 */
export function runDetails(progress: RunProgress, waits: ErrorRecord | null = null): string {
  const { stages, warnings } = progress
  const shown = stages.length > MOST_STAGES ? stages.filter((stage) => stage.status !== 'waiting').slice(-MOST_STAGES) : stages
  const hidden = stages.length - shown.length
  const lines = [
    `**${progress.pipeline}** · run \`${progress.run_id}\` · **${progress.status}**`,
    ...(waits === null ? [] : ['', `**It waits for a person**: ${oneLine(waits.message)}`, '', ...howTo(progress, waits)]),
    '',
    ...shown.map(stageLine),
    ...(hidden > 0 ? [`- … and ${hidden} more stages`] : []),
    ...(warnings.length > 0 ? ['', 'Warnings', '', ...warnings.map((warning) => `- ${oneLine(warning)}`)] : []),
  ]
  return lines.join('\n')
}

function stageLine(stage: StageProgress): string {
  const rows = stage.rows === null ? [] : [describeRows(stage.rows)]
  const seconds = stage.duration_ms === null ? [] : [`${(stage.duration_ms / 1000).toFixed(1)} s`]
  const why = stage.error === null ? stage.reason : `\`${stage.error.code}\` ${stage.error.message}`
  const parts = [`**${stage.name}** ${stage.status}`, ...rows, ...seconds, ...(why === null || why === '' ? [] : [oneLine(why)])]
  return `- ${parts.join(' · ')}`
}

/** What to do about a run that stands still: the commands, and the same as forms of the page. */
function howTo({ run_id: runId }: RunProgress, { hint = '' }: ErrorRecord): string[] {
  return [
    ...hint.split('\n').map((line) => `- ${line}`),
    `- or end it for now, to be resumed later: onclock cancel ${runId}`,
    '- the same here: *More actions*, *Send an Update*: `resume` with `{}`, `skip` with `{"stage": "NAME"}`',
  ]
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}
