import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { OnclockError } from '../pipeline/errors.ts'
import type { Stage } from '../pipeline/pipeline.ts'
import type { CommittedFile, InputFile } from '../pipeline/record.ts'
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
    await checkThere(dir, files)
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

/** The files of datasets as inputs of a record: what a stage worked on, and who made it. */
export function datasetInputs(datasets: { readonly [alias: string]: Dataset }): InputFile[] {
  return Object.values(datasets).flatMap(({ stage, files }) =>
    files.map(({ public_name: name, path, bytes, sha256 }) => ({
      path: name === '' ? basename(path) : name,
      stage,
      bytes,
      sha256,
    })),
  )
}

/** A record can outlive its files, by a loss of power or somebody's hand: better told than read as fewer rows. */
async function checkThere(dir: string, files: readonly CommittedFile[]): Promise<void> {
  for (const file of files) {
    const bytes = await stat(join(dir, file.path)).then(
      (found) => found.size,
      () => null,
    )
    if (bytes !== file.bytes)
      throw new OnclockError(
        'OUTPUT_ALTERED',
        `a committed output is ${bytes === null ? 'gone' : 'of another size'}: ${file.public_name || file.path}`,
        {
          hint: 'A resume makes it again.',
        },
      )
  }
}
