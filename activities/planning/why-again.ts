import { describeDifference } from '../../pipeline/fingerprint.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { ClosedStage, Closing, Standing } from '../../pipeline/messages.ts'
import type { RunStore } from '../store/run-store.ts'

/** Why a stage without a commit runs, and whether what was mended since counts for it. */
export async function whyAgain(store: RunStore, runId: string, stage: string, meaning: JsonObject): Promise<string> {
  const generations = await store.generations(runId)
  const last = generations.findLast((generation) => generation.plan.stages.some(({ name }) => name === stage))
  if (last === undefined) return 'new in the pipeline'
  const id = last.plan.generation
  const closing = (await store.readClosing(runId, id)) ?? (await store.readStanding(runId, id))
  const closed = closing?.stages.find(({ name }) => name === stage)
  const before = last.meanings[stage]
  const changes = before === undefined ? [] : describeDifference(before, meaning)
  return [stateBefore(closed, closing), ...changes].join('; ')
}

function stateBefore(closed: ClosedStage | undefined, closing: Closing | Standing | null): string {
  if (closed === undefined) return closing === null ? 'not finished before: the run was interrupted' : 'not finished before'
  if (closed.error !== null) return `failed before with ${closed.error.code}`
  if (closed.status !== 'skipped' && closed.status !== 'cancelled') return 'not finished before'
  return closed.reason === null ? `${closed.status} before` : `not finished before: ${closed.reason}`
}
