import { OnclockError } from '../../pipeline/errors.ts'
import type { Pipeline, Stage } from '../../pipeline/pipeline.ts'
import type { CommitRecord } from '../../pipeline/record.ts'
import type { RunStore } from '../store/run-store.ts'
import type { EarlierOutput, Generation } from '../store/stored.ts'

export type EarlierOutputs = Generation['earlier']

/** Where to look for what stands in for a stage that is left out. */
export interface EarlierSearch {
  readonly store: RunStore
  readonly runId: string
  /** What an earlier generation of the same run took: it stays, whatever ran since. */
  readonly pinned: EarlierOutputs
  /** The run that the new one takes over comes before newer ones. */
  readonly reuses: string | null
  /** Stages that are left out because they were not selected; the others are disabled. */
  readonly left: ReadonlyMap<string, string>
}

/**
 * The latest-output rule of the original: where a stage works on the output of one that is disabled or not selected, the
 * newest completed output of that stage from an earlier run of the same pipeline stands in. Pinned here, so that a later run
 * does not change it.
 * @throws OnclockError INPUT_MISSING when no earlier run has one.
 */
export async function findEarlierOutputs(pipeline: Pipeline, search: EarlierSearch): Promise<EarlierOutputs> {
  const found: { [stage: string]: { [alias: string]: EarlierOutput } } = {}
  for (const stage of pipeline.stages.filter((candidate) => candidate.enabled)) {
    for (const [alias, input] of Object.entries(stage.inputs)) {
      if (pipeline.stages.some((other) => other.name === input.stage && other.enabled)) continue
      const earlier = await earlierOutput(pipeline.name, { stage: stage.name, alias, upstream: input.stage }, search)
      if (earlier === null) throw missing(stage, input.stage, search.left.get(input.stage) ?? 'disabled')
      found[stage.name] = { ...found[stage.name], [alias]: earlier }
    }
  }
  return found
}

/** The commits that stand in, for a comparison with what an earlier execution worked on. */
export async function earlierRecords(
  store: RunStore,
  earlier: EarlierOutputs,
): Promise<{ readonly [stage: string]: { readonly [alias: string]: CommitRecord } }> {
  const records: { [stage: string]: { [alias: string]: CommitRecord } } = {}
  for (const [stage, inputs] of Object.entries(earlier))
    for (const [alias, output] of Object.entries(inputs)) {
      const record = await store.readRecord(output.run_id, output.stage, output.generation)
      if (record !== null) records[stage] = { ...records[stage], [alias]: record }
    }
  return records
}

interface WantedOutput {
  readonly stage: string
  readonly alias: string
  readonly upstream: string
}

async function earlierOutput(
  pipeline: string,
  { stage, alias, upstream }: WantedOutput,
  { store, runId, pinned, reuses }: EarlierSearch,
): Promise<EarlierOutput | null> {
  const pin = pinned[stage]?.[alias]
  if (pin?.stage === upstream && (await store.readRecord(pin.run_id, pin.stage, pin.generation)) !== null) return pin
  const others = (await store.runIds()).filter((id) => id !== reuses && id !== runId).reverse()
  for (const id of reuses === null ? others : [reuses, ...others]) {
    if ((await store.readClaim(id))?.pipeline !== pipeline) continue
    const record = (await store.records(id, upstream)).at(-1)
    if (record !== undefined) return { run_id: id, stage: upstream, generation: record.generation }
  }
  return null
}

function missing(stage: Stage, upstream: string, why: string): OnclockError {
  const hint = why === 'disabled' ? `Enable "${upstream}" (enabled: true)` : `Let "${upstream}" take part`
  return new OnclockError(
    'INPUT_MISSING',
    `stage "${stage.name}" works on the output of "${upstream}", which is ${why}, and no earlier run of this pipeline has one`,
    { hint: `${hint}, or give "${stage.name}" an input_file of its own.` },
  )
}
