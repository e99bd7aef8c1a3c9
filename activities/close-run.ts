import type { Closing } from '../pipeline/messages.ts'
import type { RunRecord } from '../pipeline/record.ts'
import { createRunLog } from './run-log.ts'
import { writeRunRecord } from './store/compose-run-record.ts'
import { logPath } from './store/run-layout.ts'
import type { RunStore } from './store/run-store.ts'

/** Ends a generation on file: its closing, the run record made from everything, the last lines of the log. */
export async function closeRun(projectDir: string, store: RunStore, runId: string, closing: Closing): Promise<RunRecord> {
  const kept = await store.close(runId, closing)
  await store.sweepAttempts(runId)
  const record = await writeRunRecord(store, runId)
  const generation = await store.readGeneration(runId, closing.generation)
  if (record === null || generation === null) throw new Error(`run ${runId} has no plan to close`)
  const log = createRunLog(logPath(projectDir, runId), generation.pipeline.config.logLevel, 'run')
  for (const stage of kept.stages) if (stage.status === 'skipped') log.info(`${stage.name} skipped: ${stage.reason ?? ''}`)
  // Since the newest start: before a resume nobody worked.
  const took = elapsed(generation.plan.started_at, kept.ended_at)
  if (kept.status === 'completed') log.info(`completed in ${took}`)
  else log.error(`${kept.status} after ${took}${kept.error === null ? '' : ` · ${kept.error.code}`}`)
  return record
}

function elapsed(from: string, to: string): string {
  return `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`
}
