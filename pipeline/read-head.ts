import { z } from 'zod'
import { configIssues } from './config-issues.ts'
import { isFreeKey, type OpenPipeline } from './open-pipeline.ts'
import type { Execution, PipelineConfig } from './pipeline.ts'
import {
  configSpec,
  type ConfigSpec,
  defaultsSpec,
  type DefaultsSpec,
  executionSpec,
  type ExecutionSpec,
  fileSpec,
} from './pipeline-file.ts'
import { unknownTimezone } from './read-schedules.ts'
import { resolveReferences, type References } from './references.ts'
import { isTimezone } from './run-id.ts'
import { milliseconds } from './stage-policy.ts'

/** Everything of a pipeline file but parameters, stages and schedules. */
export interface Head {
  readonly name: string
  readonly description: string | null
  readonly config: PipelineConfig
  readonly defaults: DefaultsSpec
  readonly execution: ExecutionSpec
}

/** Reads name, config, defaults and execution; a faulty section is reported and counts as not written. */
export function readHead(open: OpenPipeline, references: References): Head {
  const whole = section(open, ['pipeline'], wholeSpec, references)
  const config = section(open, ['pipeline', 'config'], configSpec, references) ?? {}
  if (config.timezone !== undefined && !isTimezone(config.timezone))
    open.faults.add(['pipeline', 'config', 'timezone'], unknownTimezone(config.timezone))
  const execution = section(open, ['pipeline', 'execution'], executionSpec, references) ?? {}
  if (execution.max_parallel !== undefined && execution.parallel !== true) {
    const message = 'max_parallel counts only with parallel: true'
    open.faults.add(['pipeline', 'execution', 'max_parallel'], { code: 'no_effect', message, severity: 'warning', atKey: true })
  }
  return {
    name: whole?.name ?? '',
    description: whole?.description ?? null,
    config: configOf(config),
    defaults: section(open, ['pipeline', 'defaults'], defaultsSpec, references) ?? {},
    execution,
  }
}

/** The keys that stand under `pipeline`; what is in the sections is checked section by section. */
const wholeSpec = fileSpec.shape.pipeline.extend({
  config: z.unknown().optional(),
  params: z.unknown().optional(),
  defaults: z.unknown().optional(),
  execution: z.unknown().optional(),
  stages: z.unknown().optional(),
  schedules: z.unknown().optional(),
})

function section<Spec>(open: OpenPipeline, path: readonly string[], spec: z.ZodType<Spec>, references: References): Spec | null {
  const raw = open.tree.json(path, 'number', isFreeKey)
  if (raw === undefined) return null
  const isWhole = path.length === 1
  const put = isWhole ? { value: raw, faults: [] } : resolveReferences(raw, references)
  for (const fault of put.faults)
    open.faults.add([...path, ...fault.path], { code: 'unknown_reference', message: fault.message, hint: fault.hint })
  const parsed = spec.safeParse(put.value)
  if (parsed.success) return parsed.data
  const where = isWhole ? ' under pipeline' : ` in ${path.at(-1)}`
  open.faults.addIssues(path, configIssues(parsed.error, put.value, spec), where)
  return null
}

function configOf(spec: ConfigSpec): PipelineConfig {
  const dataDir = spec.data_dir ?? 'data'
  return {
    logLevel: spec.log_level ?? 'INFO',
    dataDir,
    outputDir: spec.output_dir ?? `${dataDir.replace(/\/+$/, '')}/output`,
    timezone: spec.timezone ?? 'UTC',
    python: spec.python ?? null,
  }
}

/** The way stages run together, with defaults in place; how often they are tried is in their retry policies. */
export function executionOf(spec: ExecutionSpec): Execution {
  const parallel = spec.parallel ?? false
  return {
    parallel,
    maxParallel: parallel ? (spec.max_parallel ?? 4) : 1,
    stopOnError: spec.stop_on_error ?? true,
    timeoutMs: spec.timeout === undefined ? null : milliseconds(spec.timeout, 0),
  }
}
