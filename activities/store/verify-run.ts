import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommittedFile } from '../../pipeline/record.ts'
import { hashFile } from '../planning/hash-file.ts'
import type { StoredRun } from './project-runs.ts'

/** A file of a run that is not as its record says; `path` is relative to the run directory. */
export interface FileDifference {
  readonly stage: string
  readonly path: string
  readonly problem: 'missing' | 'altered'
  readonly expected: string
  readonly found: string | null
  /** Where the same bytes lie all the same, relative to the run directory. */
  readonly whole_in: string | null
}

export interface Verification {
  readonly files: number
  readonly bytes: number
  readonly differences: readonly FileDifference[]
}

/** Hashes every committed output of a run's newest generation, under its own name and the one that people know. */
export async function verifyRun({ store, runId }: StoredRun): Promise<Verification> {
  const newest = (await store.generations(runId)).at(-1)
  const { dir } = store.layout(runId)
  const differences: FileDifference[] = []
  let files = 0
  let bytes = 0
  for (const { name } of newest?.plan.stages ?? []) {
    const record = await store.readRecord(runId, name, newest?.plan.generation ?? '')
    for (const file of record?.outputs ?? []) {
      files += 1
      bytes += file.bytes
      differences.push(...(await differencesOf(dir, name, file)))
    }
  }
  return { files, bytes, differences }
}

async function differencesOf(dir: string, stage: string, file: CommittedFile): Promise<FileDifference[]> {
  const { path, public_name: name, sha256: expected } = file
  const committed = await hashFile(join(dir, path))
  // One file under two names is read once.
  const known = name === '' || (await isSameFile(join(dir, path), join(dir, name))) ? committed : await hashFile(join(dir, name))
  const difference = (shown: string, found: string | null, whole: string | null): FileDifference => ({
    stage,
    path: shown,
    problem: found === null ? 'missing' : 'altered',
    expected,
    found,
    whole_in: whole,
  })
  if (name !== '' && known !== expected) return [difference(name, known, committed === expected ? path : null)]
  return committed === expected ? [] : [difference(path, committed, name === '' ? null : name)]
}

async function isSameFile(path: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([path, other].map((file) => stat(file).catch(() => null)))
  return a !== null && b !== null && a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
}
