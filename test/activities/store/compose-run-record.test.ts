import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closeAbandoned, composeRunRecord, writeRunRecord } from '../../../activities/store/compose-run-record.ts'
import { createRunStore, type RunStore } from '../../../activities/store/run-store.ts'
import type { RunRecord } from '../../../pipeline/record.ts'
import { commitRecord, generationOf, planOf, plannedStage } from './stored-samples.ts'

const RUN = '20241201_143022'
let folder: string
let store: RunStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onclock-record-'))
  store = createRunStore(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const twoStages = [plannedStage('clean'), plannedStage('keep', { number: 2, needs: ['clean'] })]

describe('composeRunRecord', () => {
  it('is null for a run without a plan', async () => {
    expect(await composeRunRecord(store, RUN)).toBeNull()
  })

  it('tells a run that is going on from plan and commits alone', async () => {
    await store.saveGeneration(generationOf(planOf(twoStages)))
    await store.commit(commitRecord())
    await store.openAttempt(RUN, 'keep', 'g1_1_x')
    const record = await composeRunRecord(store, RUN)
    expect(record?.status).toBe('running')
    expect(record?.stages.map(({ name, status }) => [name, status])).toEqual([
      ['clean', 'completed'],
      ['keep', 'running'],
    ])
  })

  it('takes the newest generation: a resumed run shows what was reused and what ran', async () => {
    await store.saveGeneration(generationOf(planOf(twoStages)))
    await store.commit(commitRecord())
    const later = planOf(
      [plannedStage('clean', { action: 'reuse', reason: 'unchanged, 2 files verified' }), plannedStage('keep')],
      {
        generation: 'g2',
        started_at: '2024-12-01T15:00:00.000Z',
      },
    )
    await store.saveGeneration(generationOf(later))
    await store.commit(commitRecord({ generation: 'g2', reused_from: 'g1' }))
    const record = await composeRunRecord(store, RUN)
    expect(record?.started_at).toBe('2024-12-01T14:30:22.000Z')
    expect(record?.stages[0]).toMatchObject({ status: 'reused', reason: 'unchanged, 2 files verified' })
    expect(record?.stages[1]).toMatchObject({ status: 'waiting' })
  })

  it('shows public files by their public names and no private ones', async () => {
    await store.saveGeneration(generationOf(planOf([plannedStage('clean')])))
    const file = { dataset: 'output', format: 'csv', rows: 1, bytes: 4, sha256: 'x' } as const
    await store.commit(
      commitRecord({
        outputs: [
          { ...file, path: '.onclock/attempts/a/o.csv', public_name: 'stage1_output.csv' },
          { ...file, path: '.onclock/attempts/a/o.parquet', public_name: '' },
        ],
      }),
    )
    expect((await composeRunRecord(store, RUN))?.stages[0]?.outputs).toEqual([{ ...file, path: 'stage1_output.csv' }])
  })
})

describe('closeAbandoned', () => {
  it('closes a terminated run once, keeps what was committed, and writes run.json', async () => {
    await store.saveGeneration(generationOf(planOf(twoStages)))
    await store.commit(commitRecord())
    await closeAbandoned(store, RUN, 'terminated')
    await closeAbandoned(store, RUN, 'timed_out')
    const written = JSON.parse(await readFile(store.layout(RUN).runRecord, 'utf8')) as RunRecord
    expect(written.status).toBe('terminated')
    expect(written.stages.map((stage) => stage.status)).toEqual(['completed', 'cancelled'])
    expect(await writeRunRecord(store, RUN)).toEqual(written)
  })
})
