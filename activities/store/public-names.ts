import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommitRecord } from '../../pipeline/record.ts'
import { publishFile, replaceFile } from './create-once.ts'
import type { RunStore } from './run-store.ts'

/** Files of left-out rows, and outputs that failed their checks, with the number of their stage. */
const LEFT_OUT = /^stage(\d+)_(?:rejected|filtered|duplicates|failed)_/

/** Which stage's names are meant. */
interface PublicNames {
  readonly runId: string
  readonly stage: string
  readonly stageNumber: number
}

/**
 * Makes every name of the stage in the run directory mean this commit. Names that it does not have, of an earlier generation
 * or a failed attempt, are taken away: no old list of rejected rows stays beside a clean output.
 */
export async function publishStage(store: RunStore, record: CommitRecord, stageNumber: number): Promise<void> {
  const { run_id: runId, stage } = record
  const { dir } = store.layout(runId)
  await withdrawStage(store, { runId, stage, stageNumber }, new Set(record.outputs.map((file) => file.public_name)))
  for (const file of record.outputs)
    if (file.public_name !== '') await publishFile(join(dir, file.path), join(dir, file.public_name))
  await replaceFile(metadataPath(store, { runId, stageNumber }), `${JSON.stringify(metadataOf(record), null, 2)}\n`)
}

/** Takes every name of the stage away but those to keep; the commits, and the bytes they name, stay. */
export async function withdrawStage(store: RunStore, names: PublicNames, keep: ReadonlySet<string> = new Set()): Promise<void> {
  const { runId, stage, stageNumber } = names
  const { dir } = store.layout(runId)
  const committed = (await store.records(runId, stage)).flatMap((record) => record.outputs.map((file) => file.public_name))
  const leftOut = (await readdir(dir)).filter((name) => LEFT_OUT.exec(name)?.[1] === String(stageNumber))
  for (const name of new Set([...committed, ...leftOut])) {
    if (name !== '' && !keep.has(name)) await rm(join(dir, name), { force: true })
  }
  if (keep.size === 0) await rm(metadataPath(store, names), { force: true })
}

/** Whether a file below an attempt's folder is one of left-out rows, or an output that failed its checks. */
export function isLeftOutFile(name: string): boolean {
  return LEFT_OUT.test(name)
}

function metadataPath(store: RunStore, { runId, stageNumber }: Omit<PublicNames, 'stage'>): string {
  return join(store.layout(runId).dir, `stage${stageNumber}_metadata_${runId}.json`)
}

function metadataOf(record: CommitRecord): object {
  const { stage, module, run_id, started_at, ended_at, attempt, rows, inputs, outputs, warnings, metadata } = record
  const files = outputs
    .filter((file) => file.public_name !== '')
    .map(({ path: _private, public_name: path, ...file }) => ({ ...file, path }))
  return {
    schema_version: 1,
    run_id,
    stage,
    module,
    started_at,
    ended_at,
    attempt,
    rows,
    inputs,
    outputs: files,
    warnings,
    ...metadata,
  }
}
