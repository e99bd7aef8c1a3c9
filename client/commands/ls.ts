import { basename } from 'node:path'
import { projectRuns, readRunRecord } from '../../activities/store/project-runs.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { RunRecord, RunStatus } from '../../pipeline/record.ts'
import { didYouMean } from '../../pipeline/suggest.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { interruptedNotes } from '../project/interrupted-notes.ts'
import { resumedAt } from '../project/run-summary.ts'
import { runListView } from '../views/run-list-view.ts'

export interface LsOptions {
  readonly pipeline?: string
  readonly status?: string
}

const STATUSES: readonly RunStatus[] = ['completed', 'failed', 'running', 'cancelled', 'terminated', 'timed_out', 'paused']

/** A run in a list: what one tells runs apart by. */
export interface ListedRun {
  readonly run_id: string
  readonly pipeline: string
  readonly pipeline_file: string | null
  readonly status: RunStatus
  readonly started_at: string
  /** When it was resumed last. */
  readonly resumed_at: string | null
  readonly ended_at: string | null
  /** Rows into the first stage that keeps an account and out of the last one. */
  readonly rows: { readonly in: number; readonly out: number } | null
  readonly failed_stages: readonly string[]
}

/** All runs of the project, newest first, from what is on file. */
export async function ls(context: CommandContext, options: LsOptions): Promise<CommandResult> {
  const status = options.status?.replaceAll('-', '_')
  if (status !== undefined && !STATUSES.some((known) => known === status)) {
    const hint = didYouMean(status, STATUSES) ?? `Statuses are ${STATUSES.join(', ')}.`
    throw new OnclockError('USAGE', `no run has the status "${options.status ?? ''}"`, { hint })
  }
  const records = await Promise.all(
    (await projectRuns(context.projectDir)).map(async (run) => {
      const record = await readRunRecord(run)
      return record === null ? [] : [{ record, resumed: await resumedAt(run) }]
    }),
  )
  const runs = records
    .flat()
    .filter(({ record }) => status === undefined || record.status === status)
    .filter(({ record }) => options.pipeline === undefined || isOf(record, options.pipeline))
    .map(({ record, resumed }) => listed(record, resumed))
  const hint =
    records.length === 0
      ? ['This project has no runs yet. Start one: onclock run']
      : ['No run is like that; onclock ls shows all.']
  const notes =
    runs.length === 0
      ? hint
      : await interruptedNotes(
          context,
          runs.filter((run) => run.status === 'running').map((run) => run.run_id),
        )
  return { json: runs, text: runListView(runs), notes }
}

/** By the name in the file, the file's own name, or its path. */
function isOf(record: RunRecord, pipeline: string): boolean {
  const file = record.pipeline_file ?? ''
  const names = [record.pipeline, file, basename(file), basename(file).replace(/\.ya?ml$/, '')]
  return names.some((name) => name.toLowerCase() === pipeline.toLowerCase())
}

function listed(record: RunRecord, resumed: string | null): ListedRun {
  const { run_id, pipeline, pipeline_file, status, started_at, ended_at, stages } = record
  const counted = stages.flatMap((stage) => (stage.rows === null ? [] : [stage.rows]))
  const [first, last] = [counted[0], counted.at(-1)]
  const rows = first === undefined || last === undefined ? null : { in: first.in, out: last.out }
  const failed = stages.filter((stage) => stage.status === 'failed').map((stage) => stage.name)
  return { run_id, pipeline, pipeline_file, status, started_at, resumed_at: resumed, ended_at, rows, failed_stages: failed }
}
