import { describe, expect, it } from 'vitest'
import { changeLines } from '../../../client/follow/change-lines.ts'
import { engineTrouble, liveStages } from '../../../client/follow/run-snapshot.ts'
import { MIDWAY, pending, snapshotOf, stage, START } from './snapshots.ts'

const running = stage('a', { status: 'running', attempt: 1, started_at: new Date(START).toISOString() })

describe('liveStages', () => {
  it('takes rows and rate of a running attempt from its heartbeat', () => {
    const [live] = liveStages(
      snapshotOf([running], { pending: [pending('a', { startedAt: START + 5000, heartbeat: { rows: 500 } })] }),
    )
    expect(live).toMatchObject({ status: 'running', rows: 500, rowsPerSecond: 250, elapsedMs: 2000 })
  })

  it('counts down to the next attempt and says why the last one failed', () => {
    const waiting = pending('a', { state: 'scheduled', attempt: 2, nextAttemptAt: START + 9000, lastFailure: 'STAGE_FAILED: no' })
    expect(liveStages(snapshotOf([running], { pending: [waiting] }))[0]).toMatchObject({
      status: 'retrying',
      attempt: 2,
      nextInMs: 2000,
      rows: null,
      note: 'STAGE_FAILED: no',
    })
  })

  it('tells a stage that no worker has taken up yet from one that works', () => {
    const waiting = pending('a', { state: 'scheduled', attempt: 1 })
    expect(liveStages(snapshotOf([running], { pending: [waiting] }))[0]).toMatchObject({
      status: 'running',
      note: 'waits for a worker',
    })
  })

  it('gives no rate over a few milliseconds', () => {
    const [live] = liveStages(
      snapshotOf([running], { pending: [pending('a', { startedAt: START + 6990, heartbeat: { rows: 500 } })] }),
    )
    expect(live?.rowsPerSecond).toBeNull()
  })

  it('shows the error of a stage that failed', () => {
    const failed = stage('a', { status: 'failed', attempt: 3, error: { code: 'BUDGET_EXCEEDED', message: 'too many' } })
    expect(liveStages(snapshotOf([failed]))[0]?.note).toBe('BUDGET_EXCEEDED: too many')
  })
})

describe('changeLines', () => {
  it('has a line for each stage that changed, and none for the others', () => {
    expect(changeLines(null, MIDWAY)).toEqual([
      '[01_clean] completed · in 2.4s · 19,382 in = 19,084 out + 298 rejected',
      '[02_rules] running · applying the rules',
      '[03_score] retrying · attempt 2 of 3 · next attempt in 3.5s · STAGE_FAILED: it returned false',
      '[04_off] skipped · disabled',
    ])
    expect(changeLines(MIDWAY, MIDWAY)).toEqual([])
  })
})

describe('engineTrouble', () => {
  it('tells of the record that cannot be written, and of nothing while all goes well', () => {
    expect(engineTrouble([pending('01_clean', { lastFailure: 'STAGE_FAILED: no' }), pending('close')])).toBeNull()
    expect(engineTrouble([pending('close', { attempt: 2, lastFailure: 'DISK_FULL: the disk is full' })])).toBe(
      'the record of the run cannot be written yet, it is tried again: DISK_FULL: the disk is full',
    )
  })
})
