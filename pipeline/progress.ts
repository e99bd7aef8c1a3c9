import type { ErrorRecord, RowCounts, RunStatus, StageStatus } from './record.ts'

/** Where a run stands: what the workflow's `progress` query returns, and what a client shows while it goes on. */
export interface RunProgress {
  readonly run_id: string
  readonly pipeline: string
  readonly status: RunStatus
  readonly started_at: string
  readonly stages: readonly StageProgress[]
  readonly warnings: readonly string[]
}

export interface StageProgress {
  readonly name: string
  readonly module: string
  readonly status: StageStatus
  readonly reason: string | null
  /** Attempts that ended or, from the server's list of pending activities, the one that is going on. */
  readonly attempt: number
  readonly maximum_attempts: number
  readonly started_at: string | null
  readonly duration_ms: number | null
  readonly rows: RowCounts | null
  readonly error: ErrorRecord | null
}

/** What a heartbeat carries: facts of progress, never a cell value. */
export interface HeartbeatDetails {
  readonly rows?: number
  readonly rows_total?: number
  readonly bytes?: number
  readonly bytes_total?: number
  readonly doing?: string
}
