import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { OnclockError } from '../pipeline/errors.ts'
import type { JsonObject } from '../pipeline/json.ts'
import type { StageSummary } from '../pipeline/messages.ts'
import type { Stage } from '../pipeline/pipeline.ts'
import type { PlannedStage } from '../pipeline/plan.ts'
import type { CommitRecord } from '../pipeline/record.ts'
import { describeRows } from '../pipeline/describe-rows.ts'
import type { Database } from './duckdb.ts'
import { failAttempt } from './fail-attempt.ts'
import { newestRecord } from './planning/plan-stages.ts'
import { brokenOutput, changedSource } from './planning/reuse-proof.ts'
import { fingerprint, fullMeaning, sourcesOf } from './planning/stage-meaning.ts'
import { datasetInputs, readDatasets } from './read-datasets.ts'
import { createRunLog } from './run-log.ts'
import { runModule } from './run-module.ts'
import { sealOutputs } from './seal-outputs.ts'
import type { Dataset, Progress, StageContext, StageLog } from './stage.ts'
import { earlierMetadata } from './store/earlier-metadata.ts'
import { generationTag, logPath } from './store/run-layout.ts'
import { createRunStore, type RunStore } from './store/run-store.ts'
import type { Generation } from './store/stored.ts'
import { takeOver } from './store/take-over.ts'

/** One attempt of one stage, and what the engine that runs it lends. */
export interface StageAttempt {
  readonly projectDir: string
  readonly store: RunStore
  readonly runId: string
  readonly generation: string
  readonly stage: string
  readonly attempt: number
  readonly database: () => Promise<Database>
  readonly progress: (progress: Progress) => void
  readonly signal: AbortSignal
}

/**
 * Runs an attempt up to its commit. It may run twice, or at once with another: whoever commits first counts, and an
 * attempt that finds the commit made returns it.
 */
export async function runStage(attempt: StageAttempt): Promise<StageSummary> {
  const { store, runId } = attempt
  const generation = await store.readGeneration(runId, attempt.generation)
  if (generation === null)
    throw new OnclockError('RUN_NOT_FOUND', `run ${runId} has no plan for generation ${attempt.generation}`)
  const stage = generation.pipeline.stages.find((candidate) => candidate.name === attempt.stage)
  const planned = generation.plan.stages.find((candidate) => candidate.name === attempt.stage)
  if (stage === undefined || planned === undefined)
    throw new OnclockError('STAGE_NOT_FOUND', `run ${runId} has no stage ${attempt.stage}`)
  const log = createRunLog(logPath(attempt.projectDir, runId), generation.pipeline.config.logLevel, stage.name)

  const done = await store.readRecord(runId, stage.name, attempt.generation)
  if (done !== null) return finish(attempt, { stage, record: done, log })
  if (planned.action === 'reuse') {
    const prior = await plannedReuse(attempt, planned)
    if (prior !== null) return finish(attempt, { stage, log, ...(await reuse(attempt, stage, prior)), reason: planned.reason })
  }
  const datasets = await readDatasets(attempt, generation, stage)
  const meaning = generation.meanings[stage.name] ?? {}
  const same = planned.forced === true ? null : await sameBytesAgain(attempt, generation, { meaning, datasets })
  if (same !== null)
    return finish(attempt, {
      stage,
      log,
      ...(await reuse(attempt, stage, same)),
      reason: 'upstream gave the same bytes again',
    })
  return execute({ attempt, generation, stage, datasets, meaning, log })
}

interface Execution {
  readonly attempt: StageAttempt
  readonly generation: Generation
  readonly stage: Stage
  readonly datasets: { readonly [alias: string]: Dataset }
  readonly meaning: JsonObject
  readonly log: StageLog
}

async function execute(execution: Execution): Promise<StageSummary> {
  const { attempt, stage, log } = execution
  const tries = stage.retry.maximumAttempts
  log.info(`started${tries > 1 ? `, attempt ${attempt.attempt} of ${tries}` : ''}`)
  await sweepFormerAttempts(attempt)
  const name = `${generationTag(attempt.generation)}_${attempt.attempt}_${randomUUID().slice(0, 8)}`
  const outDir = await attempt.store.openAttempt(attempt.runId, stage.name, name)
  let record: CommitRecord
  try {
    record = await runAndCommit(execution, outDir)
  } catch (error) {
    throw await failAttempt({ ...attempt, stageNumber: stage.number, retry: stage.retry, log }, outDir, error)
  }
  // From here on the stage is done: names that could not be put in place are put there by the next attempt.
  return finish(attempt, { stage, record, log })
}

