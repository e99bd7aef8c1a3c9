import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { OnclockError } from '../pipeline/errors.ts'
import type { ConfigIssue } from '../pipeline/catalog.ts'
import type { JsonObject } from '../pipeline/json.ts'
import { newRunId } from '../pipeline/run-id.ts'
import type { Database } from './duckdb.ts'
import { createProjectCatalog } from './planning/project-catalog.ts'
import { publishFile } from './store/create-once.ts'
import { runModule } from './run-module.ts'
import { sealOutputs } from './seal-outputs.ts'
import type { StageContext, StageLog, StageResult } from './stage.ts'

/** One stage, tried without a pipeline, a run or a server. */
export interface StageAlone {
  readonly projectDir: string
  /** As in `module:` of a pipeline. */
  readonly module: string
  readonly function?: string
  readonly config: JsonObject
  /** Where its outputs go; made when missing. */
  readonly outDir: string
  readonly database: () => Promise<Database>
  readonly log: StageLog
  readonly signal: AbortSignal
  /** Pinned for tests; otherwise the time of the call. */
  readonly now?: Date
}

/**
 * Runs a stage in this process and returns its metadata: counts, files (relative to `outDir`), warnings, what it found.
 * @throws OnclockError CONFIG_INVALID with all faults of the config, STAGE_MODULE_NOT_FOUND, or what the stage throws.
 */
export async function runStageAlone(request: StageAlone): Promise<JsonObject> {
  const catalog = createProjectCatalog(request.projectDir, { code: true })
  const resolved = catalog.resolve(request.module)
  if (!resolved.found)
    throw new OnclockError('STAGE_MODULE_NOT_FOUND', resolved.message, resolved.hint === null ? {} : { hint: resolved.hint })
  const { kind, module } = resolved
  const name = request.function ?? 'run'
  const [check] = await catalog.check([{ kind, module, function: name, config: request.config }])
  if (check === undefined) throw new Error('the catalog answered nothing')
  const errors = check.issues.filter((issue) => issue.severity !== 'warning')
  if (errors.length > 0) throw configError(module, errors)
  const outDir = resolve(request.projectDir, request.outDir)
  const runId = newRunId(request.now ?? new Date(), 'UTC')
  const context = contextOf(request, outDir, runId)
  await mkdir(context.outDir, { recursive: true })
  const started = Date.now()
  const result = await runModule({ kind, module, function: name, command: null, config: check.config }, context, null)
  const outputs = await placeOutputs(result, context.outDir, outDir)
  const { rows, inputs, warnings, metadata } = result
  return {
    schema_version: 1,
    run_id: runId,
    module,
    status: 'completed',
    duration_ms: Date.now() - started,
    rows: rows === null ? null : { ...rows },
    inputs: inputs.map((input) => ({ ...input })),
    outputs,
    warnings,
    ...metadata,
  }
}

function contextOf(request: StageAlone, outDir: string, runId: string): StageContext {
  return {
    runId,
    stage: request.module.replaceAll(/[^A-Za-z0-9_-]+/g, '_'),
    stageNumber: 1,
    attempt: 1,
    projectDir: request.projectDir,
    now: request.now ?? new Date(),
    inputs: {},
    outDir: join(outDir, '.onclock', `${runId}_${process.pid}_${Math.random().toString(36).slice(2, 8)}`),
    database: request.database,
    log: request.log,
    progress: () => undefined,
    signal: request.signal,
  }
}

async function placeOutputs(result: StageResult, privateDir: string, outDir: string): Promise<JsonObject[]> {
  const sealed = await sealOutputs(outDir, privateDir, result.outputs)
  const placed: JsonObject[] = []
  for (const { public_name: name, path, ...file } of sealed) {
    if (name !== '') await publishFile(join(outDir, path), join(outDir, name))
    placed.push({ ...file, path: name === '' ? path : name })
  }
  return placed
}

function configError(module: string, issues: readonly ConfigIssue[]): OnclockError {
  const lines = issues.map(
    ({ path, message, hint }) => `${path.join('.') || 'config'}: ${message}${hint === null ? '' : ` · ${hint}`}`,
  )
  return new OnclockError(
    'CONFIG_INVALID',
    `the config of ${module} has ${issues.length === 1 ? 'a fault' : `${issues.length} faults`}:\n${lines.join('\n')}`,
  )
}
