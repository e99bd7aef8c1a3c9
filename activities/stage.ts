import type { ZodType } from 'zod'
import type { ConfigIssue } from '../pipeline/catalog.ts'
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
  /** The files of rows that the same commit left out, each row with its rule. */
  readonly leftOut?: Dataset['files']
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
  /**
   * The metadata of this stage in the newest completed runs of the pipeline that began before this one, newest first and no
   * more than asked for. Not there where a stage is tried without a run.
   */
  readonly earlier?: (runs: number) => Promise<readonly JsonObject[]>
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

/** A built-in stage: a folder below `activities/stages/`, listed in `activities/stages/registry.ts`. */
export interface BuiltinStage<Config = never> {
  /** As written in `module:`, e.g. `take_input_csv`. */
  readonly name: string
  /** Other names that mean it, e.g. the original's `src.01_take_input_csv`. */
  readonly aliases: readonly string[]
  /** One sentence for `stage ls` and the docs. */
  readonly summary: string
  /** Part of the fingerprint: raised when the same config would give other bytes. */
  readonly version: string
  readonly rows: RowsPromise
  /** Gives the validation, the JSON Schema for editors, and the reference page. */
  readonly schema: ZodType<Config>
  /** Faults beyond the schema: a regex that cannot run, a list file that is not there. */
  readonly check?: (config: Config, projectDir: string) => Promise<readonly ConfigIssue[]>
  /** As `check`, of a config with faults of form: what is wrong with the parts that are sound by themselves. */
  readonly checkParts?: (config: JsonObject, projectDir: string) => Promise<readonly ConfigIssue[]>
  /** Files that the config names and that are configuration (rules, lists), relative to the project. */
  readonly files?: (config: Config, projectDir: string) => readonly string[]
  /** The source files that patterns of the config match now, relative to the project where they lie inside: part of the meaning. */
  readonly sources?: (config: Config, projectDir: string) => Promise<readonly string[]>
  readonly run: (config: Config, context: StageContext) => Promise<StageResult>
}

/** Runs a stage that is not built in: one for each kind, below `activities/modules/`. */
export interface ModuleRunner {
  run(module: OwnModule, context: StageContext): Promise<StageResult>
}

/** What a stage of one's own runs. */
export interface OwnModule {
  readonly kind: 'typescript' | 'python' | 'command'
  /** Project-relative path, dotted name, or `command`. */
  readonly module: string
  readonly function: string
  readonly command: string | readonly string[] | null
  readonly config: JsonObject
  /** The interpreter from the pipeline's config; null: `python3`, then `python`. */
  readonly python: string | null
}
