import type { ErrorCode } from '../../pipeline/errors.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { Progress, StageResult } from '../stage.ts'
import type { BoundFiles } from './bind-files.ts'

/** What a stage thread is started with. */
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
    readonly now: Date
    readonly outDir: string
  }
  /** Lines on their way; the thread waits when there are too many, so that a stage that prints without end fills no memory. */
  readonly linesUnderway: SharedArrayBuffer
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a stage thread says. */
export type ThreadReport =
  | { readonly kind: 'line'; readonly level: LogLevel; readonly text: string }
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** The stage looks at its signal: it may end by itself when it fires. */
  | { readonly kind: 'watching' }
  | { readonly kind: 'done'; readonly result: StageResult }
  | { readonly kind: 'failed'; readonly failure: ThreadFailure }

export interface ThreadFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string | null
  /** For the log. */
  readonly stack: string | null
}

/** What a stage thread is told. */
export interface ThreadOrder {
  readonly kind: 'abort'
}
