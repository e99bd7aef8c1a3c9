import type { JsonObject } from '../../pipeline/json.ts'
import type { Pipeline, Stage } from '../../pipeline/pipeline.ts'
import type { PlannedAction, PlannedReuse, PlannedStage } from '../../pipeline/plan.ts'
import type { CommitRecord } from '../../pipeline/record.ts'
import type { RunStore } from '../store/run-store.ts'
import { brokenOutput, changedInput, changedMeaning, type StageNow } from './reuse-proof.ts'
import { whyAgain } from './why-again.ts'

/** A run whose committed stages may be taken over. */
export interface ReuseBase {
  readonly store: RunStore
  readonly runId: string
  /** Of another run than the one that is planned: its output folder, relative to the project. */
  readonly outputDir: string | null
}

export interface StagesToPlan {
  readonly projectDir: string
  readonly pipeline: Pipeline
  readonly meanings: { readonly [stage: string]: JsonObject }
  /** The first that has a commit of a stage counts; none for a plain first start. */
  readonly bases: readonly ReuseBase[]
  /** Stages that were not selected, and how that is said. */
  readonly left: ReadonlyMap<string, string>
  /** Runs again with all that depends on it, whatever was committed. */
  readonly again: { readonly from: string; readonly stages: ReadonlySet<string> } | null
  /** By stage and alias: commits of earlier runs that stand in for stages left out. */
  readonly earlier: { readonly [stage: string]: { readonly [alias: string]: CommitRecord } }
}

interface Decision {
  readonly action: PlannedAction
  readonly reason: string
  readonly forced?: true
  /** The commit that a reuse takes over, and where it lies. */
  readonly record?: CommitRecord
  readonly base?: ReuseBase
}

/**
 * Decides for each stage, in the order of the file, whether it runs, is reused or skipped, and says why. Reuse is proved:
 * same meaning, same bytes in, and the bytes that came out are still there.
 */
export async function planStages(request: StagesToPlan): Promise<PlannedStage[]> {
  const decisions = new Map<string, Decision>()
  for (const stage of inOrderOfNeeds(request.pipeline.stages)) decisions.set(stage.name, await decide(request, stage, decisions))
  return request.pipeline.stages.map((stage) =>
    plannedStage(request.pipeline, stage, decisions.get(stage.name) ?? { action: 'run', reason: '' }),
  )
}

/** What a stage planned as reuse takes over where its plan does not say: the newest commit of the run. */
export async function newestRecord(store: RunStore, runId: string, stage: string): Promise<CommitRecord | null> {
  return (await store.records(runId, stage)).at(-1) ?? null
}

async function decide(request: StagesToPlan, stage: Stage, decided: ReadonlyMap<string, Decision>): Promise<Decision> {
  const { again, bases, left } = request
  if (!stage.enabled) return { action: 'skip', reason: left.get(stage.name) ?? 'disabled' }
  if (again?.stages.has(stage.name) === true)
    return { action: 'run', reason: stage.name === again.from ? 'asked for by --from' : `--from ${again.from}`, forced: true }
  for (const base of bases) {
    const records = await base.store.records(base.runId, stage.name)
    if (records.length > 0) return fromRecords(request, { stage, base, records }, decided)
  }
  const [base] = bases
  if (base === undefined) return { action: 'run', reason: 'first run' }
  return { action: 'run', reason: await whyAgain(base.store, base.runId, stage.name, request.meanings[stage.name] ?? {}) }
}

interface Candidates {
  readonly stage: Stage
  readonly base: ReuseBase
  /** Oldest first. */
  readonly records: readonly CommitRecord[]
}

/** The newest commit that fits is reused: an edit that was taken back counts as none. Otherwise the newest one tells what differs. */
async function fromRecords(
  request: StagesToPlan,
  { stage, base, records }: Candidates,
  decided: ReadonlyMap<string, Decision>,
): Promise<Decision> {
  const upstream: { [alias: string]: CommitRecord } = { ...request.earlier[stage.name] }
  for (const [alias, input] of Object.entries(stage.inputs)) {
    const record = decided.get(input.stage)?.record
    if (record !== undefined) upstream[alias] = record
  }
  const now: StageNow = { projectDir: request.projectDir, stage, meaning: request.meanings[stage.name] ?? {}, upstream }
  let reason = ''
  for (const record of records.toReversed()) {
    const why =
      record.stand_in === undefined ? await whyNot(now, { record, base }, decided) : await whyNotInstead(now, { record, base })
    if (why === null) return { action: 'reuse', reason: record.stand_in ?? reusedWords(record, base), record, base }
    if (reason === '') reason = why
  }
  return { action: 'run', reason }
}

async function whyNot(
  now: StageNow,
  { record, base }: { readonly record: CommitRecord; readonly base: ReuseBase },
  decided: ReadonlyMap<string, Decision>,
): Promise<string | null> {
  const changes = changedMeaning(now, record)
  if (changes.length > 0) return changes.join('; ')
  const again = Object.values(now.stage.inputs).find((input) => decided.get(input.stage)?.action === 'run')
  if (again !== undefined) return `upstream runs again: ${again.stage}`
  return (await changedInput(now, record)) ?? brokenOutput(base.store.layout(base.runId).dir, record)
}

/** What a person gave in place of an output stays, whatever goes in, until the stage itself is changed. */
async function whyNotInstead(
  now: StageNow,
  { record, base }: { readonly record: CommitRecord; readonly base: ReuseBase },
): Promise<string | null> {
  const changes = changedMeaning(now, record)
  return changes.length > 0 ? changes.join('; ') : brokenOutput(base.store.layout(base.runId).dir, record)
}

function reusedWords({ outputs }: CommitRecord, { runId, outputDir }: ReuseBase): string {
  const files = `${outputs.length} ${outputs.length === 1 ? 'file' : 'files'} verified`
  return outputDir === null ? `unchanged, ${files}` : `unchanged, ${files} (run ${runId})`
}

function plannedStage(pipeline: Pipeline, stage: Stage, decision: Decision): PlannedStage {
  const { action, reason, forced } = decision
  const reuses = reuseOf(decision)
  return {
    name: stage.name,
    number: stage.number,
    kind: stage.kind,
    module: stage.module,
    activity_type: stage.function === 'run' || stage.kind === 'command' ? stage.module : `${stage.module}#${stage.function}`,
    action,
    reason,
    ...(reuses === null ? {} : { reuses }),
    ...(forced === undefined ? {} : { forced }),
    needs: enabledNeeds(pipeline, stage),
    takes: [...new Set(Object.values(stage.inputs).map((input) => input.stage))],
    on_failure: stage.onFailure,
    ...(stage.pauseTimeoutMs === undefined ? {} : { pause_timeout_ms: stage.pauseTimeoutMs }),
    retry: stage.retry,
    timeout_ms: stage.timeoutMs,
    heartbeat_timeout_ms: stage.heartbeatTimeoutMs,
  }
}

function reuseOf({ record, base }: Decision): PlannedReuse | null {
  if (record === undefined || base === undefined) return null
  const { runId, outputDir } = base
  return { run_id: runId, generation: record.generation, ...(outputDir === null ? {} : { output_dir: outputDir }) }
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
