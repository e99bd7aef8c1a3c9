import type { Generation } from '../../../activities/store/stored.ts'
import type { Plan, PlannedStage } from '../../../pipeline/plan.ts'
import type { CommitRecord } from '../../../pipeline/record.ts'

/** A commit record with what a test does not care about filled in. */
export function commitRecord(change: Partial<CommitRecord> = {}): CommitRecord {
  return {
    schema_version: 1,
    run_id: '20241201_143022',
    stage: 'clean',
    module: 'take_input_csv',
    generation: 'g1',
    fingerprint: 'f1',
    meaning: {},
    reused_from: null,
    attempt: 1,
    started_at: '2024-12-01T14:30:22.000Z',
    ended_at: '2024-12-01T14:30:24.000Z',
    rows: { in: 10, out: 9, rejected: 1, filtered: 0, duplicates: 0 },
    inputs: [],
    outputs: [],
    warnings: [],
    metadata: {},
    ...change,
  }
}

/** A planned stage with what a test does not care about filled in. */
export function plannedStage(name: string, change: Partial<PlannedStage> = {}): PlannedStage {
  return {
    name,
    number: 1,
    kind: 'builtin',
    module: 'take_input_csv',
    activity_type: 'take_input_csv',
    action: 'run',
    reason: 'first run',
    needs: [],
    takes: [],
    on_failure: 'fail',
    retry: { maximumAttempts: 3, initialIntervalMs: 1000, backoffCoefficient: 2, maximumIntervalMs: 60_000, nonRetryable: [] },
    timeout_ms: 3_600_000,
    heartbeat_timeout_ms: 30_000,
    ...change,
  }
}

/** A plan of these stages. */
export function planOf(stages: readonly PlannedStage[], change: Partial<Plan> = {}): Plan {
  return {
    run_id: '20241201_143022',
    pipeline: 'sample',
    pipeline_file: 'config/main.yaml',
    generation: 'g1',
    started_at: '2024-12-01T14:30:22.000Z',
    now: '2024-12-01T14:30:22.000Z',
    params: {},
    parallel: false,
    max_parallel: 1,
    stop_on_error: true,
    timeout_ms: null,
    stages,
    warnings: [],
    ...change,
  }
}

/** A generation on file that planned these stages. */
export function generationOf(plan: Plan): Generation {
  return {
    schema_version: 1,
    plan,
    pipeline: {
      name: plan.pipeline,
      description: null,
      config: { logLevel: 'INFO', dataDir: 'data', outputDir: 'data/output', timezone: 'UTC', python: null },
      params: {},
      execution: { parallel: false, maxParallel: 1, stopOnError: true, timeoutMs: null },
      stages: [],
      schedules: [],
    },
    meanings: {},
    earlier: {},
    set: {},
    versions: { onclock: '0.1.0' },
  }
}
