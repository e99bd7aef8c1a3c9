import type { z } from 'zod'
import type { RowsPromise } from '../stage.ts'

/** A key that is the same in every copy of this package: a project may have loaded another one than the worker. */
export const stageMark: unique symbol = Symbol.for('onclock.stage')

/** What `defineStage` makes and the runner takes. */
export interface DefinedStage {
  readonly summary: string | null
  readonly config: z.ZodType | null
  readonly rows: RowsPromise
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly run: (stage: never) => unknown
}

/** Whether a value was made by `defineStage`. */
export function isDefinedStage(value: unknown): value is DefinedStage {
  return typeof value === 'object' && value !== null && stageMark in value
}