async function runAndCommit(execution: Execution, outDir: string): Promise<CommitRecord> {
  const { attempt, stage, meaning, datasets } = execution
  const started = new Date()
  const { python } = execution.generation.pipeline.config
  const result = await runModule(stage, contextOf(execution, outDir), python)
  attempt.signal.throwIfAborted()
  const full = fullMeaning(meaning, datasets, result.inputs)
  return attempt.store.commit({
    schema_version: 1,
    run_id: attempt.runId,
    stage: stage.name,
    module: stage.module,
    generation: attempt.generation,
    fingerprint: fingerprint(full),
    meaning: full,
    reused_from: null,
    attempt: attempt.attempt,
    started_at: started.toISOString(),
    ended_at: new Date().toISOString(),
    rows: result.rows,
    inputs: [...datasetInputs(datasets), ...result.inputs],
    outputs: await sealOutputs(attempt.store.layout(attempt.runId).dir, outDir, result.outputs),
    warnings: result.warnings,
    metadata: result.metadata,
  })
}

/** Only what was before this attempt: one that was stopped and woke up late must not remove its successor's folder. */
async function sweepFormerAttempts({ store, runId, stage, generation, attempt }: StageAttempt): Promise<void> {
  await store.sweepAttempts(runId, (of, name) => {
    const [start, number] = name.split('_')
    return of === stage && start === generationTag(generation) && Number(number) < attempt
  })
}

function contextOf({ attempt, generation, stage, datasets, log }: Execution, outDir: string): StageContext {
  return {
    runId: attempt.runId,
    stage: stage.name,
    stageNumber: stage.number,
    attempt: attempt.attempt,
    projectDir: attempt.projectDir,
    now: new Date(generation.plan.now),
    inputs: datasets,
    outDir,
    database: attempt.database,
    log,
    progress: attempt.progress,
    signal: attempt.signal,
    earlier: (runs) => earlierMetadata(attempt.store, generation.plan, stage.name, runs),
  }
}

/** A commit, and the store that has its files. */
interface Prior {
  readonly record: CommitRecord
  readonly store: RunStore
}

async function plannedReuse({ projectDir, store, runId, stage }: StageAttempt, { reuses }: PlannedStage): Promise<Prior | null> {
  const from = reuses?.output_dir === undefined ? store : createRunStore(join(projectDir, reuses.output_dir))
  const record =
    reuses === undefined
      ? await newestRecord(store, runId, stage)
      : await from.readRecord(reuses.run_id, stage, reuses.generation)
  return record === null ? null : { record, store: from }
}

async function reuse(attempt: StageAttempt, stage: Stage, prior: Prior): Promise<{ readonly record: CommitRecord }> {
  const { store, runId, generation } = attempt
  const taking = { store, runId, generation, stage: stage.name, stageNumber: stage.number }
  return { record: await store.commit(await takeOver(taking, prior.record, prior.store)) }
}

/**
 * A commit of this run, or of the one that it takes over, with the same meaning and the same bytes in, now that those from
 * upstream are known.
 */
async function sameBytesAgain(
  { projectDir, store, runId, stage }: StageAttempt,
  { reuses }: Generation,
  { meaning, datasets }: { readonly meaning: JsonObject; readonly datasets: { readonly [alias: string]: Dataset } },
): Promise<Prior | null> {
  const other = reuses === undefined ? null : createRunStore(join(projectDir, reuses.output_dir))
  const records: Prior[] = (await store.records(runId, stage)).map((record) => ({ record, store }))
  if (other !== null && reuses !== undefined)
    records.unshift(...(await other.records(reuses.run_id, stage)).map((record) => ({ record, store: other })))
  for (const prior of records.toReversed()) {
    const { record, store: from } = prior
    if (record.fingerprint !== fingerprint(fullMeaning(meaning, datasets, sourcesOf(record)))) continue
    if ((await changedSource(projectDir, record)) !== null) continue
    if ((await brokenOutput(from.layout(record.run_id).dir, record)) === null) return prior
  }
  return null
}

interface Ending {
  readonly stage: Stage
  readonly record: CommitRecord
  readonly log: StageLog
  readonly reason?: string
}

async function finish(attempt: StageAttempt, { stage, record, log, reason }: Ending): Promise<StageSummary> {
  await attempt.store.publish(record, stage.number)
  const reused = record.reused_from !== null
  const durationMs = Date.parse(record.ended_at) - Date.parse(record.started_at)
  const rows = record.rows === null ? 'rows not accounted' : describeRows(record.rows)
  if (reused) log.info(`reused: ${reason ?? 'unchanged'} · ${rows}`)
  else log.info(`completed in ${(durationMs / 1000).toFixed(2)} s · ${rows}`)
  if (!reused) for (const warning of record.warnings) log.warn(warning)
  return {
    status: reused ? 'reused' : 'completed',
    reason: reason ?? null,
    attempt: record.attempt,
    started_at: record.started_at,
    duration_ms: reused ? 0 : durationMs,
    rows: record.rows,
    warnings: record.warnings,
  }
}
