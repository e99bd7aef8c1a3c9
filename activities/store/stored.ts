import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Plan } from '../../pipeline/plan.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { ReusedRun } from '../../pipeline/messages.ts'
import type { StageChoice } from '../../pipeline/select-stages.ts'

/** Whose run directory it is. */
export interface Claim {
  readonly schema_version: 1
  readonly run_id: string
  readonly workflow_id: string
  /** The generation that made the directory. */
  readonly execution: string
  readonly pipeline: string
  readonly claimed_at: string
}

/** One start or resume: what it planned, and from what. Immutable. */
export interface Generation {
  readonly schema_version: 1
  readonly plan: Plan
  /** The pipeline with parameters in place and defaults filled in. */
  readonly pipeline: Pipeline
  /** By stage: what of its meaning is known before it runs (module, config, files it names). */
  readonly meanings: { readonly [stage: string]: JsonObject }
  /** The stages that take part; a resume goes on with them. */
  readonly selected?: StageChoice
  /** The run whose unchanged stages it takes over; a resume goes on with it. */
  readonly reuses?: ReusedRun
  /** By stage and alias: datasets of earlier runs that stand in for a stage that is disabled or not selected. */
  readonly earlier: { readonly [stage: string]: { readonly [alias: string]: EarlierOutput } }
  /** As typed with `--set`; a resume starts from them. */
  readonly set: { readonly [name: string]: string }
  readonly versions: { readonly [name: string]: string }
}

/** A committed stage of an earlier run. */
export interface EarlierOutput {
  readonly run_id: string
  readonly stage: string
  readonly generation: string
}
