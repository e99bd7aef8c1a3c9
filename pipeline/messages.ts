import type { Plan } from './plan.ts'
import type { ErrorRecord, RowCounts, RunStatus, StageStatus } from './record.ts'
import type { StageChoice } from './select-stages.ts'

/** What is asked of a start or resume: the same for the workflow and for its planning. */
interface Asked {
  readonly run_id: string
  /** Relative to the project. */
  readonly pipeline_file: string
  /** `--set`, as typed. */
  readonly set: { readonly [name: string]: string }
  readonly mode: 'run' | 'resume'
  /** Of a run: the stages that take part. Of a resume, and with `reuse`: `from` runs again, with all that depends on it. */
  readonly stages?: StageChoice
  /** The run whose unchanged stages a new one takes over. */
  readonly reuse?: ReusedRun
}

/** A run that succeeded, and the output folder it lies in, relative to the project. */
export interface ReusedRun {
  readonly run_id: string
  readonly output_dir: string
}

/** What travels between client, workflow and activities: references and small facts, never rows. Keys as people read them in the UI. */
export interface RunInput extends Asked {
  /** Of a run that a schedule began: its slot is at the end of the workflow's ID, and the run's own ID is made from both. */
  readonly schedule?: string
  /** Whether the namespace knows our search attributes: an upsert of an unknown one would leave the run running for ever. */
  readonly search_attributes: boolean
}

/** What a run that completed returns. One that did not fails with the code of its error. */
export interface RunOutcome {
  readonly run_id: string
  readonly status: RunStatus
  readonly warnings: readonly string[]
}

export interface PlanArgument extends Asked {
  readonly schedule?: string
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

/** Where a run stands while it goes on: written when it comes to a stop for a person, and when it goes on without a new plan. */
export interface Standing {
  readonly schema_version: 1
  readonly generation: string
  /** Counts within the generation, from 1; the newest is the one that holds. */
  readonly number: number
  readonly status: 'paused' | 'running'
  readonly at: string
  readonly error: ErrorRecord | null
  readonly warnings: readonly string[]
  readonly stages: readonly ClosedStage[]
}

interface StandArgument {
  readonly run_id: string
  readonly output_dir: string
  readonly standing: Standing
}

/** A file that a person gives in place of the output of a stage. */
export interface ReplaceArgument {
  readonly run_id: string
  readonly output_dir: string
  readonly stage: string
  readonly generation: string
  /** Relative to the project, or absolute. */
  readonly file: string
  /** Who skipped the stage and when, in words. */
  readonly reason: string
}

/** The activities as the workflow sees them; any other type is a stage's module. */
export interface Activities {
  plan(argument: PlanArgument): Promise<PlanResult>
  close(argument: CloseArgument): Promise<void>
  stand(argument: StandArgument): Promise<void>
  replace(argument: ReplaceArgument): Promise<void>
}

export type StageActivity = (argument: StageArgument) => Promise<StageSummary>

/** What a person asks of a run that goes on; each is the one JSON argument of the update of that name. `by`: who asks. */
export interface ResumeRequest {
  /** As typed with `--set`: all of them; without it they stay as they are. */
  readonly set?: { readonly [name: string]: string }
  /** Runs again, with all that depends on it. */
  readonly from?: string
  readonly by?: string
}

export interface SkipRequest {
  readonly stage: string
  /** A file that becomes its output. */
  readonly output?: string
  readonly by?: string
}

export interface PauseRequest {
  readonly by?: string
}

/** What an update answers: a sentence for people. */
export interface UpdateAnswer {
  readonly run_id: string
  readonly message: string
}

export const RESUME_UPDATE = 'resume'
export const SKIP_UPDATE = 'skip'
export const PAUSE_UPDATE = 'pause'

/** The workflow's type, and the queries it answers. */
export const WORKFLOW_TYPE = 'runPipeline'
export const PROGRESS_QUERY = 'progress'
