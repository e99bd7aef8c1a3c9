import type { Standing } from '../pipeline/messages.ts'
import { createRunLog } from './run-log.ts'
import { writeRunRecord } from './store/compose-run-record.ts'
import { logPath } from './store/run-layout.ts'
import type { RunStore } from './store/run-store.ts'

/** Writes down that a run has come to a stop for a person, or goes on again; its record and log say so. */
export async function standStill(projectDir: string, store: RunStore, runId: string, standing: Standing): Promise<void> {
  await store.stand(runId, standing)
  await writeRunRecord(store, runId)
  const generation = await store.readGeneration(runId, standing.generation)
  const log = createRunLog(logPath(projectDir, runId), generation?.pipeline.config.logLevel ?? 'INFO', 'run')
  if (standing.error === null) log.info('goes on')
  else log.warn(`paused: ${standing.error.message}`)
}
