import { OnclockError } from '../../pipeline/errors.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { StageChoice } from '../../pipeline/select-stages.ts'
import { nameStage } from './name-stage.ts'

/** The stages that `--from`, `--until` and `--only` mean; a part of a name will do. @throws OnclockError STAGE_NOT_FOUND, USAGE. */
export function chooseStages({ stages }: Pipeline, file: string, typed: StageChoice): StageChoice {
  const { from, until, only } = typed
  if (only !== undefined && (from !== undefined || until !== undefined))
    throw new OnclockError('USAGE', '--only is one stage alone: it does not go with --from or --until')
  const names = stages.map(({ name }) => name)
  const full = (name: string): string => nameStage(names, name, file)
  return {
    ...(from === undefined ? {} : { from: full(from) }),
    ...(until === undefined ? {} : { until: full(until) }),
    ...(only === undefined ? {} : { only: full(only) }),
  }
}
