import { randomUUID } from 'node:crypto'
import { OnclockError } from '../pipeline/errors.ts'
import type { JsonObject } from '../pipeline/json.ts'
import type { StageSummary } from '../pipeline/messages.ts'
import type { Stage } from '../pipeline/pipeline.ts'
import type { CommitRecord } from '../pipeline/record.ts'
import { describeRows } from '../pipeline/describe-rows.ts'
import type { Database } from './duckdb.ts'
import { failAttempt } from './fail-attempt.ts'
import { alteredOutput } from './planning/altered-output.ts'
import { fingerprint, fullMeaning } from './planning/stage-meaning.ts'
import { reusableRecord } from './planning/plan-stages.ts'
import { datasetInputs, readDatasets } from './read-datasets.ts'
import { createRunLog } from './run-log.ts'
import { runModule } from './run-module.ts'
import { sealOutputs } from './seal-outputs.ts'
import type { Dataset, Progress, StageContext, StageLog } from './stage.ts'
import { earlierMetadata } from './store/earlier-metadata.ts'
import { generationTag, logPath } from './store/run-layout.ts'
import type { RunStore } from './store/run-store.ts'
import type { Generation } from './store/stored.ts'

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
    const prior = await reusableRecord(store, runId, stage.name)
    if (prior !== null)
      return finish(attempt, {
        stage,
        record: await store.commit(takenOver(prior, attempt.generation)),
        log,
        reason: planned.reason,
      })
  }
  const datasets = await readDatasets(attempt, generation, stage)
  const meaning = generation.meanings[stage.name] ?? {}
  const same = await sameBytesAgain(attempt, fullMeaning(meaning, datasets, []))
  if (same !== null)
    return finish(attempt, {
      stage,
      record: await store.commit(takenOver(same, attempt.generation)),
      log,
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

/** A commit of an earlier generation with the same meaning, when what went in from upstream is the same. */
async function sameBytesAgain(attempt: StageAttempt, meaning: JsonObject): Promise<CommitRecord | null> {
  const wanted = fingerprint(meaning)
  const prior = (await attempt.store.records(attempt.runId, attempt.stage)).findLast((record) => record.fingerprint === wanted)
  if (prior === undefined) return null
  return (await alteredOutput(attempt.store.layout(attempt.runId).dir, prior)) === null ? prior : null
}

function takenOver(prior: CommitRecord, generation: string): CommitRecord {
  return { ...prior, generation, reused_from: prior.reused_from ?? prior.generation }
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
