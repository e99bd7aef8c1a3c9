import type { PendingStage, RunSnapshot } from '../../../client/follow/run-snapshot.ts'
import type { StageProgress } from '../../../pipeline/progress.ts'

export const START = Date.parse('2026-11-24T14:30:00.000Z')

/** A stage as the workflow tells of it, with what a test does not care about filled in. */
export function stage(name: string, change: Partial<StageProgress> = {}): StageProgress {
  return {
    name,
    module: 'take_input_csv',
    status: 'waiting',
    reason: 'first run',
    attempt: 0,
    maximum_attempts: 3,
    started_at: null,
    duration_ms: null,
    rows: null,
    error: null,
    ...change,
  }
}

export function pending(name: string, change: Partial<PendingStage> = {}): PendingStage {
  return {
    stage: name,
    attempt: 1,
    maximumAttempts: 3,
    state: 'running',
    nextAttemptAt: null,
    startedAt: START,
    heartbeat: null,
    lastFailure: null,
    ...change,
  }
}

/** A run with one stage of each kind, seven seconds after its start. */
export function snapshotOf(stages: readonly StageProgress[], change: Partial<RunSnapshot> = {}): RunSnapshot {
  return {
    progress: {
      run_id: '20261124_143000',
      pipeline: 'TikTok videos',
      status: 'running',
      started_at: new Date(START).toISOString(),
      stages,
      warnings: [],
    },
    pending: [],
    trouble: null,
    at: START + 7000,
    since: START,
    ...change,
  }
}

export const MIDWAY: RunSnapshot = snapshotOf(
  [
    stage('01_clean', {
      status: 'completed',
      attempt: 1,
      duration_ms: 2400,
      rows: { in: 19_382, out: 19_084, rejected: 298, filtered: 0, duplicates: 0 },
    }),
    stage('02_rules', { status: 'running', attempt: 1, started_at: new Date(START + 2500).toISOString() }),
    stage('03_score', { status: 'running', attempt: 1, started_at: new Date(START + 2500).toISOString() }),
    stage('04_off', { status: 'skipped', reason: 'disabled' }),
    stage('05_publish'),
  ],
  {
    pending: [
      pending('02_rules', {
        startedAt: START + 3000,
        heartbeat: { rows: 10_000, rows_total: 19_084, doing: 'applying the rules' },
      }),
      pending('03_score', {
        state: 'scheduled',
        attempt: 2,
        nextAttemptAt: START + 10_500,
        lastFailure: 'STAGE_FAILED: it returned false',
      }),
    ],
  },
)
