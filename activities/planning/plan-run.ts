import { join } from 'node:path'
import type { JsonObject } from '../../pipeline/json.ts'
import type { ReusedRun } from '../../pipeline/messages.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Plan } from '../../pipeline/plan.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import { slotOf, slotRunId } from '../../pipeline/schedule-slot.ts'
import { SLOT_TIME } from '../../pipeline/references.ts'
import { nextRunId } from '../../pipeline/run-id.ts'
import { requireEnabled, type StageChoice, selectStages, withDependents } from '../../pipeline/select-stages.ts'
import { packageVersion } from '../package-root.ts'
import { rememberOutputDir } from '../store/output-dirs.ts'
import { createRunStore, type RunStore } from '../store/run-store.ts'
import type { Generation } from '../store/stored.ts'
import { earlierRecords, type EarlierOutputs, findEarlierOutputs } from './earlier-outputs.ts'
import { planStages, type ReuseBase, type StagesToPlan } from './plan-stages.ts'
import { createProjectCatalog } from './project-catalog.ts'
import { checkPipeline, type PipelineSource, readPipelineFile, type ValidPipeline } from './read-pipeline.ts'
import { staticMeaning } from './stage-meaning.ts'

/** What is to be run: the same for a start and for a resume. */
export interface PlanRequest {
  readonly projectDir: string
  /** Relative to the project; read anew each time. */
  readonly pipelineFile: string
  /** `--set`, as typed. */
  readonly set: { readonly [name: string]: string }
  readonly runId: string
  readonly workflowId: string
  readonly generation: string
  /** A resume goes on in the directory that the run has; a start takes one that nobody has. */
  readonly mode: 'run' | 'resume'
  /** Of a run: the stages that take part. Of a resume, and with `reuse`: `from` runs again, with all that depends on it. */
  readonly stages?: StageChoice
  /** The run whose unchanged stages a new one takes over. */
  readonly reuse?: ReusedRun
  /** The schedule that began it. */
  readonly schedule?: string
}

/** Reads, validates and resolves the pipeline, takes the run directory, and decides what each stage will do. */
export async function planRun(asked: PlanRequest): Promise<{ readonly plan: Plan; readonly store: RunStore }> {
  const slot = asked.schedule === undefined ? null : slotOf(asked.workflowId)
  const request = slot === null ? asked : { ...asked, set: setAt(asked.set, slot) }
  const source = await readPipelineFile(request.projectDir, request.pipelineFile)
  const valid = await checkPipeline(source, createProjectCatalog(request.projectDir, { code: true }), request.set)
  const store = createRunStore(join(request.projectDir, valid.pipeline.config.outputDir))
  await rememberOutputDir(request.projectDir, valid.pipeline.config.outputDir)
  const wanted = slot === null ? {} : { runId: slotRunId(slot, request.schedule ?? '', valid.pipeline.config.timezone) }
  const named = request.mode === 'resume' ? request : { ...request, ...wanted }
  const runId = await takeRunDirectory(store, named, valid.pipeline.name)
  const before = request.mode === 'resume' ? await store.generations(runId) : []
  const generation = await composeGeneration(store, { ...request, runId }, source, valid)
  const { plan } = await store.saveGeneration(generation)
  await withdrawOld(store, before, plan)
  return { plan, store }
}

function setAt(set: PlanRequest['set'], slot: Date): PlanRequest['set'] {
  return Object.fromEntries(Object.entries(set).map(([name, value]) => [name, value.replaceAll(SLOT_TIME, slotWord(slot))]))
}

function slotWord(slot: Date): string {
  return slot.toISOString().replace('.000Z', 'Z')
}

/** A scheduled run works as of its slot, however late it begins. */
function slotTime({ schedule, workflowId }: PlanRequest): string | undefined {
  return schedule === undefined ? undefined : slotOf(workflowId)?.toISOString()
}

/** What a run or resume would do, without taking or writing anything. */
export async function previewPlan(request: Omit<PlanRequest, 'generation' | 'workflowId'>): Promise<Plan> {
  const source = await readPipelineFile(request.projectDir, request.pipelineFile)
  const valid = await checkPipeline(source, createProjectCatalog(request.projectDir, { code: true }), request.set)
  const store = createRunStore(join(request.projectDir, valid.pipeline.config.outputDir))
  return (await composeGeneration(store, { ...request, generation: 'preview', workflowId: request.runId }, source, valid)).plan
}

/**
 * What runs again has no output until it has committed, and what the pipeline no longer has, or has in another place, no
 * files there: nothing old is shown as the run's. A reused stage puts its own in place again.
 */
async function withdrawOld(store: RunStore, before: readonly Generation[], plan: Plan): Promise<void> {
  if (before.length === 0) return
  const kept = new Set(plan.stages.filter(({ action }) => action === 'reuse').map(({ name, number }) => `${number} ${name}`))
  const old = [...before.flatMap((generation) => generation.plan.stages), ...plan.stages]
  const gone = new Map(old.map(({ name, number }) => [`${number} ${name}`, { name, number }]))
  for (const [key, { name, number }] of gone) if (!kept.has(key)) await store.withdraw(plan.run_id, name, number)
}

