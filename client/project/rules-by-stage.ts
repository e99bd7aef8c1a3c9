import { rulesOf } from '../../activities/store/stage-rows.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { Stage } from '../../pipeline/pipeline.ts'

/** By stage and rule: how a rule is written in the pipeline. */
export function rulesByStage(stages: readonly Stage[]): ReadonlyMap<string, ReadonlyMap<string, JsonObject>> {
  return new Map(stages.map(({ name, config }) => [name, rulesOf(config)]))
}
