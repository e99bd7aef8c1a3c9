import type { ErrorCode } from '../../pipeline/errors.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { Progress, StageResult } from '../stage.ts'
import type { BoundFiles } from './bind-files.ts'

/** What the process of a stage is started with. */
export interface StageRequest {
  /** Absolute. */
  readonly file: string
  /** As written, for messages. */
  readonly module: string
  readonly function: string
  readonly config: JsonObject
  readonly files: BoundFiles
  readonly context: {
    readonly runId: string
    readonly stage: string
    readonly stageNumber: number
    readonly attempt: number
    readonly projectDir: string
    /** ISO 8601. */
    readonly now: string
    readonly outDir: string
  }
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What it says, a line of JSON at a time, apart from what the stage prints. */
export type StageReport =
  | { readonly kind: 'line'; readonly level: LogLevel; readonly text: string }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly result: StageResult }
  | { readonly kind: 'failed'; readonly failure: StageFailure }

export interface StageFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string | null
  /** For the log. */
  readonly stack: string | null
}
