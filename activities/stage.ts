import type { JsonObject } from '../pipeline/json.ts'
import type { CommittedFile, InputFile, RowCounts } from '../pipeline/record.ts'
import type { Database } from './duckdb.ts'

/** Which balance a stage keeps: as many rows out as in, fewer with each one accounted for, or none. */
export type RowsPromise = 'one-to-one' | 'filter' | 'free'

/** What a stage may say while it runs. Never a cell value: progress travels through Temporal. */
export interface Progress {
  readonly rows?: number
  readonly rowsTotal?: number
  readonly bytes?: number
  readonly bytesTotal?: number
  /** A few words on what is being done, e.g. `checking columns`. */
  readonly doing?: string
}

export interface StageLog {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** A named output of a stage that another stage reads: its files with absolute paths, in order. */
export interface Dataset {
  readonly stage: string
  readonly dataset: string
  readonly files: readonly (Omit<CommittedFile, 'path'> & { readonly path: string })[]
}

/** Everything a stage may touch. Stages know nothing of Temporal; one runs the same way in a test or by `stage run`. */
export interface StageContext {
  readonly runId: string
  readonly stage: string
  /** 1 for the first stage of the pipeline; names such as `stage1_rejected_<run ID>.csv` carry it. */
  readonly stageNumber: number
  readonly attempt: number
  /** Relative paths in a config are relative to this folder. */
  readonly projectDir: string
  /** The time that `now` means in rules: pinned at a run's first start. */
  readonly now: Date
  /** Datasets by alias; the only or first one is `input`. */
  readonly inputs: { readonly [alias: string]: Dataset }
  /** A folder of this attempt alone. Everything a stage writes, temporary files included, goes below it. */
  readonly outDir: string
  readonly database: () => Promise<Database>
  readonly log: StageLog
  readonly progress: (progress: Progress) => void
  readonly signal: AbortSignal
}

/** A file below `outDir` that a stage hands over; sealed (counted and hashed) by the engine after the stage returned. */
export interface ProducedFile {
  /** `output`, `rejected`, `filtered`, `duplicates`, or a name of the stage's own. */
  readonly dataset: string
  /** File name below `outDir`. */
  readonly file: string
  /** The name people find it under in the run directory; without one it stays in its private place. */
  readonly publicName?: string
  readonly format: CommittedFile['format']
  /** Rows counted from the file as written, see `sealFile`; null where the format has none. */
  readonly rows: number | null
  /** Bytes and hash when the stage has them already (from `sealFile`). */
  readonly seal?: { readonly bytes: number; readonly sha256: string }
}

export interface StageResult {
  /** Null: not accounted. */
  readonly rows: RowCounts | null
  /** Source files read besides the datasets, with the hash of what was read. */
  readonly inputs: readonly InputFile[]
  readonly outputs: readonly ProducedFile[]
  readonly warnings: readonly string[]
  /** Written to the stage's metadata file: counts per rule, what was detected, and the like. No cell values. */
  readonly metadata: JsonObject
}

/** A built-in stage: its config is checked by its own schema before `run` sees it. */
export interface BuiltinStage<Config> {
  readonly run: (config: Config, context: StageContext) => Promise<StageResult>
}
