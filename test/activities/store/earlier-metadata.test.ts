import { describe, expect, test } from 'vitest'
import { earlierMetadata } from '../../../activities/store/earlier-metadata.ts'
import type { RunStore } from '../../../activities/store/run-store.ts'

interface Run {
  readonly id: string
  readonly pipeline?: string
  readonly status?: string | null
  readonly stages?: readonly string[]
}

/** What a store tells of runs that began in the order of the list, one a minute. */
function storeOf(runs: readonly Run[]): RunStore {
  const find = (runId: string): Run | undefined => runs.find(({ id }) => id === runId)
  const now = (runId: string): string => `2026-01-01T00:0${runs.findIndex(({ id }) => id === runId)}:00.000Z`
  const store = {
    runIds: () => Promise.resolve(runs.map(({ id }) => id)),
    readClaim: (runId: string) => Promise.resolve({ pipeline: find(runId)?.pipeline ?? 'p' }),
    generations: (runId: string) => Promise.resolve([{ plan: { now: now(runId), generation: 'g' } }]),
    readClosing: (runId: string) => {
      const status = find(runId)?.status
      return Promise.resolve(status === null ? null : { status: status ?? 'completed' })
    },
    readRecord: (runId: string, stage: string) =>
      Promise.resolve((find(runId)?.stages ?? ['s']).includes(stage) ? { metadata: { run: runId } } : null),
  }
  return store as unknown as RunStore
}

const asked = async (runs: readonly Run[], own: string, most: number): Promise<readonly unknown[]> => {
  const at = runs.findIndex(({ id }) => id === own)
  const plan = { run_id: own, pipeline: 'p', now: `2026-01-01T00:0${at}:00.000Z` }
  return (await earlierMetadata(storeOf(runs), plan, 's', most)).map(({ run }) => run)
}

describe('earlierMetadata', () => {
  test('gives the newest runs first and no more than asked for', async () => {
    expect(await asked([{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'own' }], 'own', 2)).toEqual(['c', 'b'])
  })

  test('leaves out runs that failed, go on, are of another pipeline, or did not run the stage', async () => {
    const runs = [
      { id: 'a' },
      { id: 'b', status: 'failed' },
      { id: 'c', status: null },
      { id: 'd', pipeline: 'other' },
      { id: 'e', stages: ['another'] },
      { id: 'own' },
    ]
    expect(await asked(runs, 'own', 9)).toEqual(['a'])
  })

  test('does not look at runs that began later, so that a resume compares with the same ones', async () => {
    expect(await asked([{ id: 'a' }, { id: 'own' }, { id: 'later' }], 'own', 9)).toEqual(['a'])
  })
})
