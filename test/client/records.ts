import type { RunRecord, StageEntry } from '../../pipeline/record.ts'

/** A run record with what a test does not care about filled in. */
export function recordOf(change: Partial<RunRecord> = {}): RunRecord {
  return {
    schema_version: 1,
    run_id: '20261124_143000',
    pipeline: 'TikTok videos',
    pipeline_file: 'config/main.yaml',
    status: 'completed',
    started_at: '2026-11-24T14:30:00.000Z',
    ended_at: '2026-11-24T14:30:03.000Z',
    params: {},
    versions: {},
    warnings: [],
    error: null,
    stages: [],
    ...change,
  }
}

export function stageEntry(name: string, change: Partial<StageEntry> = {}): StageEntry {
  return {
    name,
    module: 'take_input_csv',
    status: 'completed',
    reason: null,
    attempts: 1,
    started_at: '2026-11-24T14:30:00.000Z',
    duration_ms: 1200,
    rows: null,
    inputs: [],
    outputs: [],
    warnings: [],
    error: null,
    ...change,
  }
}
