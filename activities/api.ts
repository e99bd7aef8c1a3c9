import { z } from 'zod'
import { type DefinedStage, stageMark } from './modules/defined-stage.ts'
import type { Progress, RowsPromise, StageLog } from './stage.ts'

export { z }
export type { Progress, RowsPromise, StageLog }

/** A row as read: every cell is text, an empty one is null. */
export interface Row {
  [column: string]: string | null
}

/** What may stand in a cell of a row that is written; null and undefined give an empty cell, a Date its ISO 8601 text. */
export type Cell = string | number | bigint | boolean | Date | null | undefined

export interface OutputRow {
  readonly [column: string]: Cell
}

/** A dataset of another stage, or the CSV file that `input_file` names. */
export interface StageInput {
  /** The CSV file, absolute; for readers of your own. Rows that they read are not counted. */
  readonly path: string
  /** Names of the columns, in order. */
  columns(): Promise<readonly string[]>
  /** Every row, in order, read as a stream. */
  rows(): AsyncIterable<Row>
}

export interface StageOutput {
  /** Writes one row; the first one decides on the columns. Await it: memory stays small. */
  write(row: OutputRow): Promise<void>
}

/** Why a row does not come through. */
export interface LeftOutReason {
  /** A short name, as the IDs of rules are: `no-price`. */
  readonly rule: string
  /** What is wrong with the row; without its cell values. */
  readonly message?: string
  /** The column that it is about. */
  readonly column?: string
}

export interface LeavesOut {
  /** Leaves a row out because it is bad data. Give the row as it was read: its place in the input is written with it. */
  readonly reject: (row: Row, reason: LeftOutReason) => Promise<void>
  /** Leaves a good row out on purpose. Give the row as it was read. */
  readonly filter: (row: Row, reason: LeftOutReason) => Promise<void>
}

/** Everything a stage may touch. Files that it writes itself go to places given by `file`. */
export type StageRun<Config, Promised extends RowsPromise, Inputs extends string, Outputs extends string> = {
  readonly config: Config
  /** The first or only input; its rows are those that are accounted for. */
  readonly input: StageInput
  readonly inputs: { readonly [alias in Inputs]: StageInput }
  readonly output: StageOutput
  readonly outputs: { readonly [name in Outputs]: StageOutput }
  /** The place for a file of its own with this name; it becomes an output of the stage. */
  readonly file: (name: string) => string
  readonly log: StageLog
  /** Shown while the stage runs; no cell values, since it travels. Rows read are told without it. */
  readonly progress: (progress: Progress) => void
  /** Fires when the run is cancelled, the attempt times out, or the worker stops; a few seconds are left to end well. */
  readonly signal: AbortSignal
  readonly runId: string
  readonly attempt: number
  /** The same in every attempt of a run, and after a resume. */
  readonly now: Date
  /** Relative paths in a config are relative to this folder. */
  readonly projectDir: string
} & (Promised extends 'one-to-one' ? object : LeavesOut)

export interface StageDefinition<
  Schema extends z.ZodType,
  Promised extends RowsPromise,
  Inputs extends string,
  Outputs extends string,
> {
  /** One sentence for `stage show`. */
  readonly summary?: string
  /** Checks the stage's `config:` before anything starts, fills in its defaults, and gives editors what they suggest. */
  readonly config?: Schema
  /**
   * `one-to-one`: a row out for every row in. `filter`: every row comes out or is rejected or filtered. `free`: joins,
   * aggregates; no balance is kept. The first two are checked in every run.
   */
  readonly rows: Promised
  /** Aliases that the pipeline must bind: `input: {videos: clean, moods: sentiment}`. */
  readonly inputs?: readonly Inputs[]
  /** Names of datasets besides `output`. */
  readonly outputs?: readonly Outputs[]
  readonly run: (stage: StageRun<z.output<Schema>, Promised, Inputs, Outputs>) => Promise<void> | void
}

/** Defines a stage of your own: `export default defineStage({…})` in a file that a pipeline names as `module:`. */
export function defineStage<
  Promised extends RowsPromise,
  // oxlint-disable-next-line typescript/no-empty-object-type
  Schema extends z.ZodType = z.ZodObject<{}>,
  const Inputs extends string = never,
  const Outputs extends string = never,
>(definition: StageDefinition<Schema, Promised, Inputs, Outputs>): DefinedStage {
  const stage: DefinedStage = {
    summary: definition.summary ?? null,
    config: definition.config ?? null,
    rows: definition.rows,
    inputs: definition.inputs ?? [],
    outputs: definition.outputs ?? [],
    run: definition.run,
  }
  return Object.assign(stage, { [stageMark]: true })
}
