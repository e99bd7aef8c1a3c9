import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOnce, publishFile } from '../../../activities/store/create-once.ts'
import { createRunStore, type RunStore } from '../../../activities/store/run-store.ts'
import type { Claim } from '../../../activities/store/stored.ts'
import type { CommitRecord } from '../../../pipeline/record.ts'
import { commitRecord } from './stored-samples.ts'

let folder: string
let store: RunStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onclock-store-'))
  store = createRunStore(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('createOnce', () => {
  it('lets exactly one of many at once create the file, whole, and leaves nothing beside it', async () => {
    const path = join(folder, 'once.json')
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => createOnce(path, `writer ${index}`)))
    expect(outcomes.filter(Boolean)).toHaveLength(1)
    expect(await readFile(path, 'utf8')).toBe(`writer ${outcomes.indexOf(true)}`)
    expect(await readdir(folder)).toEqual(['once.json'])
  })
})

describe('publishFile', () => {
  it('replaces what had the name, copies no bytes, and may be repeated', async () => {
    const source = join(folder, 'private')
    const target = join(folder, 'public')
    await writeFile(source, 'new')
    await writeFile(target, 'old')
    await publishFile(source, target)
    await publishFile(source, target)
    expect(await readFile(target, 'utf8')).toBe('new')
    expect((await stat(target)).ino).toBe((await stat(source)).ino)
    expect((await readdir(folder)).sort()).toEqual(['private', 'public'])
  })
})

describe('claim', () => {
  const claim = (execution: string): Claim => ({
    schema_version: 1,
    run_id: '20241201_143022',
    workflow_id: '20241201_143022',
    execution,
    pipeline: 'p',
    claimed_at: '2024-12-01T14:30:22.000Z',
  })

  it('gives a run directory to the first execution only, and to that one again', async () => {
    expect(await store.claim(claim('a'))).toBe('claimed')
    expect(await store.claim(claim('a'))).toBe('ours')
    expect(await store.claim(claim('b'))).toBe('taken')
    expect((await store.readClaim('20241201_143022'))?.execution).toBe('a')
  })
})

describe('commit', () => {
  it('keeps the first record of a generation: a late attempt gets that one back', async () => {
    const first = commitRecord({ attempt: 1 })
    await store.commit(first)
    expect(await store.commit(commitRecord({ attempt: 2 }))).toEqual(first)
    expect(await store.records(first.run_id, first.stage)).toEqual([first])
  })

  it('keeps a record for each generation, oldest first', async () => {
    await store.commit(commitRecord({ generation: 'b', ended_at: '2024-12-01T15:00:00.000Z' }))
    await store.commit(commitRecord({ generation: 'a', ended_at: '2024-12-01T16:00:00.000Z' }))
    const generations = (await store.records('20241201_143022', 'clean')).map((record) => record.generation)
    expect(generations).toEqual(['b', 'a'])
  })
})

describe('publish', () => {
  it('puts files with a public name and the metadata in place, under the names of the original', async () => {
    const attempt = await store.openAttempt('20241201_143022', 'clean', 'g1_1_x')
    await writeFile(join(attempt, 'out.csv'), 'a\n1\n')
    await writeFile(join(attempt, 'out.parquet'), 'private')
    const file = { dataset: 'output', format: 'csv', rows: 1, bytes: 4, sha256: 'x' } as const
    const at = '.onclock/attempts/clean/g1_1_x'
    const record = commitRecord({
      outputs: [
        { ...file, path: `${at}/out.csv`, public_name: 'stage1_output_20241201_143022.csv' },
        { ...file, path: `${at}/out.parquet`, public_name: '', format: 'parquet' },
      ],
      metadata: { rules: 3 },
    })
    await store.publish(record, 1)
    const { dir } = store.layout('20241201_143022')
    expect((await readdir(dir)).sort()).toEqual([
      '.onclock',
      'stage1_metadata_20241201_143022.json',
      'stage1_output_20241201_143022.csv',
    ])
    const metadata = JSON.parse(await readFile(join(dir, 'stage1_metadata_20241201_143022.json'), 'utf8')) as { rules: number }
    expect(metadata.rules).toBe(3)
  })
})

describe('publish after a failure that was mended', () => {
  it('takes away what the commit does not have: an old list of rejected rows, an output of another name', async () => {
    const runId = '20241201_143022'
    const { dir } = store.layout(runId)
    const file = { dataset: 'output', format: 'csv', rows: 1, bytes: 4, sha256: 'x' } as const
    const outputs = async (name: string, publicName: string): Promise<CommitRecord['outputs']> => {
      const attempt = await store.openAttempt(runId, 'clean', name)
      await writeFile(join(attempt, 'out.csv'), 'a\n1\n')
      return [{ ...file, path: `.onclock/attempts/clean/${name}/out.csv`, public_name: publicName }]
    }
    const first = commitRecord({ generation: 'a', outputs: await outputs('a_1_x', 'old.csv') })
    await store.commit(first)
    await store.publish(first, 1)
    for (const name of [`stage1_rejected_${runId}.csv`, `stage11_rejected_${runId}.csv`, `stage2_filtered_${runId}.csv`])
      await writeFile(join(dir, name), 'left out\n')
    const second = commitRecord({ generation: 'b', outputs: await outputs('b_1_x', 'new.csv') })
    await store.commit(second)
    await store.publish(second, 1)
    expect((await readdir(dir)).filter((name) => name !== '.onclock').sort()).toEqual(
      ['new.csv', `stage11_rejected_${runId}.csv`, `stage1_metadata_${runId}.json`, `stage2_filtered_${runId}.csv`].sort(),
    )
  })
})

describe('sweepAttempts', () => {
  it('removes private folders that no record names and keeps those that one does', async () => {
    const kept = await store.openAttempt('20241201_143022', 'clean', 'g1_2_kept')
    await store.openAttempt('20241201_143022', 'clean', 'g1_1_lost')
    await mkdir(join(kept, 'deep'), { recursive: true })
    const path = '.onclock/attempts/clean/g1_2_kept/out.csv'
    const file = { dataset: 'output', format: 'csv', rows: 1, bytes: 4, sha256: 'x', public_name: 'o.csv' } as const
    await store.commit(commitRecord({ outputs: [{ ...file, path }] }))
    await store.sweepAttempts('20241201_143022')
    expect(await readdir(join(store.layout('20241201_143022').attempts, 'clean'))).toEqual(['g1_2_kept'])
  })

  it('takes only what it is told to', async () => {
    await store.openAttempt('r', 'clean', 'g1_1_a')
    await store.openAttempt('r', 'clean', 'g1_2_b')
    await store.sweepAttempts('r', (_stage, attempt) => attempt.startsWith('g1_1'))
    expect(await readdir(join(store.layout('r').attempts, 'clean'))).toEqual(['g1_2_b'])
  })
})
