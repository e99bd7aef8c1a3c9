import type { ConfigIssue, ModuleResolution, StageCatalog } from './catalog.ts'
import { configIssues } from './config-issues.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { isFreeKey, isMapping, type OpenPipeline } from './open-pipeline.ts'
import type { StageKind } from './pipeline.ts'
import { type SoundSpec, stageSpec } from './pipeline-file.ts'
import { resolveReferences, type References } from './references.ts'
import type { Path } from './yaml-tree.ts'

/** A stage as far as it could be read: what is missing or null was faulty, and has been reported. */
export interface StageDraft {
  readonly path: Path
  readonly name: string
  readonly spec: SoundSpec
  readonly kind: StageKind | null
  readonly module: string
  readonly config: JsonObject
  /** Places below the config whose references lead nowhere: no second fault about their values. */
  readonly unresolved: readonly Path[]
}

const BASE = ['pipeline', 'stages']

/** Reads every stage of the file by itself, with references in place. */
export function readStages(open: OpenPipeline, catalog: StageCatalog, references: References): StageDraft[] {
  const raw = open.tree.json(BASE, 'number', isFreeKey)
  if (!Array.isArray(raw) || raw.length === 0) {
    reportNoStages(open, raw)
    return []
  }
  const drafts = raw.map((_, index) => readStage(open, [...BASE, index], catalog, references))
  reportDuplicates(open, drafts)
  return drafts
}

function reportNoStages({ faults }: OpenPipeline, raw: JsonValue | undefined): void {
  const isAbsent = raw === undefined
  const message = isAbsent ? 'the pipeline has no stages' : '"stages" must be a list with at least one stage'
  const hint = 'Write stages: and below it, for each stage, - name: … with a module or a command'
  faults.add(isAbsent ? ['pipeline'] : BASE, { code: 'no_stages', message, hint, atKey: true })
}

function readStage(open: OpenPipeline, path: Path, catalog: StageCatalog, references: References): StageDraft {
  const { tree, faults } = open
  const written = tree.json(path, 'number', isFreeKey) ?? null
  const stage = isMapping(written) ? written : {}
  const name = nameOf(stage, path)
  const where = ` in stage "${name}"`
  const resolution = resolved(catalog, stage['module'], references)
  const isBuiltin = resolution?.found === true && resolution.kind === 'builtin'
  const put = resolveReferences(withSourceText(open, path, written, isBuiltin), references)
  for (const fault of put.faults) {
    faults.add([...path, ...fault.path], { code: 'unknown_reference', message: fault.message + where, hint: fault.hint })
  }
  const spec = specOf(put.value, (issues) => faults.addIssues(path, issues, where))
  if (!isBuiltin) reportLongNumbers(open, [...path, 'config'])
  const value = isMapping(put.value) ? put.value : null
  if (value !== null) reportModule(open, path, value, resolution)
  return {
    path,
    name,
    spec,
    kind: kindOf(value, resolution),
    module: resolution?.found === true ? resolution.module : 'command',
    config: isMapping(value?.['config']) ? value['config'] : {},
    unresolved: put.unresolved.filter(([first]) => first === 'config').map((at) => at.slice(1)),
  }
}

/** Of a faulty stage the keys that are right by themselves, so that what they say is checked too. */
function specOf(stage: JsonValue, report: (issues: readonly ConfigIssue[]) => void): SoundSpec {
  const parsed = stageSpec.safeParse(stage)
  if (parsed.success) return parsed.data
  report(configIssues(parsed.error, stage, stageSpec))
  if (!isMapping(stage)) return {}
  const entries = Object.entries(stage).filter(([key, value]) => partialSpec.safeParse({ [key]: value }).success)
  return partialSpec.parse(Object.fromEntries(entries))
}

const partialSpec = stageSpec.partial()

/** The name, or for a stage without one its place in the file. */
function nameOf(stage: JsonObject, path: Path): string {
  return typeof stage['name'] === 'string' ? stage['name'] : `stage ${Number(path.at(-1)) + 1}`
}