async function takeRunDirectory(store: RunStore, request: PlanRequest, pipeline: string): Promise<string> {
  if (request.mode === 'resume') {
    const claim = await store.readClaim(request.runId)
    if (claim === null) throw new OnclockError('RUN_NOT_FOUND', `there is no run directory for ${request.runId}`)
    return request.runId
  }
  for (let runId = request.runId; ; runId = nextRunId(runId)) {
    const outcome = await store.claim({
      schema_version: 1,
      run_id: runId,
      workflow_id: request.workflowId,
      execution: request.generation,
      pipeline,
      claimed_at: new Date().toISOString(),
    })
    if (outcome !== 'taken') return runId
  }
}

async function composeGeneration(
  store: RunStore,
  request: PlanRequest,
  source: PipelineSource,
  valid: ValidPipeline,
): Promise<Generation> {
  const before = request.mode === 'resume' ? await store.generations(request.runId) : []
  const { selected, reuses, from } = choicesOf(request, before.at(-1))
  const { pipeline, left } = selectStages(valid.pipeline, selected)
  const meanings: { [stage: string]: JsonObject } = {}
  for (const stage of pipeline.stages.filter((candidate) => candidate.enabled))
    meanings[stage.name] = await staticMeaning(request.projectDir, stage, valid.configFiles[stage.name] ?? [])
  const search = { store, runId: request.runId, pinned: before.at(-1)?.earlier ?? {}, reuses: reuses?.run_id ?? null, left }
  const earlier = await findEarlierOutputs(pipeline, search)
  const startedAt = new Date().toISOString()
  const plan: Plan = {
    run_id: request.runId,
    pipeline: pipeline.name,
    pipeline_file: source.file,
    generation: request.generation,
    started_at: startedAt,
    now: before[0]?.plan.now ?? (await nowOf(request.projectDir, reuses)) ?? slotTime(request) ?? startedAt,
    params: pipeline.params,
    parallel: pipeline.execution.parallel,
    max_parallel: pipeline.execution.maxParallel,
    stop_on_error: pipeline.execution.stopOnError,
    timeout_ms: pipeline.execution.timeoutMs,
    stages: await planStages({
      projectDir: request.projectDir,
      pipeline,
      meanings,
      bases: basesOf(request, store, reuses),
      left,
      again: againFrom(pipeline, from),
      earlier: await earlierRecords(store, earlier),
    }),
    warnings: [
      ...valid.warnings.map((fault) => `${fault.file}:${fault.line}:${fault.column} ${fault.message}`),
      ...standIns(earlier, left),
      ...removedStages(before.at(-1), pipeline),
    ],
  }
  const chosen = Object.keys(selected).length === 0 ? {} : { selected }
  const reusing = reuses === null ? {} : { reuses }
  return { schema_version: 1, plan, pipeline, meanings, earlier, set: request.set, ...chosen, ...reusing, versions: versions() }
}

interface Choices {
  /** The stages that take part. */
  readonly selected: StageChoice
  readonly reuses: ReusedRun | null
  /** Runs again, with all that depends on it. */
  readonly from: string | null
}

/** A resume goes on with the choices that the run was started with. */
function choicesOf({ mode, stages = {}, reuse }: PlanRequest, last: Generation | undefined): Choices {
  if (mode === 'resume') return { selected: last?.selected ?? {}, reuses: last?.reuses ?? null, from: stages.from ?? null }
  if (reuse === undefined) return { selected: stages, reuses: null, from: null }
  const { from, ...selected } = stages
  return { selected, reuses: reuse, from: from ?? null }
}

function basesOf({ mode, projectDir, runId }: PlanRequest, store: RunStore, reuses: ReusedRun | null): ReuseBase[] {
  const own = mode === 'resume' ? [{ store, runId, outputDir: null }] : []
  if (reuses === null) return own
  const { run_id: other, output_dir: outputDir } = reuses
  return [...own, { store: createRunStore(join(projectDir, outputDir)), runId: other, outputDir }]
}

function againFrom(pipeline: Pipeline, from: string | null): StagesToPlan['again'] {
  if (from === null) return null
  requireEnabled(pipeline, from)
  return { from, stages: withDependents(pipeline.stages, from) }
}

/** What a rule compares with `now` comes out the same in both runs, so that they differ by what was edited alone. */
async function nowOf(projectDir: string, reuses: ReusedRun | null): Promise<string | undefined> {
  if (reuses === null) return undefined
  return (await createRunStore(join(projectDir, reuses.output_dir)).generations(reuses.run_id))[0]?.plan.now
}

function standIns(earlier: EarlierOutputs, left: ReadonlyMap<string, string>): string[] {
  return Object.entries(earlier).flatMap(([stage, inputs]) =>
    Object.values(inputs).map(
      (output) =>
        `${stage} works on the output of ${output.stage} from run ${output.run_id}: ${output.stage} is ${left.get(output.stage) ?? 'disabled'}`,
    ),
  )
}

function removedStages(last: Generation | undefined, { stages }: Pipeline): string[] {
  const gone = (last?.plan.stages ?? []).filter(({ name }) => !stages.some((stage) => stage.name === name))
  return gone.map(({ name }) => `${name} is no longer in the pipeline: its files are taken out of the run directory`)
}

function versions(): Generation['versions'] {
  return { onclock: packageVersion, node: process.versions.node }
}
