import type { JsonObject, JsonValue } from './json.ts'

/** The five numbers of a stage. In = out + rejected + filtered + duplicates; each is counted by itself. */
export interface RowCounts {
  readonly in: number
  readonly out: number
  readonly rejected: number
  readonly filtered: number
  readonly duplicates: number
}

export type RunStatus = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'running' | 'paused'

export type StageStatus =
  | 'completed'
  | 'reused'
  | 'skipped'
  | 'failed'
  | 'cancelled'
  | 'running'
  | 'retrying'
  | 'paused'
  | 'waiting'

/**
 * A file that a stage read. `path` is relative to the project where it lies inside; where the file is an output of another
 * stage, `stage` names that stage and `path` is relative to its run directory.
 */
export interface InputFile {
  readonly path: string
  readonly stage?: string
  readonly sha256: string
  readonly bytes: number
}

/** A file that a stage wrote. `path` is relative to the run directory. `rows` is null where the format has none. */
interface OutputFile {
  readonly dataset: string
  readonly path: string
  readonly format: 'csv' | 'parquet' | 'jsonl' | 'json' | 'other'
  readonly rows: number | null
  readonly bytes: number
  readonly sha256: string
}

/** Why a stage or run did not succeed. Never holds a cell value. */
export interface ErrorRecord {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** What one stage did in one run; a part of `run.json`. */
export interface StageEntry {
  readonly name: string
  readonly module: string
  readonly status: StageStatus
  /** Why it was reused, skipped, or run again. */
  readonly reason: string | null
  readonly attempts: number
  readonly started_at: string | null
  readonly duration_ms: number | null
  /** The run that did the work, where a reused stage was taken over from another one. */
  readonly reused_from_run?: string
  /** Null: the stage keeps no account of its rows. */
  readonly rows: RowCounts | null
  readonly inputs: readonly InputFile[]
  readonly outputs: readonly OutputFile[]
  readonly warnings: readonly string[]
  readonly error: ErrorRecord | null
}

/** The run record `run.json`: a promise to whoever reads it. Times are ISO 8601 in UTC. */
export interface RunRecord {
  readonly schema_version: 1
  readonly run_id: string
  readonly pipeline: string
  readonly pipeline_file: string | null
  readonly status: RunStatus
  readonly started_at: string
  readonly ended_at: string | null
  readonly params: { readonly [name: string]: JsonValue }
  readonly versions: { readonly [name: string]: string }
  readonly warnings: readonly string[]
  readonly error: ErrorRecord | null
  /** The run whose unchanged stages it took over (`run --reuse`). */
  readonly reuses?: string
  readonly stages: readonly StageEntry[]
}

/**
 * The immutable record that commits one execution of a stage: created once, by an exclusive create, keyed by stage and
 * generation. Files are relative to the run directory; `public_names` are where people find them.
 */
export interface CommitRecord {
  readonly schema_version: 1
  readonly run_id: string
  readonly stage: string
  readonly module: string
  readonly generation: string
  readonly fingerprint: string
  /** What went into the fingerprint, so that a later plan can say what changed. */
  readonly meaning: JsonObject
  /** The generation whose execution this record takes over, for a reused stage. */
  readonly reused_from: string | null
  /** The run of that generation, where it is another one. */
  readonly reused_from_run?: string
  /** A person skipped the stage and gave a file in place of its output: who, when, which. */
  readonly stand_in?: string
  readonly attempt: number
  readonly started_at: string
  readonly ended_at: string
  readonly rows: RowCounts | null
  readonly inputs: readonly InputFile[]
  readonly outputs: readonly CommittedFile[]
  readonly warnings: readonly string[]
  readonly metadata: JsonObject
}

/** An output file as committed: `path` is its private place, `public_name` its name in the run directory. */
export interface CommittedFile extends OutputFile {
  readonly public_name: string
}
