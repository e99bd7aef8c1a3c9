import { OnclockError } from '../../pipeline/errors.ts'
import type { Pipeline, Stage } from '../../pipeline/pipeline.ts'
import type { RunStore } from '../store/run-store.ts'
import type { EarlierOutput } from '../store/stored.ts'

export type EarlierOutputs = { readonly [stage: string]: { readonly [alias: string]: EarlierOutput } }

/**
 * The latest-output rule of the original: where a stage works on the output of a disabled one, the newest completed output
 * of that stage from an earlier run of the same pipeline stands in. Pinned here, so that a later run does not change it.
 * @throws OnclockError INPUT_MISSING when no earlier run has one.
 */
export async function findEarlierOutputs(store: RunStore, pipeline: Pipeline, runId: string): Promise<EarlierOutputs> {
  const found: { [stage: string]: { [alias: string]: EarlierOutput } } = {}
  for (const stage of pipeline.stages.filter((candidate) => candidate.enabled)) {
    for (const [alias, input] of Object.entries(stage.inputs)) {
      if (pipeline.stages.some((other) => other.name === input.stage && other.enabled)) continue
      const earlier = await newestOutput(store, pipeline.name, input.stage, runId)
      if (earlier === null) throw missing(stage, input.stage)
      found[stage.name] = { ...found[stage.name], [alias]: earlier }
    }
  }
  return found
}

async function newestOutput(store: RunStore, pipeline: string, stage: string, except: string): Promise<EarlierOutput | null> {
  for (const runId of [...(await store.runIds())].reverse()) {
    if (runId === except || (await store.readClaim(runId))?.pipeline !== pipeline) continue
    const record = (await store.records(runId, stage)).at(-1)
    if (record !== undefined) return { run_id: runId, stage, generation: record.generation }
  }
  return null
}

function missing(stage: Stage, disabled: string): OnclockError {
  return new OnclockError(
    'INPUT_MISSING',
    `stage "${stage.name}" works on the output of "${disabled}", which is disabled, and no earlier run of this pipeline has one`,
    { hint: `Enable "${disabled}" (enabled: true), or give "${stage.name}" an input_file of its own.` },
  )
}
