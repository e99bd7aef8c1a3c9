import type { StageCatalog } from './catalog.ts'
import { checkConfigs } from './check-configs.ts'
import { linkDrafts, reportOutputNames, reportTimeouts } from './check-stages.ts'
import type { Fault } from './fault.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { openPipeline } from './open-pipeline.ts'
import type { Pipeline, Stage } from './pipeline.ts'
import { executionOf, type Head, readHead } from './read-head.ts'
import { readParams } from './read-params.ts'
import { readSchedules } from './read-schedules.ts'
import { readStages, type StageDraft } from './read-stages.ts'
import type { References } from './references.ts'
import type { StageLinks } from './stage-links.ts'
import { onFailureOf, pauseTimeoutOf, retryPolicyOf, timeoutsOf } from './stage-policy.ts'

export interface ParseOptions {
  /** As faults name it. */
  readonly file: string
  readonly catalog: StageCatalog
  /** Values of parameters: text from `--set`, typed values from a file. */
  readonly set?: { readonly [name: string]: string | JsonValue }
  /** What `${env.NAME}` may name. */
  readonly env: { readonly [name: string]: string | undefined }
}

export type ParsedPipeline =
  | {
      readonly ok: true
      readonly pipeline: Pipeline
      /** By stage name: files that its config names and the stage reads as configuration. */
      readonly configFiles: { readonly [stage: string]: readonly string[] }
      readonly warnings: readonly Fault[]
    }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/**
 * Reads a pipeline file: everything that is wrong with it at once, each fault with its place, or the pipeline with all
 * defaults filled in and all references in place.
 */
export async function parsePipeline(text: string, options: ParseOptions): Promise<ParsedPipeline> {
  const open = openPipeline(text, options.file)
  if (!('tree' in open)) return { ok: false, faults: sorted(open) }
  const params = readParams(open, options.set ?? {})
  const references: References = { params: params.values, env: options.env, unresolved: params.unresolved }
  const head = readHead(open, references)
  const drafts = readStages(open, options.catalog, references)
  const schedules = readSchedules(open, params, references, head.config.timezone)
  const links = linkDrafts(open, drafts, head)
  const checked = await checkConfigs(open, drafts, options.catalog)
  reportTimeouts(open, drafts, head.defaults)
  reportOutputNames(open, drafts)
  const faults = sorted(open.faults.faults)
  if (faults.some((fault) => fault.severity === 'error')) return { ok: false, faults }
  const stages = drafts.flatMap((draft, index) => stageOf(draft, index, links[index], { head, configs: checked.configs }))
  const { name, description, config, execution } = head
  const pipeline = { name, description, config, params: params.values, execution: executionOf(execution), stages, schedules }
  return { ok: true, pipeline, configFiles: checked.files, warnings: faults }
}

/** A stage as it runs; only called when nothing is faulty. */
function stageOf(
  draft: StageDraft,
  index: number,
  links: StageLinks | undefined,
  given: { head: Head; configs: { readonly [stage: string]: JsonObject } },
): Stage[] {
  const { spec, kind } = draft
  if (kind === null || links === undefined) return []
  const { defaults, execution } = given.head
  const { timeoutMs, heartbeatTimeoutMs } = timeoutsOf(spec, defaults)
  const onFailure = onFailureOf(spec, defaults, execution)
  return [
    {
      name: draft.name,
      number: index + 1,
      kind,
      module: draft.module,
      function: spec.function ?? 'run',
      command: kind === 'command' ? ((spec.command ?? null) as Stage['command']) : null,
      enabled: spec.enabled ?? true,
      needs: links.needs,
      inputs: links.inputs,
      config: given.configs[draft.name] ?? draft.config,
      onFailure,
      ...pauseTimeoutOf(spec, defaults, onFailure),
      retry: retryPolicyOf(spec.retry, defaults.retry, execution),
      timeoutMs,
      heartbeatTimeoutMs,
    },
  ]
}

/** In the order of the file, each once; where the YAML itself is wrong, what a schema says of the value is only an echo. */
function sorted(faults: readonly Fault[]): Fault[] {
  const placeOf = (fault: Fault): string => `${fault.file}:${fault.line}:${fault.column}`
  const broken = new Map(
    faults
      .toReversed()
      .filter(({ code }) => code.startsWith('yaml_'))
      .map((fault) => [placeOf(fault), fault.message]),
  )
  const sound = faults.filter((fault) => !broken.has(placeOf(fault)) || broken.get(placeOf(fault)) === fault.message)
  return [...new Map(sound.map((fault) => [`${placeOf(fault)} ${fault.message}`, fault])).values()].sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.severity.localeCompare(b.severity),
  )
}
