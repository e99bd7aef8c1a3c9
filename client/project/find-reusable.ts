import { relative } from 'node:path'
import { projectRuns, readRunRecord } from '../../activities/store/project-runs.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { ReusedRun } from '../../pipeline/messages.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import { findRun, type FoundRun, isUnsuccessful } from './find-run.ts'

/** A run that succeeded, whose unchanged stages a new one may take over. */
export interface ReusableRun {
  readonly found: FoundRun
  readonly record: RunRecord
  readonly reuse: ReusedRun
}

/**
 * The run that `--reuse` means; `latest` is the newest one that completed, of the pipeline where one is named.
 * @throws OnclockError RUN_NOT_FOUND; RUN_STATE for a run that did not succeed.
 */
export async function findReusable(projectDir: string, named: string, pipelineFile: string | null): Promise<ReusableRun> {
  const found = named === 'latest' ? await latestCompleted(projectDir, pipelineFile) : await findRun(projectDir, named)
  const { record, runId } = found
  if (record?.status !== 'completed') throw notReusable(found)
  return { found, record, reuse: { run_id: runId, output_dir: relative(projectDir, found.store.outputDir) } }
}

async function latestCompleted(projectDir: string, pipelineFile: string | null): Promise<FoundRun> {
  for (const run of await projectRuns(projectDir)) {
    const record = await readRunRecord(run)
    if (record?.status === 'completed' && (pipelineFile === null || record.pipeline_file === pipelineFile))
      return { ...run, record }
  }
  const which = pipelineFile === null ? 'no run of this project' : `no run of ${pipelineFile}`
  throw new OnclockError('RUN_NOT_FOUND', `${which} has completed yet: there is nothing to reuse`, {
    hint: 'onclock ls shows all runs; onclock run starts one.',
  })
}

function notReusable({ runId, record }: FoundRun): OnclockError {
  const hint =
    record !== null && isUnsuccessful(record.status)
      ? `It goes on under its own ID, and reuses what is finished: onclock resume ${runId}`
      : `Wait for its end: onclock watch ${runId}`
  const state =
    record === null
      ? 'is just starting'
      : isUnsuccessful(record.status)
        ? `is ${record.status.replace('_', ' ')}`
        : 'has not ended'
  return new OnclockError('RUN_STATE', `run ${runId} ${state}: --reuse takes over a run that completed`, { hint })
}
