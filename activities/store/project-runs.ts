import { join } from 'node:path'
import type { RunRecord } from '../../pipeline/record.ts'
import { composeRunRecord } from './compose-run-record.ts'
import { readJson } from './create-once.ts'
import { outputDirs } from './output-dirs.ts'
import { createRunStore, type RunStore } from './run-store.ts'

/** A run of the project and the store that holds it. */
export interface StoredRun {
  readonly runId: string
  readonly store: RunStore
}

/** Every run of a project, in all its output folders, newest first. */
export async function projectRuns(projectDir: string): Promise<StoredRun[]> {
  const found: StoredRun[] = []
  for (const outputDir of await outputDirs(projectDir)) {
    const store = createRunStore(join(projectDir, outputDir))
    for (const runId of await store.runIds()) found.push({ runId, store })
  }
  return found.sort((a, b) => (a.runId < b.runId ? 1 : -1))
}

/** The record of a run: `run.json` of a run that ended, otherwise composed from what is on file at this moment. */
export async function readRunRecord({ runId, store }: StoredRun): Promise<RunRecord | null> {
  const newest = (await store.generations(runId)).at(-1)
  const closed = newest !== undefined && (await store.readClosing(runId, newest.plan.generation)) !== null
  const written = closed ? await readJson<RunRecord>(store.layout(runId).runRecord) : null
  const upToDate = written !== null && written.status !== 'running' && written.ended_at !== null
  return upToDate && written.stages.length === newest?.plan.stages.length ? written : composeRunRecord(store, runId)
}
