import { join } from 'node:path'
import { OnclockError } from '../pipeline/errors.ts'
import type { Stage } from '../pipeline/pipeline.ts'
import type { CommitRecord } from '../pipeline/record.ts'
import type { Dataset } from './stage.ts'
import type { RunStore } from './store/run-store.ts'
import type { Generation } from './store/stored.ts'

/** Which execution reads. */
export interface DatasetReader {
  readonly store: RunStore
  readonly runId: string
  readonly generation: string
}

/** The datasets a stage works on, by the records that committed them. */
export async function readDatasets(
  attempt: DatasetReader,
  generation: Generation,
  stage: Stage,
): Promise<{ readonly [alias: string]: Dataset }> {
  const datasets: { [alias: string]: Dataset } = {}
  for (const [alias, input] of Object.entries(stage.inputs)) {
    const earlier = generation.earlier[stage.name]?.[alias]
    const runId = earlier?.run_id ?? attempt.runId
    const record = await attempt.store.readRecord(runId, input.stage, earlier?.generation ?? attempt.generation)
    if (record === null)
      throw new OnclockError('OUTPUT_ALTERED', `the commit of stage "${input.stage}" is gone from run ${runId}`)
    const { dir } = attempt.store.layout(runId)
    const files = record.outputs.filter((file) => file.dataset === input.dataset)
    if (files.length === 0 && input.dataset === 'output')
      throw new OnclockError('OUTPUT_ALTERED', `stage "${input.stage}" left no output file`, {
        hint: 'Let it write to its output_file.',
      })
    datasets[alias] = {
      stage: input.stage,
      dataset: input.dataset,
      files: files.map((file) => ({ ...file, path: join(dir, file.path) })),
      leftOut: record.outputs.filter(isLeftOut).map((file) => ({ ...file, path: join(dir, file.path) })),
    }
  }
  return datasets
}

const isLeftOut = ({ dataset, format }: CommitRecord['outputs'][number]): boolean =>
  format === 'jsonl' && ['rejected', 'filtered', 'duplicates'].includes(dataset)
