import type { Plan } from './plan.ts'
import type { ErrorRecord, RowCounts, RunStatus, StageStatus } from './record.ts'

/** What travels between client, workflow and activities: references and small facts, never rows. Keys as people read them in the UI. */
export interface RunInput {
  readonly run_id: string
  /** Relative to the project. */
  readonly pipeline_file: string
  /** `--set`, as typed. */
  readonly set: { readonly [name: string]: string }
  readonly mode: 'run' | 'resume'
  /** Whether the namespace knows our search attributes: an upsert of an unknown one would leave the run running for ever. */
  readonly search_attributes: boolean
}

/** What a run that completed returns. One that did not fails with the code of its error. */
export interface RunOutcome {
  readonly run_id: string
  readonly status: RunStatus
  readonly warnings: readonly string[]
}

export interface PlanArgument {
  readonly run_id: string
  readonly pipeline_file: string
  readonly set: { readonly [name: string]: string }
  readonly mode: 'run' | 'resume'
  readonly generation: string
}

export interface PlanResult {
  readonly plan: Plan
  /** Relative to the project. */
  readonly output_dir: string
}

/** What a stage's activity is asked. Its config and inputs lie in the run directory. */
export interface StageArgument {
  readonly run_id: string
  readonly stage: string
  readonly generation: string
  readonly output_dir: string
}

/** What the workflow keeps of a stage that ended well. */
export interface StageSummary {
  readonly status: 'completed' | 'reused'
  readonly reason: string | null
  readonly attempt: number
  readonly started_at: string
  readonly duration_ms: number
  readonly rows: RowCounts | null
  readonly warnings: readonly string[]
}

interface CloseArgument {
  readonly run_id: string
  readonly output_dir: string
  readonly closing: Closing
}

/** How a generation ended: what the commits do not tell. */
export interface Closing {
  readonly schema_version: 1
  readonly generation: string
  readonly status: RunStatus
  readonly ended_at: string
  readonly error: ErrorRecord | null
  readonly warnings: readonly string[]
  /** Stages that failed, were skipped or cancelled, and those that ended well with what was said of them. */
  readonly stages: readonly ClosedStage[]
}

export interface ClosedStage {
  readonly name: string
  readonly status: StageStatus
  readonly reason: string | null
  readonly attempts: number
  readonly started_at: string | null
  readonly duration_ms: number | null
  readonly error: ErrorRecord | null
}

/** The activities as the workflow sees them; any other type is a stage's module. */
export interface Activities {
  plan(argument: PlanArgument): Promise<PlanResult>
  close(argument: CloseArgument): Promise<void>
}

export type StageActivity = (argument: StageArgument) => Promise<StageSummary>

/** The workflow's type, and the queries it answers. */
export const WORKFLOW_TYPE = 'runPipeline'
export const PROGRESS_QUERY = 'progress'
