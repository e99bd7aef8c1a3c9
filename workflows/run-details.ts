import { describeRows } from '../pipeline/describe-rows.ts'
import type { RunProgress, StageProgress } from '../pipeline/progress.ts'

const MOST_STAGES = 60

/**
 * The run as Markdown, for the current details in the Temporal UI: a list, since the UI sets tables without any space between
 * their columns. Holds facts and counts, never a cell value.
 */
export function runDetails(progress: RunProgress): string {
  const { stages, warnings } = progress
  const shown = stages.length > MOST_STAGES ? stages.filter((stage) => stage.status !== 'waiting').slice(-MOST_STAGES) : stages
  const hidden = stages.length - shown.length
  const lines = [
    `**${progress.pipeline}** · run \`${progress.run_id}\` · **${progress.status}**`,
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

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}
