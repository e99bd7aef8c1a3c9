import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AccessEvent, StartParts, TemporalAccess } from './access.ts'
import { buildId } from './build-id.ts'
import { embeddedAccess } from './embedded-access.ts'
import { endLeftovers } from './leftovers.ts'
import { probeServer } from './probe-server.ts'
import { askStatus, stopSupervisor } from './reach-supervisor.ts'
import { configuredServer } from './server-settings.ts'
import type { PartState } from './supervisor-messages.ts'
import { taskQueueOf } from './task-queue.ts'

export { runLink, type AccessEvent, type TemporalAccess } from './access.ts'

export interface AccessOptions {
  readonly projectDir: string
  readonly profile?: string
  readonly address?: string
  readonly namespace?: string
  /**
   * Whether the command needs runs to go on: then what happens to the embedded worker is notable. The worker is started with
   * the server either way; a configured server has workers of its own (`onclock worker`).
   */
  readonly needWorker: boolean
  /** Whether somebody sits at a terminal: then the embedded server stays up for a while after the last command. */
  readonly tty: boolean
  /** Called until `release`, also after this function has returned. */
  readonly onEvent: (event: AccessEvent) => void
}

/**
 * A Temporal server that answers: the one a flag, a `TEMPORAL_*` variable or a named profile sets, otherwise the project's
 * own, which is started with its worker when it does not run. A configured server that does not answer is an error
 * (SERVER_UNREACHABLE), never a reason to run on the laptop instead.
 */
export async function accessTemporal(options: AccessOptions): Promise<TemporalAccess> {
  const projectDir = placeOf(options.projectDir)
  const configured = configuredServer(options, process.env)
  if (configured === null) return embeddedAccess({ ...options, projectDir })
  const { settings, source } = configured
  await probeServer(settings.address, source)
  return {
    ...settings,
    taskQueue: taskQueueOf(projectDir),
    uiUrl: process.env['ONCLOCK_UI_URL']?.replace(/\/$/, '') ?? null,
    embedded: false,
    describe: `Temporal at ${settings.address}, namespace ${settings.namespace} (set by ${source})`,
    ended: new Promise(() => undefined),
    release: async () => undefined,
  }
}

/** What runs in the background for a project. */
export type EmbeddedStatus =
  | { readonly running: false }
  | {
      readonly running: true
      readonly pid: number
      readonly since: string
      readonly address: string
      readonly uiUrl: string
      /** Commands that hold it. */
      readonly leases: number
      /** Null where the server does not say. */
      readonly openRuns: number | null
      readonly server: { readonly state: PartState; readonly pid: number | null }
      readonly worker: { readonly state: PartState; readonly pid: number | null }
      readonly parts: StartParts
      /** Whether it runs the code of this command. */
      readonly sameBuild: boolean
    }

/** Tells whether the project's own server runs, where, and for whom; starts nothing to find out. */
export async function embeddedStatus(projectDir: string): Promise<EmbeddedStatus> {
  const status = await askStatus(placeOf(projectDir))
  if (status === null) return { running: false }
  const { state, pid, build } = status
  return {
    running: true,
    pid,
    since: state.since,
    address: state.address,
    uiUrl: state.ui_url,
    leases: state.leases,
    openRuns: state.open_runs,
    server: { state: state.server, pid: state.server_pid },
    worker: { state: state.worker, pid: state.worker_pid },
    parts: state.parts,
    sameBuild: build === buildId(),
  }
}

/**
 * Ends the project's server and worker, and what a killed supervisor may have left of them. Open runs are interrupted and go
 * on when a command brings the worker back; their number is null where the server did not say it.
 */
export async function stopEmbedded(projectDir: string): Promise<{ readonly stopped: boolean; readonly openRuns: number | null }> {
  const folder = placeOf(projectDir)
  const openRuns = (await askStatus(folder))?.state.open_runs ?? null
  const stopped = await stopSupervisor(folder)
  const left = await endLeftovers(folder, () => undefined)
  return { stopped: stopped !== null || left > 0, openRuns }
}

/** One folder has one supervisor, whatever links lead to it. */
function placeOf(projectDir: string): string {
  try {
    return realpathSync(projectDir)
  } catch {
    return resolve(projectDir)
  }
}
