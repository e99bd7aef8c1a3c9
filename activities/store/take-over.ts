import { randomUUID } from 'node:crypto'
import { join, relative } from 'node:path'
import type { CommitRecord, CommittedFile, InputFile } from '../../pipeline/record.ts'
import { linkOrCopy } from './create-once.ts'
import { generationTag } from './run-layout.ts'
import type { RunStore } from './run-store.ts'

/** Which stage of which generation takes a commit over. */
export interface TakingStage {
  readonly store: RunStore
  readonly runId: string
  readonly generation: string
  readonly stage: string
  readonly stageNumber: number
}

/**
 * The record by which a stage counts as done with what an earlier execution of it left. The files of another run get names
 * in this run's directory too, by hard links, so that each run stands alone; all are called as this run and place call them.
 */
export async function takeOver(taking: TakingStage, prior: CommitRecord, from: RunStore): Promise<CommitRecord> {
  const { runId, generation } = taking
  const other = prior.run_id !== runId
  const files = other ? await linked(taking, prior, from) : prior.outputs
  const origin = prior.reused_from_run ?? (other ? prior.run_id : undefined)
  return {
    ...prior,
    run_id: runId,
    generation,
    reused_from: prior.reused_from ?? prior.generation,
    ...(origin === undefined ? {} : { reused_from_run: origin }),
    inputs: prior.inputs.map((input) => renamedInput(input, prior.run_id, runId)),
    outputs: files.map((file) => ({ ...file, public_name: renamed(file.public_name, prior.run_id, taking) })),
  }
}

async function linked(
  { store, runId, generation, stage }: TakingStage,
  prior: CommitRecord,
  from: RunStore,
): Promise<CommittedFile[]> {
  const { dir } = store.layout(runId)
  const source = from.layout(prior.run_id).dir
  const name = `${generationTag(generation)}_reused_${randomUUID().slice(0, 8)}`
  const folder = await store.openAttempt(runId, stage, name)
  return Promise.all(
    prior.outputs.map(async (file) => {
      const path = join(folder, withinAttempt(file.path))
      await linkOrCopy(join(source, file.path), path)
      return { ...file, path: relative(dir, path) }
    }),
  )
}

/** What follows `.onclock/attempts/<stage>/<attempt>/`. */
function withinAttempt(path: string): string {
  return path.split('/').slice(4).join('/')
}

const NUMBERED = /^stage\d+_(?<kind>rejected|filtered|duplicates)_/

/** Names carry the ID of the run, and those of left-out rows the number of the stage. */
function renamed(name: string, from: string, { runId, stageNumber }: TakingStage): string {
  return withRunId(name, from, runId).replace(NUMBERED, `stage${stageNumber}_$<kind>_`)
}

function renamedInput(input: InputFile, from: string, runId: string): InputFile {
  return input.stage === undefined ? input : { ...input, path: withRunId(input.path, from, runId) }
}

/** A file name with the ID of another run in it: `stage1_output_<run ID>.csv`. */
export function withRunId(name: string, from: string, to: string): string {
  const at = name.lastIndexOf(`_${from}`)
  const after = name[at + from.length + 1]
  // 20261124_143022 is the beginning of 20261124_143022_2 as well.
  if (at === -1 || from === to || (after !== undefined && /[\w-]/.test(after))) return name
  return `${name.slice(0, at + 1)}${to}${name.slice(at + 1 + from.length)}`
}
