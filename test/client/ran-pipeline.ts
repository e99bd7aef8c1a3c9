import { join } from 'node:path'
import { closeRun } from '../../activities/close-run.ts'
import { openDatabase } from '../../activities/duckdb.ts'
import { toOnclockError } from '../../activities/error-of.ts'
import { planRun, type PlanRequest } from '../../activities/planning/plan-run.ts'
import { runStage } from '../../activities/run-stage.ts'
import type { ClosedStage } from '../../pipeline/messages.ts'
import type { Plan } from '../../pipeline/plan.ts'
import type { ErrorRecord } from '../../pipeline/record.ts'

/** How a run is started or resumed, and where it is cut short. */
export interface RanOptions extends Partial<Pick<PlanRequest, 'mode' | 'set' | 'stages' | 'reuse'>> {
  /** Names this generation; a resume needs another than the start. */
  readonly generation?: string
  /** Before this stage everything ends, as by `kill -9`: nothing is closed. */
  readonly crashBefore?: string
}

/** Runs `config/main.yaml` of a project as the engine does, without a server: what is on file afterwards is real. */
export async function ranPipeline(projectDir: string, runId: string, options: RanOptions = {}): Promise<Plan> {
  const { generation = `generation-of-${runId}`, crashBefore, ...asked } = options
  const request = {
    projectDir,
    pipelineFile: 'config/main.yaml',
    set: {},
    runId,
    workflowId: runId,
    generation,
    mode: 'run' as const,
    ...asked,
  }
  const { plan, store } = await planRun(request)
  const database = await openDatabase({ spillDir: join(projectDir, '.onclock/spill') })
  let error: ErrorRecord | null = null
  const stages: ClosedStage[] = []
  for (const { name, action, reason } of plan.stages) {
    const base = { name, reason: null, attempts: 1, started_at: plan.started_at, duration_ms: 1 }
    if (name === crashBefore) {
      database.close()
      return plan
    }
    if (error !== null || action === 'skip') {
      stages.push({ ...base, status: 'skipped', attempts: 0, error: null, reason: error === null ? reason : 'a stage failed' })
      continue
    }
    try {
      const call = { database: () => Promise.resolve(database), progress: () => undefined, signal: new AbortController().signal }
      const summary = await runStage({ ...call, projectDir, store, runId, generation, stage: name, attempt: 1 })
      stages.push({ ...base, status: summary.status, reason: summary.reason, error: null })
    } catch (thrown) {
      const { code, message } = toOnclockError(thrown)
      error = { code, message }
      stages.push({ ...base, status: 'failed', error })
    }
  }
  database.close()
  const status = error === null ? 'completed' : 'failed'
  const closing = { generation, status, ended_at: new Date().toISOString(), error, warnings: [], stages } as const
  await closeRun(projectDir, store, runId, { schema_version: 1, ...closing })
  return plan
}
