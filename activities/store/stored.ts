import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Plan } from '../../pipeline/plan.ts'
import type { JsonObject } from '../../pipeline/json.ts'

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
  /** By stage and alias: datasets of earlier runs that stand in for a disabled stage. */
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
