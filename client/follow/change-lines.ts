import { describeRows } from '../../pipeline/describe-rows.ts'
import { formatDuration } from '../../pipeline/duration.ts'
import { type LiveStage, liveStages, type RunSnapshot } from './run-snapshot.ts'

/** What changed from one look at a run to the next, a line for each stage: for where the log itself cannot be read. */
export function changeLines(before: RunSnapshot | null, after: RunSnapshot): string[] {
  const earlier = new Map((before === null ? [] : liveStages(before)).map((stage) => [stage.name, stage]))
  return liveStages(after)
    .filter((stage) => stage.status !== 'waiting' && changed(earlier.get(stage.name), stage))
    .map(line)
}

function changed(before: LiveStage | undefined, after: LiveStage): boolean {
  return before === undefined || before.status !== after.status || before.attempt !== after.attempt
}

function line(stage: LiveStage): string {
  const facts = [
    stage.attempt > 1 ? `attempt ${stage.attempt} of ${stage.maximumAttempts}` : '',
    stage.status !== 'running' && stage.elapsedMs !== null ? `in ${formatDuration(stage.elapsedMs)}` : '',
    stage.counts === null ? '' : describeRows(stage.counts),
    stage.nextInMs === null ? '' : `next attempt in ${formatDuration(stage.nextInMs)}`,
    stage.note ?? '',
  ]
  return [`[${stage.name}] ${stage.status}`, ...facts.filter((fact) => fact !== '')].join(' · ')
}
