import type { ConfigCheck, ConfigRequest } from '../../pipeline/catalog.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { RowsPromise } from '../stage.ts'

/** What the catalog's child process is asked; it lies in a file, since what modules print is no answer. */
export interface CatalogQuestion {
  readonly projectDir: string
  /** By their place in the whole list: a second child is asked only what the first left open. */
  readonly requests: readonly (Pick<ConfigRequest, 'module' | 'function' | 'config'> & { readonly at: number })[]
}

/** What it answers, a line of JSON at a time. */
export type CatalogAnswer =
  | { readonly kind: 'loading'; readonly module: string }
  | {
      readonly kind: 'checked'
      readonly at: number
      readonly check: ConfigCheck
      readonly described: OwnModuleDescription | null
    }

/** A stage of one's own as `stage show` and editors present it. */
export interface OwnModuleDescription {
  /** `function`: the original's form, which takes any config and keeps no account of its rows. */
  readonly form: 'defined' | 'function'
  readonly summary: string | null
  readonly rows: RowsPromise | null
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Of its config; null where it has none or it cannot be put that way. */
  readonly schema: JsonObject | null
}
