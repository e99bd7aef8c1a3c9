import type { JsonObject } from './json.ts'
import { globMeansOutput, outputNameOf } from './output-name.ts'
import type { StageInput, StageKind } from './pipeline.ts'
import { didYouMean } from './suggest.ts'
import type { Path } from './yaml-tree.ts'

/** What of a stage says on which others it depends. */
export interface LinkableStage {
  readonly name: string
  readonly kind: StageKind | null
  readonly enabled: boolean
  readonly needs: readonly string[] | undefined
  readonly input: string | { readonly [alias: string]: string } | undefined
  readonly config: JsonObject
}

export interface StageLinks {
  readonly needs: readonly string[]
  readonly inputs: { readonly [alias: string]: StageInput }
}

export interface LinkFault {
  /** Index into the stages given. */
  readonly stage: number
  /** From the stage down: `['needs', 0]`. */
  readonly path: Path
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

const BUILTIN_DATASETS = ['output', 'rejected', 'filtered', 'duplicates']

/**
 * On which stages each one depends: by `needs`, by `input`, by a config value that is another stage's `output_file` (or a glob
 * of its name) and, where none of the first two is written and stages run one by one, on the stage before.
 */
export function linkStages(
  stages: readonly LinkableStage[],
  options: { readonly parallel: boolean; readonly outputDir: string },
): { links: StageLinks[]; faults: LinkFault[] } {
  const faults: LinkFault[] = []
  const links = stages.map((stage, index) => {
    const report = (path: Path, code: string, message: string, hint: string | null): void => {
      faults.push({ stage: index, path, code, message, hint })
    }
    const written = writtenInputs(stage, stages, report)
    const implied = impliedInputs(index, stages, options.outputDir)
    if (
      written['input'] !== undefined &&
      stage.config['input_file'] !== undefined &&
      !sameInput(written['input'], implied['input'])
    ) {
      report(
        ['config', 'input_file'],
        'two_inputs',
        `stage "${stage.name}" has both input and input_file`,
        'Keep one; name further files by other keys',
      )
    }
    const inputs = { ...written, ...Object.fromEntries(Object.entries(implied).filter(([alias]) => !(alias in written))) }
    const before = stage.input === undefined && !options.parallel ? stages.slice(Math.max(0, index - 1), index) : []
    const needs = stage.needs === undefined ? before.map(({ name }) => name) : knownNeeds(stage, stages, report)
    const taken = Object.keys(inputs).length > 0 ? inputs : inputByOrder(stage, needs)
    const hasInput = stage.input !== undefined || stage.config['input_file'] !== undefined || Object.keys(taken).length > 0
    if (stage.kind === 'builtin' && !hasInput) {
      const hint = 'Name it: `input: STAGE` beside its module, or `input_file` in its config'
      report(['module'], 'no_input', `stage "${stage.name}" has nothing to read`, hint)
    }
    return { needs: [...new Set([...needs, ...Object.values(taken).map((input) => input.stage)])], inputs: taken }
  })
  return { links, faults: [...faults, ...orderFaults(stages, links, options.parallel)] }
}

/** A built-in stage that names no input works on the one stage it comes after: there is nothing else it could mean. */
function inputByOrder(stage: LinkableStage, needs: readonly string[]): { [alias: string]: StageInput } {
  const [only] = needs
  if (stage.kind !== 'builtin' || needs.length !== 1 || only === undefined) return {}
  return stage.input === undefined && stage.config['input_file'] === undefined
    ? { input: { stage: only, dataset: 'output' } }
    : {}
}

type Report = (path: Path, code: string, message: string, hint: string | null) => void

function knownNeeds(stage: LinkableStage, stages: readonly LinkableStage[], report: Report): string[] {
  const names = stages.map(({ name }) => name)
  return (stage.needs ?? []).filter((need, index) => {
    if (names.includes(need)) return true
    report(
      ['needs', index],
      'unknown_stage',
      `stage "${stage.name}" needs "${need}", which is no stage`,
      hintFor(need, stage, names),
    )
    return false
  })
}

function writtenInputs(stage: LinkableStage, stages: readonly LinkableStage[], report: Report): { [alias: string]: StageInput } {
  const isPlain = typeof stage.input === 'string'
  const written = typeof stage.input === 'string' ? { input: stage.input } : (stage.input ?? {})
  const inputs: { [alias: string]: StageInput } = {}
  for (const [alias, reference] of Object.entries(written)) {
    const path = isPlain ? ['input'] : ['input', alias]
    const input = inputOf(reference, stages)
    if (input === null) {
      const names = stages.map(({ name }) => name)
      report(path, 'unknown_stage', `input "${reference}" of stage "${stage.name}" is no stage`, hintFor(reference, stage, names))
      continue
    }
    const source = stages.find(({ name }) => name === input.stage)
    if (source?.kind === 'builtin' && !BUILTIN_DATASETS.includes(input.dataset)) {
      const hint = didYouMean(input.dataset, BUILTIN_DATASETS) ?? `There are ${BUILTIN_DATASETS.join(', ')}`
      report(path, 'unknown_dataset', `stage "${input.stage}" has no dataset "${input.dataset}"`, hint)
    }
    inputs[alias] = input
  }
  return inputs
}

/** A stage's name, or what stands before the last dot of it: names may hold dots themselves. */
function inputOf(reference: string, stages: readonly LinkableStage[]): StageInput | null {
  if (stages.some(({ name }) => name === reference)) return { stage: reference, dataset: 'output' }
  const dot = reference.lastIndexOf('.')
  const [name, dataset] = [reference.slice(0, Math.max(0, dot)), reference.slice(dot + 1)]
  return dataset !== '' && stages.some((stage) => stage.name === name) ? { stage: name, dataset } : null
}

function hintFor(word: string, stage: LinkableStage, names: readonly string[]): string | null {
  const others = names.filter((name) => name !== stage.name)
  const before = word.slice(0, Math.max(0, word.lastIndexOf('.')))
  if (others.includes(before)) return `Did you mean "${before}"?`
  return (
    didYouMean(word.split('.')[0] ?? word, others) ??
    (others.length === 0 ? null : `Stages are ${others.slice(0, 10).join(', ')}`)
  )
}

function impliedInputs(index: number, stages: readonly LinkableStage[], outputDir: string): { [alias: string]: StageInput } {
  const inputs: { [alias: string]: StageInput } = {}
  for (const [key, value] of Object.entries(stages[index]?.config ?? {})) {
    if (key === 'output_file' || typeof value !== 'string') continue
    const equal = stages.find((other, place) => place !== index && other.config['output_file'] === value)
    const source = equal ?? stages.slice(0, index).findLast((other) => isGlobOf(value, other, outputDir))
    if (source !== undefined) inputs[key === 'input_file' ? 'input' : key] = { stage: source.name, dataset: 'output' }
  }
  return inputs
}

function isGlobOf(value: string, stage: LinkableStage, outputDir: string): boolean {
  const outputFile = stage.config['output_file']
  return typeof outputFile === 'string' && globMeansOutput(value, outputNameOf(outputFile), outputDir)
}

const sameInput = (a: StageInput, b: StageInput | undefined): boolean => a.stage === b?.stage && a.dataset === b.dataset

/** Stages that need each other, and needs that file order makes impossible. */
function orderFaults(stages: readonly LinkableStage[], links: readonly StageLinks[], parallel: boolean): LinkFault[] {
  const faults: LinkFault[] = []
  const inCycles = new Set<string>()
  const indexOf = new Map(stages.map(({ name }, index) => [name, index]))
  for (const [index, stage] of stages.entries()) {
    if (inCycles.has(stage.name)) continue
    const cycle = cycleFrom(stage.name, (name) => links[indexOf.get(name) ?? -1]?.needs ?? [])
    if (cycle !== null) {
      for (const name of cycle) inCycles.add(name)
      const message =
        cycle.length === 1
          ? `stage "${stage.name}" needs itself`
          : `stages need each other: ${[...cycle, stage.name].join(' → ')}`
      faults.push({
        stage: index,
        path: pathOfNeed(stage, cycle[1] ?? stage.name),
        code: 'cycle',
        message,
        hint: 'Take one of these needs or inputs out',
      })
    }
  }
  if (parallel) return faults
  for (const [index, stage] of stages.entries()) {
    const later = links[index]?.needs.find((name) => (indexOf.get(name) ?? 0) > index && !inCycles.has(stage.name))
    if (later === undefined) continue
    const message = `stage "${stage.name}" needs "${later}", which comes later in the file`
    faults.push({
      stage: index,
      path: pathOfNeed(stage, later),
      code: 'needs_later',
      message,
      hint: 'Move it down, or set execution.parallel: true',
    })
  }
  return faults
}

/** The shortest way from a stage back to itself; null when there is none. */
function cycleFrom(start: string, needsOf: (name: string) => readonly string[]): string[] | null {
  const ways = [[start]]
  const seen = new Set<string>()
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    for (const need of needsOf(way.at(-1) as string)) {
      if (need === start) return way
      if (seen.has(need)) continue
      seen.add(need)
      ways.push([...way, need])
    }
  }
  return null
}

/** The key that makes a stage need another. */
function pathOfNeed(stage: LinkableStage, need: string): Path {
  const place = stage.needs?.indexOf(need) ?? -1
  if (place >= 0) return ['needs', place]
  if (typeof stage.input === 'string') return ['input']
  const alias = Object.entries(stage.input ?? {}).find(
    ([, reference]) => reference === need || reference.startsWith(`${need}.`),
  )?.[0]
  if (alias !== undefined) return ['input', alias]
  return stage.config['input_file'] === undefined ? ['name'] : ['config', 'input_file']
}
