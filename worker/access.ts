import type { ServerSettings } from './server-settings.ts'

/** Where a Temporal binary came from. */
export type BinaryOrigin = 'environment' | 'path' | 'cache' | 'temporal.download' | 'pip'

/** How long each part of a cold start took; the parts overlap. */
export interface StartParts {
  /** From the start of the supervisor's process until it held the lock. */
  readonly supervisorMs: number
  /** From the start of the server's process until it answered a call. */
  readonly serverMs: number | null
  /** From the start of the worker's process until it polled; null while it is not there yet. */
  readonly workerMs: number | null
  /** What the worker did in that time. */
  readonly worker: WorkerParts | null
}

export interface WorkerParts {
  readonly importMs: number
  readonly bundleMs: number
  /** Whether the workflow bundle had to be built. */
  readonly bundleBuilt: boolean
  readonly connectMs: number
  readonly createMs: number
}

/**
 * What happens while Temporal is being reached, and later for as long as the access is held. Every event has a message that
 * can be printed as it is; `notable` ones should be, the others are for progress displays and `--verbose`.
 */
export type AccessEvent = { readonly message: string; readonly notable: boolean } & (
  | { readonly type: 'binary'; readonly origin: BinaryOrigin; readonly path: string; readonly version: string }
  | { readonly type: 'download'; readonly origin: string; readonly receivedBytes: number; readonly totalBytes: number }
  | { readonly type: 'starting' }
  | { readonly type: 'ready'; readonly cold: boolean; readonly parts: StartParts | null }
  /** Runs that an earlier end of the server or worker interrupted and that go on by themselves now. */
  | { readonly type: 'runs-go-on'; readonly runIds: readonly string[] }
  | { readonly type: 'lost'; readonly what: 'server' | 'worker' | 'supervisor' }
  | { readonly type: 'back'; readonly what: 'server' | 'worker' | 'supervisor' }
  /** The worker does not come up, or the supervisor gave up; the message has the last lines of the log. */
  | { readonly type: 'failing'; readonly what: 'server' | 'worker' }
  /** The embedded server was ended by `down` or a signal: a run that is open goes on with the next command. */
  | { readonly type: 'ended' }
  | { readonly type: 'note' }
)

/** A Temporal server that answered, held until `release`. */
export interface TemporalAccess extends ServerSettings {
  readonly taskQueue: string
  /** The base address of the Temporal UI; null where nobody said it. */
  readonly uiUrl: string | null
  readonly embedded: boolean
  /** One line: which server this is. */
  readonly describe: string
  /** Resolves when the embedded server was ended by somebody else (`down`); never for a configured one. */
  readonly ended: Promise<void>
  /** Gives up the lease. The process can exit only afterwards. May be called again. */
  release(): Promise<void>
}

/** The page of a run in the Temporal UI; null where no UI is known. */
export function runLink(access: Pick<TemporalAccess, 'uiUrl' | 'namespace'>, workflowId: string): string | null {
  if (access.uiUrl === null) return null
  return `${access.uiUrl}/namespaces/${encodeURIComponent(access.namespace)}/workflows/${encodeURIComponent(workflowId)}`
}