function kindOf(value: JsonObject | null, resolution: ModuleResolution | null): StageKind | null {
  if (resolution !== null) return resolution.found ? resolution.kind : null
  return value?.['module'] === undefined && value?.['command'] !== undefined ? 'command' : null
}

function resolved(catalog: StageCatalog, module: JsonValue | undefined, references: References): ModuleResolution | null {
  if (typeof module !== 'string') return null
  const { value, faults } = resolveReferences(module, references)
  return faults.length > 0 || typeof value !== 'string' || value === '' ? null : catalog.resolve(value)
}

/** Arguments of a command, and values for a built-in stage, keep the text of numbers that would lose it. */
function withSourceText({ tree }: OpenPipeline, path: Path, written: JsonValue, isBuiltin: boolean): JsonValue {
  if (!isMapping(written)) return written
  const command = tree.json([...path, 'command'], 'source')
  const config = isBuiltin ? tree.json([...path, 'config'], 'source', isFreeKey) : written['config']
  return {
    ...written,
    ...(command === undefined ? {} : { command: argumentsOf(command) }),
    ...(config === undefined ? {} : { config }),
  }
}

function argumentsOf(command: JsonValue): JsonValue {
  if (!Array.isArray(command)) return command
  return command.map((item: JsonValue) => (typeof item === 'number' || typeof item === 'boolean' ? String(item) : item))
}

function reportModule({ faults }: OpenPipeline, path: Path, value: JsonObject, resolution: ModuleResolution | null): void {
  const where = typeof value['name'] === 'string' ? `stage "${value['name']}"` : 'a stage'
  const [module, command] = [value['module'], value['command']]
  if (module === undefined && command === undefined) {
    faults.add(path, {
      code: 'no_module',
      message: `${where} has neither module nor command`,
      hint: 'Say what it runs: module: take_input_csv, or command: …',
    })
  }
  if (module !== undefined && command !== undefined) {
    faults.add([...path, 'command'], {
      code: 'module_and_command',
      message: `${where} has both module and command`,
      hint: 'Keep one of them',
      atKey: true,
    })
  }
  if (module === undefined && command !== undefined && value['function'] !== undefined) {
    faults.add([...path, 'function'], {
      code: 'function_of_command',
      message: `${where} is a command, which has no function`,
      hint: 'Take it out',
      atKey: true,
    })
  }
  if (resolution?.found === false) {
    const { message, hint } = resolution
    faults.add([...path, 'module'], { code: 'unknown_module', message: `${message} (${where})`, hint })
  }
}

/** A module of one's own gets JavaScript numbers: what has more digits than they hold would be changed silently. */
function reportLongNumbers({ tree, faults }: OpenPipeline, base: Path): void {
  const walk = (value: JsonValue, path: Path): void => {
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      const source = tree.sourceOf(path) ?? String(value)
      const hint = `Put it in single quotes to keep every digit: '${source}'`
      faults.add(path, {
        code: 'long_number',
        message: `${source} has more digits than a number holds`,
        hint,
        severity: 'warning',
      })
    }
    if (Array.isArray(value)) value.forEach((item: JsonValue, index) => walk(item, [...path, index]))
    else if (isMapping(value)) Object.entries(value).forEach(([key, item]) => walk(item, [...path, key]))
  }
  walk(tree.json(base, 'number') ?? null, base)
}

function reportDuplicates({ faults }: OpenPipeline, drafts: readonly StageDraft[]): void {
  const seen = new Map<string, StageDraft>()
  for (const draft of drafts) {
    const first = seen.get(draft.name.toLowerCase())
    if (first === undefined) seen.set(draft.name.toLowerCase(), draft)
    else {
      const same = first.name === draft.name
      const message = same
        ? `two stages are called "${draft.name}"`
        : `stage names "${first.name}" and "${draft.name}" differ only in case`
      faults.add([...draft.path, 'name'], { code: 'duplicate_stage', message, hint: 'Give one of them another name' })
    }
  }
}
