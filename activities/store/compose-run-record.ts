import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClosedStage, Closing, Standing } from '../../pipeline/messages.ts'
import type { PlannedStage } from '../../pipeline/plan.ts'
import type { CommitRecord, RunRecord, StageEntry, StageStatus } from '../../pipeline/record.ts'
import { replaceFile } from './create-once.ts'
import { generationTag } from './run-layout.ts'
import type { RunStore } from './run-store.ts'
import type { Generation } from './stored.ts'

/**
 * The record of a run, made from what is on file: the plan of its newest generation, the commits, and the closing. A run
 * that has no closing yet is `running` as far as the files can tell.
 * @returns null when the run directory holds no plan.
 */
export async function composeRunRecord(store: RunStore, runId: string): Promise<RunRecord | null> {
  const generations = await store.generations(runId)
  const newest = generations.at(-1)
  const first = generations[0]
  if (newest === undefined || first === undefined) return null
  const closing = await store.readClosing(runId, newest.plan.generation)
  const standing = closing === null ? await store.readStanding(runId, newest.plan.generation) : null
  const last = closing ?? standing
  const closed = closing === null ? stoodStill(standing) : closing.stages
  const stages = await Promise.all(newest.plan.stages.map((stage) => stageEntry(store, newest, stage, closed)))
  return {
    schema_version: 1,
    run_id: runId,
    pipeline: newest.plan.pipeline,
    pipeline_file: newest.plan.pipeline_file,
    status: last?.status ?? 'running',
    started_at: first.plan.started_at,
    ended_at: closing?.ended_at ?? null,
    params: newest.plan.params,
    versions: newest.versions,
    warnings: last?.warnings ?? newest.plan.warnings,
    error: last?.error ?? null,
    ...(newest.reuses === undefined ? {} : { reuses: newest.reuses.run_id }),
    stages,
  }
}

/** What is known of the stages of a run that stands still; of one that went on, only what has ended stays so. */
function stoodStill(standing: Standing | null): readonly ClosedStage[] {
  if (standing === null) return []
  const { status, stages } = standing
  return status === 'paused' ? stages.filter((stage) => stage.status !== 'waiting') : stages.filter(isSettled)
}

const isSettled = ({ status }: ClosedStage): boolean => status === 'skipped' || status === 'failed'

/** Writes `run.json`. It can always be made again from the files it is made of. */
export async function writeRunRecord(store: RunStore, runId: string): Promise<RunRecord | null> {
  const record = await composeRunRecord(store, runId)
  if (record !== null) await replaceFile(store.layout(runId).runRecord, `${JSON.stringify(record, null, 2)}\n`)
  return record
}

const ABANDONED = {
  terminated: 'the run was terminated from outside',
  timed_out: 'the run was stopped by its time limit',
  cancelled: 'the run was cancelled before its plan was done',
} as const

/** How the run directory of a run that was terminated or timed out is closed afterwards, by the next command that notices. */
export async function closeAbandoned(
  store: RunStore,
  runId: string,
  status: 'terminated' | 'timed_out' | 'cancelled',
): Promise<RunRecord | null> {
  const newest = (await store.generations(runId)).at(-1)
  if (newest === undefined) return null
  const closing: Closing = {
    schema_version: 1,
    generation: newest.plan.generation,
    status,
    ended_at: new Date().toISOString(),
    error: {
      code: status.toUpperCase(),
      message: ABANDONED[status],
    },
    warnings: newest.plan.warnings,
    stages: newest.plan.stages.map((stage) => ({
      name: stage.name,
      status: stage.action === 'skip' ? 'skipped' : 'cancelled',
      reason: stage.action === 'skip' ? stage.reason : `the run was ${status.replace('_', ' ')}`,
      attempts: 0,
      started_at: null,
      duration_ms: null,
      error: null,
    })),
  }
  await store.close(runId, closing)
  return writeRunRecord(store, runId)
}

async function stageEntry(
  store: RunStore,
  generation: Generation,
  stage: PlannedStage,
  closedStages: readonly ClosedStage[],
): Promise<StageEntry> {
  const { run_id: runId, generation: id } = generation.plan
  const closed = closedStages.find((candidate) => candidate.name === stage.name)
  const record = await store.readRecord(runId, stage.name, id)
  if (record !== null) return committedEntry(stage, record, closed)
  const base = { name: stage.name, module: stage.module, rows: null, inputs: [], outputs: [], warnings: [] }
  if (closed !== undefined) {
    const { status, reason, attempts, started_at, duration_ms, error } = closed
    return { ...base, status, reason, attempts, started_at, duration_ms, error }
  }
  const status = stage.action === 'skip' ? 'skipped' : await openStatus(store, generation, stage.name)
  return { ...base, status, reason: stage.reason, attempts: 0, started_at: null, duration_ms: null, error: null }
}

function committedEntry(stage: PlannedStage, record: CommitRecord, closed: ClosedStage | undefined): StageEntry {
  const reused = record.reused_from !== null
  return {
    name: stage.name,
    module: stage.module,
    status: record.stand_in !== undefined ? 'skipped' : reused ? 'reused' : 'completed',
    reason: record.stand_in ?? closed?.reason ?? (reused ? stage.reason : null),
    ...(record.reused_from_run === undefined ? {} : { reused_from_run: record.reused_from_run }),
    attempts: record.attempt,
    started_at: record.started_at,
    duration_ms: Date.parse(record.ended_at) - Date.parse(record.started_at),
    rows: record.rows,
    inputs: record.inputs,
    outputs: record.outputs
      .filter((file) => file.public_name !== '')
      .map(({ public_name: path, path: _private, ...file }) => ({ ...file, path })),
    warnings: record.warnings,
    error: null,
  }
}

/** A stage with a private folder of this generation and no commit is being worked on. */
async function openStatus(store: RunStore, { plan }: Generation, stage: string): Promise<StageStatus> {
  const folder = join(store.layout(plan.run_id).attempts, stage)
  const attempts = existsSync(folder) ? await readdir(folder) : []
  return attempts.some((name) => name.startsWith(`${generationTag(plan.generation)}_`)) ? 'running' : 'waiting'
}
