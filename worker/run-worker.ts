import { availableParallelism, hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DefaultLogger, NativeConnection, type NativeConnectionOptions, Runtime, Worker } from '@temporalio/worker'
import type { Database } from '../activities/duckdb.ts'
import { packageVersion } from '../activities/package-root.ts'
import { messageOf, OnclockError } from '../pipeline/errors.ts'
import type { WorkerParts } from './access.ts'
import { projectStateDir } from './cache-folder.ts'
import { unreachable } from './probe-server.ts'
import type { ServerSettings } from './server-settings.ts'
import { projectName } from './task-queue.ts'
import { workflowBundle } from './workflow-bundle.ts'

export interface RunWorkerOptions {
  readonly projectDir: string
  readonly server: ServerSettings
  readonly taskQueue: string
  /** How long stages that run may go on after the worker was told to end; then their attempts are interrupted. */
  readonly shutdownGraceMs: number
  /** Where DuckDB spills to; a folder of this process below the project's state unless given. */
  readonly spillDir?: string
  /** How long the server may take to answer. */
  readonly connectWithinMs: number
  /** Called once the worker polls. */
  readonly onReady: (parts: WorkerParts) => void
  /** Ends the worker gracefully, as SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal
}

/** Stages wait for files, commands and DuckDB's own threads more than for this process, so there are more than there are processors. */
const STAGES_AT_ONCE = 100
const CACHED_WORKFLOWS = 200
/** Keeps progress fresh and cancellation quick: the SDK's own limit is 80 % of the heartbeat timeout, up to a minute. */
const HEARTBEAT_THROTTLE_MS = 2_000
/** How long the workflow of a worker that was killed waits for it: 10 s unless said. Another worker replays the history. */
const STICKY_MS = 2_000
/** Beyond the grace, for stages that do not listen. */
const FORCE_AFTER_MS = 5_000
const RECONNECT_MS = 50
const SILENT_MS = 2_000

/**
 * Hosts the stages of a project in this process until it is told to end. Several workers may serve one task queue, on any
 * number of machines that see the same project folder.
 */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const { projectDir, server, taskQueue, shutdownGraceMs } = options
  installRuntime()
  const started = performance.now()
  const [bundle, connection, { createActivities }] = await Promise.all([
    timed(workflowBundle({ projectDir, env: process.env })),
    timed(connect(server, options.connectWithinMs)),
    import('../activities/temporal/create-activities.ts'),
  ])
  const database = lazyDatabase(options.spillDir ?? join(projectStateDir(projectDir), 'spill', String(process.pid)))
  const createdFrom = performance.now()
  const worker = await Worker.create({
    connection: connection.value,
    namespace: server.namespace,
    taskQueue,
    identity: workerIdentity(projectDir),
    workflowBundle: { codePath: bundle.value.codePath },
    activities: createActivities({ projectDir, database: database.open }),
    maxConcurrentActivityTaskExecutions: stagesAtOnce(),
    maxCachedWorkflows: CACHED_WORKFLOWS,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    stickyQueueScheduleToStartTimeout: STICKY_MS,
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + FORCE_AFTER_MS,
  })
  const createMs = since(createdFrom)
  options.signal?.addEventListener('abort', () => end(worker), { once: true })
  const running = worker.run()
  options.onReady({
    importMs: Math.round(started),
    bundleMs: bundle.ms,
    bundleBuilt: bundle.value.built,
    connectMs: connection.ms,
    createMs,
  })
  try {
    if (options.signal?.aborted === true) end(worker)
    await running
  } finally {
    database.close()
    await connection.value.close().catch(() => undefined)
  }
}

/** A name that people can read in the Temporal UI: which build, which project, which process, where. */
function workerIdentity(projectDir: string): string {
  return `onclock ${packageVersion} ${projectName(projectDir)} ${process.pid}@${hostname()}`
}

/** `ONCLOCK_METRICS` is an address such as `127.0.0.1:9464` at which Prometheus finds the worker's metrics. */
function installRuntime(): void {
  const metrics = process.env['ONCLOCK_METRICS']
  Runtime.install({
    logger: new DefaultLogger('INFO'),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metrics === undefined || metrics === '' ? {} : { metrics: { prometheus: { bindAddress: metrics } } }),
    },
  })
}

/** The native connection fails at once with the reason; a server that is still starting is waited for. */
async function connect(server: ServerSettings, withinMs: number): Promise<NativeConnection> {
  const { address, tls, apiKey, metadata } = server
  const options: NativeConnectionOptions = {
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
  }
  for (const end = performance.now() + withinMs; ; await sleep(RECONNECT_MS)) {
    try {
      return await Promise.race([NativeConnection.connect(options), silence(Math.max(withinMs, SILENT_MS))])
    } catch (error) {
      if (performance.now() > end) throw unreachable(address, messageOf(error).replace(/\.$/, ''), null, error)
    }
  }
}

/** A server that accepts the connection and says nothing gives no error of its own. */
async function silence(ms: number): Promise<never> {
  await sleep(ms, null, { ref: false })
  throw new Error(`it accepts the connection and says nothing for ${Math.round(ms / 1000)} s`)
}

/** DuckDB is loaded by the first stage that needs it: a worker for commands and Python never does. */
function lazyDatabase(spillDir: string): { open: () => Promise<Database>; close: () => void } {
  let opened: Promise<Database> | null = null
  const open = async (): Promise<Database> => {
    const { openDatabase } = await import('../activities/duckdb.ts')
    const memoryLimit = process.env['ONCLOCK_MEMORY_LIMIT']
    return openDatabase({ spillDir, ...(memoryLimit === undefined || memoryLimit === '' ? {} : { memoryLimit }) })
  }
  return {
    open() {
      opened ??= open().catch((error: unknown) => {
        opened = null
        throw error
      })
      return opened
    },
    close: () => void opened?.then((database) => database.close()).catch(() => undefined),
  }
}

function stagesAtOnce(): number {
  const text = process.env['ONCLOCK_STAGES_AT_ONCE']
  if (text === undefined || text === '') return Math.max(STAGES_AT_ONCE, availableParallelism())
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new OnclockError('USAGE', `ONCLOCK_STAGES_AT_ONCE is "${text}"; it takes a whole number from 1.`)
}

function end(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown()
}

async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
  const from = performance.now()
  return { value: await work, ms: since(from) }
}

function since(from: number): number {
  return Math.round(performance.now() - from)
}
