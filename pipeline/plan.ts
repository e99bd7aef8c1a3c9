import type { JsonValue } from './json.ts'
import type { OnFailure, RetryPolicy, StageKind } from './pipeline.ts'

/**
 * What a run will do, stage by stage: made once by the first activity, then part of the history, so that an edit of the
 * YAML cannot break a running run. Configs stay in the run directory; the plan holds what the workflow needs.
 */
export interface Plan {
  readonly run_id: string
  readonly pipeline: string
  readonly pipeline_file: string | null
  readonly generation: string
  readonly started_at: string
  /** The time that `now` means in rules, ISO 8601. */
  readonly now: string
  readonly params: { readonly [name: string]: JsonValue }
  readonly parallel: boolean
  readonly max_parallel: number
  readonly stop_on_error: boolean
  readonly timeout_ms: number | null
  readonly stages: readonly PlannedStage[]
  readonly warnings: readonly string[]
}

/** `run`: executes. `reuse`: its committed outputs are taken over after a check. `skip`: disabled or not selected. */
export type PlannedAction = 'run' | 'reuse' | 'skip'

/** The commit that a reused stage takes over. */
export interface PlannedReuse {
  readonly run_id: string
  readonly generation: string
  /** Where that run lies, relative to the project; without it in the same output folder as this one. */
  readonly output_dir?: string
}

export interface PlannedStage {
  readonly name: string
  readonly number: number
  readonly kind: StageKind
  /** Built-in name, path, dotted name, or `command`. */
  readonly module: string
  /** What Temporal shows: the module, with `#function` unless it is `run`. */
  readonly activity_type: string
  readonly action: PlannedAction
  /** Why: `unchanged, 2 files verified`, `config changed: rules[1].min 1000000 → 1000`, `disabled`. */
  readonly reason: string
  /** Of a reuse: what is taken over. Plans of 0.1.0 do not have it: there it is the newest commit of the run. */
  readonly reuses?: PlannedReuse
  /** It runs even when what goes in is the same as before: a person asked for it. */
  readonly forced?: true
  /** Enabled stages that must have ended well; a disabled one is left out and its own needs taken instead. */
  readonly needs: readonly string[]
  /** Stages whose datasets it works on. */
  readonly takes: readonly string[]
  readonly on_failure: OnFailure
  /** Of `on_failure: pause`: how long the run waits for a person. */
  readonly pause_timeout_ms?: number
  readonly retry: RetryPolicy
  readonly timeout_ms: number
  readonly heartbeat_timeout_ms: number
}
