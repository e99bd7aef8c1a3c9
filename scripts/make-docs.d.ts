import type { ZodType } from 'zod'
import type { AnyBuiltinStage } from '../activities/stages/registry.ts'
import type { createProgram } from '../client/program.ts'
import type { ERRORS, EXIT_CODES } from '../pipeline/errors.ts'

/** What the pages are made of, as the code exports it. */
export interface Definitions {
  readonly ERRORS: typeof ERRORS
  readonly EXIT_CODES: typeof EXIT_CODES
  readonly fileSpec: ZodType
  readonly builtinStages: readonly AnyBuiltinStage[]
  readonly columnChecksSchema: ZodType
  readonly createProgram: typeof createProgram
}

/** The generated pages, by name below `docs/reference/`. */
export function referencePages(definitions: Definitions): ReadonlyMap<string, string>
