import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeRunRecord } from '../../activities/store/compose-run-record.ts'
import { createRunStore } from '../../activities/store/run-store.ts'
import type { ClosedStage } from '../../pipeline/messages.ts'
import type { ErrorRecord, RunStatus } from '../../pipeline/record.ts'
import { commitRecord, generationOf, planOf, plannedStage } from '../activities/store/stored-samples.ts'

/** A run of two stages as the engine leaves it on file; without a status it is still going on. */
export async function storedRun(
  projectDir: string,
  runId: string,
  options: { status?: RunStatus; error?: ErrorRecord; pipeline?: string; log?: string } = {},
): Promise<void> {
  const { status, error = null, pipeline = 'sample', log } = options
  const store = createRunStore(join(projectDir, 'data/output'))
  const plan = planOf([plannedStage('01_clean'), plannedStage('02_rules', { number: 2 })], { run_id: runId, pipeline })
  await store.claim({
    schema_version: 1,
    run_id: runId,
    workflow_id: runId,
    execution: 'g1',
    pipeline,
    claimed_at: plan.started_at,
  })
  await store.saveGeneration(generationOf(plan))
  const metadata = { rejected_by_rule: { 'views.type': 1 } }
  const record = await store.commit(commitRecord({ run_id: runId, stage: '01_clean', metadata }))
  await store.publish(record, 1)
  if (log !== undefined) {
    await mkdir(join(projectDir, 'logs'), { recursive: true })
    await writeFile(join(projectDir, 'logs', `pipeline_${runId}.log`), log)
  }
  if (status === undefined) return
  const ended = '2024-12-01T14:30:30.000Z'
  await store.close(runId, {
    schema_version: 1,
    generation: 'g1',
    status,
    ended_at: ended,
    error,
    warnings: [],
    stages: [secondStage(status, error)],
  })
  await writeRunRecord(store, runId)
}

function secondStage(status: RunStatus, error: ErrorRecord | null): ClosedStage {
  const failed = status === 'failed'
  return {
    name: '02_rules',
    status: failed ? 'failed' : status === 'completed' ? 'completed' : 'cancelled',
    reason: null,
    attempts: failed ? 3 : 1,
    started_at: '2024-12-01T14:30:24.000Z',
    duration_ms: 2000,
    error,
  }
}
