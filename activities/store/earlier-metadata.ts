import type { JsonObject } from '../../pipeline/json.ts'
import type { Plan } from '../../pipeline/plan.ts'
import type { RunStore } from './run-store.ts'

/**
 * The metadata of a stage in the newest completed runs of the pipeline that began before this one, newest first. Which runs
 * these are does not change while a run is tried again or resumed, unless one of them is removed.
 */
export async function earlierMetadata(
  store: RunStore,
  { run_id: own, pipeline, now }: Pick<Plan, 'run_id' | 'pipeline' | 'now'>,
  stage: string,
  runs: number,
): Promise<readonly JsonObject[]> {
  const found: { readonly began: string; readonly metadata: JsonObject }[] = []
  for (const runId of await store.runIds()) {
    if (runId === own || (await store.readClaim(runId))?.pipeline !== pipeline) continue
    const generations = await store.generations(runId)
    const [first, newest] = [generations[0], generations.at(-1)]
    if (first === undefined || newest === undefined || first.plan.now >= now) continue
    const id = newest.plan.generation
    if ((await store.readClosing(runId, id))?.status !== 'completed') continue
    const record = await store.readRecord(runId, stage, id)
    if (record !== null) found.push({ began: first.plan.now, metadata: record.metadata })
  }
  return found
    .sort((a, b) => b.began.localeCompare(a.began))
    .slice(0, runs)
    .map(({ metadata }) => metadata)
}
