import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OnclockError } from '../pipeline/errors.ts'
import type { AccessEvent } from './access.ts'
import { buildId } from './build-id.ts'
import { projectStateDir } from './cache-folder.ts'
import { endProcess } from './leftovers.ts'
import { tailOfLog } from './log-file.ts'
import { identifyProcess } from './process-identity.ts'
import { startSupervisor } from './start-supervisor.ts'
import { connectSupervisor, type SupervisorLink } from './supervisor-link.ts'
import { type Holder, isLiving, readHolder } from './supervisor-lock.ts'
import type { SupervisorState } from './supervisor-messages.ts'
import { findTemporalBinary } from './temporal-binary.ts'

const POLL_MS = 10
/** A supervisor that lives and does not answer is starting or ending; longer than this, it hangs. */
const SILENT_MS = 25_000
const START_MS = 30_000

export interface ReachOptions {
  readonly projectDir: string
  readonly tty: boolean
  readonly onEvent: (event: AccessEvent) => void
}

/**
 * A lease at the project's supervisor, which is started when there is none. Any number of commands may do this at once: the
 * supervisors they start agree on one.
 */
export async function reachSupervisor(options: ReachOptions): Promise<{ link: SupervisorLink; cold: boolean }> {
  const stateDir = projectStateDir(options.projectDir)
  let binary: string | null = null
  for (let starts = 0; starts < 3;) {
    const link = await leaseOfRunning(options, stateDir)
    if (link !== null) return { link, cold: starts > 0 }
    binary ??= (await findTemporalBinary({ ...options, env: process.env })).path
    options.onEvent({ type: 'starting', notable: false, message: 'Starting the Temporal server and the worker of this project.' })
    starts += 1
    await startAndAwaitLock(options.projectDir, stateDir, binary)
  }
  const last = tailOfLog(join(stateDir, 'supervisor.log'), 3).join('\n')
  throw new OnclockError('SERVER_NOT_STARTED', `The process that runs the embedded Temporal server ends at once:\n${last}`, {
    hint: `${join(stateDir, 'supervisor.log')} says more.`,
  })
}

/** What the running supervisor says of itself, without a lease; null when none runs. */
export async function askStatus(projectDir: string): Promise<{ pid: number; build: string; state: SupervisorState } | null> {
  const holder = readHolder(projectStateDir(projectDir))
  const link = holder === null ? null : await connectSupervisor(holder, 'status', false)
  if (link === null) return null
  const state = await new Promise<SupervisorState | null>((resolve) => {
    link.onSay((message) => {
      if (message.say === 'state') resolve(message.state)
    })
    void link.closed.then(() => resolve(null))
  })
  link.close()
  return state === null ? null : { pid: link.pid, build: link.build, state }
}

/** Asks the supervisor to end and waits until it has; one that hangs is ended. Null when none runs. */
export async function stopSupervisor(projectDir: string): Promise<{ pid: number } | null> {
  const stateDir = projectStateDir(projectDir)
  const holder = readHolder(stateDir)
  if (holder === null || !isLiving(holder)) return null
  const link = holder.state === 'running' ? await connectSupervisor(holder, 'stop', false) : null
  for (const end = Date.now() + SILENT_MS; isLiving(holder) && Date.now() < end;) await sleep(POLL_MS)
  link?.close()
  await endHanging(holder)
  return { pid: holder.pid }
}

async function leaseOfRunning(options: ReachOptions, stateDir: string): Promise<SupervisorLink | null> {
  for (const end = Date.now() + SILENT_MS; ; await sleep(POLL_MS)) {
    const holder = readHolder(stateDir)
    if (holder === null) return null
    const link = holder.state === 'running' ? await connectSupervisor(holder, 'lease', options.tty) : null
    if (link !== null) {
      if (await mayUse(link, options)) return link
      link.close()
      await stopSupervisor(options.projectDir)
    } else if (!isLiving(holder)) {
      return null
    } else if (Date.now() > end) {
      await endHanging(holder)
    }
  }
}

/** A supervisor of another build is replaced when nobody needs it; otherwise that it is of another build is said. */
async function mayUse(link: SupervisorLink, { projectDir, onEvent }: ReachOptions): Promise<boolean> {
  if (link.build === buildId()) return true
  const status = await askStatus(projectDir)
  const busy = status === null || status.state.leases > 1 || status.state.open_runs !== 0
  onEvent({
    type: 'note',
    notable: busy,
    message: busy
      ? 'The server and worker in the background are of another build of onclock, and in use; `onclock down` ends them, the next command starts those of this build.'
      : 'The server and worker in the background are of another build of onclock: they are replaced.',
  })
  return busy
}

async function startAndAwaitLock(projectDir: string, stateDir: string, binary: string): Promise<void> {
  const child = startSupervisor(projectDir, stateDir, binary)
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(POLL_MS)) {
    const holder = readHolder(stateDir)
    if (holder !== null && isLiving(holder)) return
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  }
}

async function endHanging(holder: Holder): Promise<void> {
  const identity = identifyProcess(holder.pid)
  if (identity !== null && identity.startedAt === holder.process_started_at) await endProcess(identity, () => undefined)
}
