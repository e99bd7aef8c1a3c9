import { describeDifference } from '../../pipeline/fingerprint.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { Pipeline, Stage } from '../../pipeline/pipeline.ts'
import type { PlannedAction, PlannedStage } from '../../pipeline/plan.ts'
import type { CommitRecord } from '../../pipeline/record.ts'
import type { RunStore } from '../store/run-store.ts'
import { alteredOutput } from './altered-output.ts'
import { sourcesNow, sourcesOf } from './stage-meaning.ts'

export interface StagesToPlan {
  readonly projectDir: string
  readonly store: RunStore
  /** The run whose committed stages may be reused; null for a first start. */
  readonly resumes: string | null
  readonly pipeline: Pipeline
  readonly meanings: { readonly [stage: string]: JsonObject }
}

interface Decision {
  readonly action: PlannedAction
  readonly reason: string
  /** The commit that a reuse takes over. */
  readonly record: CommitRecord | null
}

/**
 * Decides for each stage, in the order of the file, whether it runs, is reused or skipped, and says why. Reuse is proved:
 * same meaning, same bytes in, and the bytes that came out are still there.
 */
export async function planStages(request: StagesToPlan): Promise<PlannedStage[]> {
  const decisions = new Map<string, Decision>()
  for (const stage of inOrderOfNeeds(request.pipeline.stages)) decisions.set(stage.name, await decide(request, stage, decisions))
  return request.pipeline.stages.map((stage) => {
    const { action, reason } = decisions.get(stage.name) ?? { action: 'run', reason: '' }
    return plannedStage(request.pipeline, stage, action, reason)
  })
}

/** The record that a stage planned as reuse takes over: the newest commit of the run. */
export async function reusableRecord(store: RunStore, runId: string, stage: string): Promise<CommitRecord | null> {
  return (await store.records(runId, stage)).at(-1) ?? null
}

async function decide(request: StagesToPlan, stage: Stage, decided: ReadonlyMap<string, Decision>): Promise<Decision> {
  const run = (reason: string): Decision => ({ action: 'run', reason, record: null })
  if (!stage.enabled) return { action: 'skip', reason: 'disabled', record: null }
  if (request.resumes === null) return run('first run')
  const record = await reusableRecord(request.store, request.resumes, stage.name)
  if (record === null) return run(await whyAgain(request, request.resumes, stage))
  const before: JsonObject = { ...record.meaning }
  const { inputs: _inputs, ...known } = before
  const changes = describeDifference(known, request.meanings[stage.name] ?? {})
  if (changes.length > 0) return run(changes.join('; '))
  const upstream = Object.values(stage.inputs).map((input) => input.stage)
  const again = upstream.find((name) => decided.get(name)?.action === 'run')
  if (again !== undefined) return run(`upstream runs again: ${again}`)
  return (await inputChange(request, stage, record, decided)) ?? verified(request, request.resumes, record)
}

/** A stage without a commit runs; whether what was mended counts is said beforehand. */
async function whyAgain({ store, meanings }: StagesToPlan, runId: string, stage: Stage): Promise<string> {
  const last = (await store.generations(runId)).at(-1)
  const closing = last === undefined ? null : await store.readClosing(runId, last.plan.generation)
  const error = closing?.stages.find((closed) => closed.name === stage.name)?.error ?? null
  const before = last?.meanings[stage.name]
  const changes = before === undefined ? [] : describeDifference(before, meanings[stage.name] ?? {})
  const state = error === null ? 'not finished before' : `failed before with ${error.code}`
  return [state, ...changes].join('; ')
}

/** Whether what went in is still the same: datasets by the records that are reused, source files by their bytes now. */
async function inputChange(
  request: StagesToPlan,
  stage: Stage,
  record: CommitRecord,
  decided: ReadonlyMap<string, Decision>,
): Promise<Decision | null> {
  const recorded = (record.meaning['inputs'] ?? {}) as { readonly [name: string]: unknown }
  for (const [alias, input] of Object.entries(stage.inputs)) {
    const upstream = decided.get(input.stage)?.record
    const hashes = upstream?.outputs.filter((file) => file.dataset === input.dataset).map((file) => file.sha256)
    if (hashes !== undefined && JSON.stringify(hashes) !== JSON.stringify(recorded[alias]))
      return { action: 'run', reason: `input sha256 differs (${input.stage})`, record: null }
  }
  for (const [index, now] of (await sourcesNow(request.projectDir, record)).entries()) {
    const was = sourcesOf(record)[index]
    if (now.sha256 === '') return { action: 'run', reason: `input is gone (${now.path})`, record: null }
    if (was?.sha256 !== now.sha256) return { action: 'run', reason: `input sha256 differs (${now.path})`, record: null }
  }
  return null
}

async function verified(request: StagesToPlan, runId: string, record: CommitRecord): Promise<Decision> {
  const altered = await alteredOutput(request.store.layout(runId).dir, record)
  if (altered !== null)
    return { action: 'run', reason: `output missing or altered (${altered.public_name || altered.path})`, record: null }
  const files = `${record.outputs.length} ${record.outputs.length === 1 ? 'file' : 'files'} verified`
  return { action: 'reuse', reason: `unchanged, ${files}`, record }
}

function plannedStage(pipeline: Pipeline, stage: Stage, action: PlannedAction, reason: string): PlannedStage {
  return {
    name: stage.name,
    number: stage.number,
    kind: stage.kind,
    module: stage.module,
    activity_type: stage.function === 'run' || stage.kind === 'command' ? stage.module : `${stage.module}#${stage.function}`,
    action,
    reason,
    needs: enabledNeeds(pipeline, stage),
    takes: [...new Set(Object.values(stage.inputs).map((input) => input.stage))],
    on_failure: stage.onFailure,
    retry: stage.retry,
    timeout_ms: stage.timeoutMs,
    heartbeat_timeout_ms: stage.heartbeatTimeoutMs,
  }
}

/** A disabled stage passes on what it needed itself, so that the order of the others stays. */
function enabledNeeds(pipeline: Pipeline, stage: Stage): string[] {
  const needs = new Set<string>()
  const visit = (names: readonly string[]): void => {
    for (const name of names) {
      const needed = pipeline.stages.find((other) => other.name === name)
      if (needed === undefined) continue
      if (needed.enabled) needs.add(name)
      else visit(needed.needs)
    }
  }
  visit(stage.needs)
  return [...needs]
}

function inOrderOfNeeds(stages: readonly Stage[]): Stage[] {
  const ordered: Stage[] = []
  const seen = new Set<string>()
  const visit = (stage: Stage): void => {
    if (seen.has(stage.name)) return
    seen.add(stage.name)
    for (const name of stage.needs) {
      const needed = stages.find((other) => other.name === name)
      if (needed !== undefined) visit(needed)
    }
    ordered.push(stage)
  }
  for (const stage of stages) visit(stage)
  return ordered
}
