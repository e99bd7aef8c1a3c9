import { join } from 'node:path'
import type { JsonObject } from '../../pipeline/json.ts'
import type { Plan } from '../../pipeline/plan.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import { nextRunId } from '../../pipeline/run-id.ts'
import { packageVersion } from '../package-root.ts'
import { rememberOutputDir } from '../store/output-dirs.ts'
import { createRunStore, type RunStore } from '../store/run-store.ts'
import type { Generation } from '../store/stored.ts'
import { findEarlierOutputs } from './earlier-outputs.ts'
import { planStages } from './plan-stages.ts'
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
}

/** Reads, validates and resolves the pipeline, takes the run directory, and decides what each stage will do. */
export async function planRun(request: PlanRequest): Promise<{ readonly plan: Plan; readonly store: RunStore }> {
  const source = await readPipelineFile(request.projectDir, request.pipelineFile)
  const valid = await checkPipeline(source, createProjectCatalog(request.projectDir, { code: true }), request.set)
  const store = createRunStore(join(request.projectDir, valid.pipeline.config.outputDir))
  await rememberOutputDir(request.projectDir, valid.pipeline.config.outputDir)
  const runId = await takeRunDirectory(store, request, valid.pipeline.name)
  const generation = await composeGeneration(store, { ...request, runId }, source, valid)
  const { plan } = await store.saveGeneration(generation)
  // What runs again has no output until it has committed: nothing old is shown as its.
  if (request.mode === 'resume')
    for (const stage of plan.stages) if (stage.action === 'run') await store.withdraw(runId, stage.name, stage.number)
  return { plan, store }
}

/** What a run or resume would do, without taking or writing anything. */
export async function previewPlan(request: Omit<PlanRequest, 'generation' | 'workflowId'>): Promise<Plan> {
  const source = await readPipelineFile(request.projectDir, request.pipelineFile)
  const valid = await checkPipeline(source, createProjectCatalog(request.projectDir, { code: true }), request.set)
  const store = createRunStore(join(request.projectDir, valid.pipeline.config.outputDir))
  return (await composeGeneration(store, { ...request, generation: 'preview', workflowId: request.runId }, source, valid)).plan
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
  const { pipeline, configFiles } = valid
  const meanings: { [stage: string]: JsonObject } = {}
  for (const stage of pipeline.stages.filter((candidate) => candidate.enabled))
    meanings[stage.name] = await staticMeaning(request.projectDir, stage, configFiles[stage.name] ?? [])
  const earlier = await findEarlierOutputs(store, pipeline, request.runId)
  const resumes = request.mode === 'resume' ? request.runId : null
  const first = resumes === null ? undefined : (await store.generations(resumes))[0]
  const startedAt = new Date().toISOString()
  const plan: Plan = {
    run_id: request.runId,
    pipeline: pipeline.name,
    pipeline_file: source.file,
    generation: request.generation,
    started_at: startedAt,
    now: first?.plan.now ?? startedAt,
    params: pipeline.params,
    parallel: pipeline.execution.parallel,
    max_parallel: pipeline.execution.maxParallel,
    stop_on_error: pipeline.execution.stopOnError,
    timeout_ms: pipeline.execution.timeoutMs,
    stages: await planStages({ projectDir: request.projectDir, store, resumes, pipeline, meanings }),
    warnings: [
      ...valid.warnings.map((fault) => `${fault.file}:${fault.line}:${fault.column} ${fault.message}`),
      ...standIns(earlier),
    ],
  }
  return { schema_version: 1, plan, pipeline, meanings, earlier, set: request.set, versions: versions() }
}

function standIns(earlier: Generation['earlier']): string[] {
  return Object.entries(earlier).flatMap(([stage, inputs]) =>
    Object.values(inputs).map(
      (output) => `${stage} works on the output of ${output.stage} from run ${output.run_id}: ${output.stage} is disabled`,
    ),
  )
}

function versions(): Generation['versions'] {
  return { onclock: packageVersion, node: process.versions.node }
}
