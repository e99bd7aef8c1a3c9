import type { JsonObject } from './json.ts'
import type { StageKind } from './pipeline.ts'

/**
 * What the pipeline model must know about stages: given to `parsePipeline` as an argument, so that the model imports
 * neither the built-in stages nor the file system.
 */
export interface StageCatalog {
  /** What a `module:` means in this project. */
  resolve(module: string): ModuleResolution
  /** Checks configs against the schemas of their modules, all in one call (own modules load in one child process). */
  check(requests: readonly ConfigRequest[]): Promise<readonly ConfigCheck[]>
}

export type ModuleResolution =
  | { readonly found: true; readonly kind: StageKind; readonly module: string }
  | { readonly found: false; readonly message: string; readonly hint: string | null }

export interface ConfigRequest {
  readonly kind: StageKind
  readonly module: string
  readonly function: string
  /** Parameters in place. For built-ins a number that is not in its canonical form (`007`, `1e3`, 19 digits) is its source text. */
  readonly config: JsonObject
}

export interface ConfigCheck {
  /** With the schema's defaults filled in; the config as given when the module has no schema or issues were found. */
  readonly config: JsonObject
  readonly issues: readonly ConfigIssue[]
  /** Files that the config names and the stage will read as configuration (rules, lists), relative to the project. */
  readonly files: readonly string[]
}

export interface ConfigIssue {
  /** From the stage's `config` down: `['rules', 3, 'min']`. */
  readonly path: readonly (string | number)[]
  readonly code: string
  readonly message: string
  readonly hint: string | null
  /** Set when the fault is in another file that the config names (a rules file). */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number }
  readonly severity?: 'error' | 'warning'
}
