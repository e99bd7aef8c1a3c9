import type { JsonObject, JsonValue } from './json.ts'

/**
 * The pipeline as it runs: what people wrote with every default filled in, every parameter put in place, every unit
 * turned into milliseconds. Nothing after `parsePipeline` tests for a missing key.
 */
export interface Pipeline {
  readonly name: string
  readonly description: string | null
  readonly config: PipelineConfig
  /** Values of the declared parameters: set ones and defaults. */
  readonly params: { readonly [name: string]: JsonValue }
  readonly execution: Execution
  readonly stages: readonly Stage[]
  readonly schedules: readonly Schedule[]
}

export type LogLevel = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR'

export interface PipelineConfig {
  readonly logLevel: LogLevel
  /** Relative to the project, as in the original: `data`. */
  readonly dataDir: string
  /** Where run directories go: `data/output`. */
  readonly outputDir: string
  /** IANA name; run IDs are made in it. `UTC` unless written. */
  readonly timezone: string
  /** The interpreter of Python stages; null: `python3`, then `python`. */
  readonly python: string | null
}

export interface Execution {
  readonly parallel: boolean
  /** Stages at once; 1 when `parallel` is false. */
  readonly maxParallel: number
  readonly stopOnError: boolean
  /** Of the whole run; null: none. */
  readonly timeoutMs: number | null
}

export type StageKind = 'builtin' | 'typescript' | 'python' | 'command'

/**
 * `fail`: nothing more starts. `continue`: independent branches go on, the run fails. `warn`: the run may complete. `pause`:
 * the run waits for a person.
 */
export type OnFailure = 'fail' | 'continue' | 'warn' | 'pause'

export interface Stage {
  readonly name: string
  /** Place in the file from 1, disabled stages counted; `stage1_output_<run ID>.csv` carries it. */
  readonly number: number
  readonly kind: StageKind
  /** Built-in name, project-relative path, dotted Python name, or `command`. */
  readonly module: string
  readonly function: string
  /** Set for `command` stages only: a line for the shell or a list of arguments. */
  readonly command: string | readonly string[] | null
  readonly enabled: boolean
  /** Names of the stages that must have ended well before; those of `inputs` included. */
  readonly needs: readonly string[]
  /** Datasets of other stages by alias; the only or first one is `input`. */
  readonly inputs: { readonly [alias: string]: StageInput }
  /** Resolved; for built-ins checked and completed by their schema. */
  readonly config: JsonObject
  readonly onFailure: OnFailure
  /** Of `onFailure: pause`: how long the run waits for a person before the stage counts as failed. */
  readonly pauseTimeoutMs?: number
  readonly retry: RetryPolicy
  /** One attempt, start to close. */
  readonly timeoutMs: number
  readonly heartbeatTimeoutMs: number
}

/** A dataset of another stage: `clean` is `{stage: 'clean', dataset: 'output'}`, `clean.rejected` its rejected rows. */
export interface StageInput {
  readonly stage: string
  readonly dataset: string
}

export interface RetryPolicy {
  readonly maximumAttempts: number
  readonly initialIntervalMs: number
  readonly backoffCoefficient: number
  readonly maximumIntervalMs: number
  /** Error codes that another attempt cannot mend, besides those that never can. */
  readonly nonRetryable: readonly string[]
}

export interface Schedule {
  readonly id: string
  readonly cron: string | null
  readonly everyMs: number | null
  readonly timezone: string
  readonly overlap: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all'
  readonly catchupWindowMs: number
  readonly jitterMs: number
  /** ISO, with a zone. */
  readonly start: string | null
  readonly end: string | null
  readonly pauseOnFailure: boolean
  readonly set: JsonObject
}
