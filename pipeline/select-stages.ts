import { OnclockError } from './errors.ts'
import type { Pipeline, Stage } from './pipeline.ts'

/** Which stages a start or resume is about: `--from`, `--until`, `--only`, by the stages' names. */
export interface StageChoice {
  readonly from?: string
  readonly until?: string
  readonly only?: string
}

/** A pipeline of which some stages are left out as if they were disabled, and why, by their names. */
export interface SelectedStages {
  readonly pipeline: Pipeline
  readonly left: ReadonlyMap<string, string>
}

/**
 * Leaves out what was not chosen: `from` keeps a stage and all that depends on it, `until` a stage and all that it needs,
 * both together what lies between, `only` the stage alone.
 * @throws OnclockError STAGE_NOT_FOUND; USAGE for a disabled stage, and where nothing lies between.
 */
export function selectStages(pipeline: Pipeline, choice: StageChoice): SelectedStages {
  const { from, until, only } = choice
  for (const name of [from, until, only]) if (name !== undefined) requireEnabled(pipeline, name)
  const sets = [
    ...(from === undefined ? [] : [withDependents(pipeline.stages, from)]),
    ...(until === undefined ? [] : [withNeeds(pipeline.stages, until)]),
    ...(only === undefined ? [] : [new Set([only])]),
  ]
  const chosen = (stage: Stage): boolean => sets.every((names) => names.has(stage.name))
  if (!pipeline.stages.some((stage) => stage.enabled && chosen(stage)))
    throw new OnclockError('USAGE', `no stage lies between "${from ?? ''}" and "${until ?? only ?? ''}"`, {
      hint: 'onclock graph shows what depends on what.',
    })
  const reason = `not selected (${wordsOf(choice)})`
  const left = pipeline.stages.filter((stage) => stage.enabled && !chosen(stage)).map(({ name }) => [name, reason] as const)
  const stages = pipeline.stages.map((stage) => (chosen(stage) ? stage : { ...stage, enabled: false }))
  return { pipeline: { ...pipeline, stages }, left: new Map(left) }
}

/** A choice as it is typed: `--from keep --until score`. */
export function wordsOf(choice: StageChoice): string {
  return Object.entries(choice)
    .map(([option, stage]) => `--${option} ${String(stage)}`)
    .join(' ')
}

/** The names of a stage and of all that depend on it, by data or by `needs`. */
export function withDependents(stages: readonly Stage[], name: string): Set<string> {
  const names = new Set([name])
  for (let before = 0; before < names.size;) {
    before = names.size
    for (const stage of stages) if (stage.needs.some((need) => names.has(need))) names.add(stage.name)
  }
  return names
}

function withNeeds(stages: readonly Stage[], name: string): Set<string> {
  const names = new Set([name])
  for (let before = 0; before < names.size;) {
    before = names.size
    for (const stage of stages) if (names.has(stage.name)) for (const need of stage.needs) names.add(need)
  }
  return names
}

/** @throws OnclockError STAGE_NOT_FOUND for a stage that is not there; USAGE for one that does not take part. */
export function requireEnabled(pipeline: Pipeline, name: string): void {
  const stage = pipeline.stages.find((candidate) => candidate.name === name)
  if (stage === undefined)
    throw new OnclockError('STAGE_NOT_FOUND', `the pipeline has no stage "${name}"`, {
      hint: `Its stages are ${pipeline.stages.map((other) => other.name).join(', ')}.`,
    })
  if (!stage.enabled)
    throw new OnclockError('USAGE', `stage "${name}" is disabled`, { hint: 'Enable it in the pipeline (enabled: true).' })
}
