// `npm run record-histories`: runs the workflow on a real server with stages that do nothing, in every shape a run can have,
// and keeps the histories. They are replayed by test/workflows/replay.test.ts: a change that could not go on with a run that
// was started by a released version fails there. `npm run record-histories -- resumed skipped` records only these shapes.
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ApplicationFailure, heartbeat, sleep } from '@temporalio/activity'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { NativeConnection, Worker } from '@temporalio/worker'
import { packageRoot, packageVersion } from '../../activities/package-root.ts'
import {
  type Activities,
  type PlanArgument,
  PROGRESS_QUERY,
  RESUME_UPDATE,
  type RunInput,
  SKIP_UPDATE,
  type StageActivity,
  WORKFLOW_TYPE,
} from '../../pipeline/messages.ts'
import type { Plan, PlannedStage } from '../../pipeline/plan.ts'
import type { RunProgress } from '../../pipeline/progress.ts'
import { planOf, plannedStage } from '../activities/store/stored-samples.ts'

interface Shape {
  readonly plan: Partial<Plan>
  readonly stages: readonly PlannedStage[]
  readonly cancelAfterMs?: number
  /** What a person does once the run stands still. */
  readonly person?: { readonly update: string; readonly argument: object }
}

const quick = { maximumAttempts: 2, initialIntervalMs: 100, backoffCoefficient: 1, maximumIntervalMs: 100, nonRetryable: [] }
const stage = (name: string, change: Partial<PlannedStage> = {}): PlannedStage =>
  plannedStage(name, { retry: quick, heartbeat_timeout_ms: 3000, ...change })
const parallel = { parallel: true, max_parallel: 4 }

const shapes: { readonly [name: string]: Shape } = {
  linear: { plan: {}, stages: [stage('one'), stage('two', { needs: ['one'] }), stage('three', { needs: ['two'] })] },
  branches: {
    plan: parallel,
    stages: [
      stage('root'),
      stage('left', { needs: ['root'] }),
      stage('right', { needs: ['root'] }),
      stage('join', { needs: ['left', 'right'] }),
    ],
  },
  retries: { plan: {}, stages: [stage('flaky'), stage('two', { needs: ['flaky'] })] },
  failed: { plan: {}, stages: [stage('bad'), stage('two', { needs: ['bad'] })] },
  continued: {
    plan: parallel,
    stages: [stage('bad', { on_failure: 'continue' }), stage('two', { needs: ['bad'] }), stage('free')],
  },
  warned: { plan: parallel, stages: [stage('bad', { on_failure: 'warn' }), stage('free')] },
  reused: {
    plan: {},
    stages: [stage('one', { action: 'reuse', reason: 'unchanged' }), stage('two', { action: 'skip', reason: 'disabled' })],
  },
  cancelled: { plan: {}, stages: [stage('slow'), stage('two', { needs: ['slow'] })], cancelAfterMs: 500 },
  // The run directory is planned anew in a resume: `mended` then ends well.
  resumed: {
    plan: { timeout_ms: 60_000 },
    stages: [stage('mended', { on_failure: 'pause', pause_timeout_ms: 60_000 }), stage('two', { needs: ['mended'] })],
    person: { update: RESUME_UPDATE, argument: {} },
  },
  skipped: {
    plan: parallel,
    stages: [
      stage('bad', { on_failure: 'pause', pause_timeout_ms: 60_000 }),
      stage('two', { needs: ['bad'], takes: ['bad'] }),
      stage('three', { needs: ['bad'] }),
    ],
    person: { update: SKIP_UPDATE, argument: { stage: 'bad' } },
  },
  replaced: {
    plan: {},
    stages: [stage('bad', { on_failure: 'pause', pause_timeout_ms: 60_000 }), stage('two', { needs: ['bad'], takes: ['bad'] })],
    person: { update: SKIP_UPDATE, argument: { stage: 'bad', output: 'data/by-hand.csv' } },
  },
  'nobody-came': {
    plan: {},
    stages: [stage('bad', { on_failure: 'pause', pause_timeout_ms: 500 }), stage('two', { needs: ['bad'] })],
  },
  'cancelled-paused': {
    plan: {},
    stages: [stage('bad', { on_failure: 'pause', pause_timeout_ms: 60_000 }), stage('two', { needs: ['bad'] })],
    cancelAfterMs: 1500,
  },
  'timed-out': { plan: { timeout_ms: 500 }, stages: [stage('slow')] },
  'worker-lost': { plan: {}, stages: [stage('silent', { retry: { ...quick, maximumAttempts: 1 }, heartbeat_timeout_ms: 500 })] },
}

let silences = 0

const activities: Activities & { readonly default: StageActivity } = {
  plan: async (argument: PlanArgument) => {
    const shape = shapes[argument.run_id]
    if (shape === undefined) throw ApplicationFailure.nonRetryable('no such shape')
    const change = { run_id: argument.run_id, generation: argument.generation, ...shape.plan }
    return { plan: planOf(shape.stages, change), output_dir: 'data/output' }
  },
  close: async () => undefined,
  stand: async () => undefined,
  replace: async () => undefined,
  default: async ({ stage: name, generation }) => {
    const { Context } = await import('@temporalio/activity')
    const first = !generation.includes('.')
    if (name === 'bad' || (name === 'mended' && first) || (name === 'flaky' && Context.current().info.attempt === 1))
      throw ApplicationFailure.create({
        message: 'it failed',
        type: 'STAGE_FAILED',
        details: [{ hint: null, attempt: Context.current().info.attempt }],
      })
    if (name === 'silent' && (silences += 1) <= 2) await sleep(2000)
    if (name === 'slow') await untilCancelled()
    return {
      status: 'completed',
      reason: null,
      attempt: 1,
      started_at: new Date().toISOString(),
      duration_ms: 1,
      rows: null,
      warnings: [],
    }
  },
}

async function untilCancelled(): Promise<never> {
  for (;;) {
    heartbeat()
    await sleep(100)
  }
}

const port = await freePort()
const binary = process.env['ONCLOCK_TEMPORAL_BINARY'] ?? 'temporal'
const server = spawn(binary, [
  'server',
  'start-dev',
  '--headless',
  '--ip',
  '127.0.0.1',
  '--port',
  String(port),
  '--log-level',
  'never',
])
try {
  const address = `127.0.0.1:${port}`
  const connection = await eventually(() => NativeConnection.connect({ address }))
  const worker = await Worker.create({
    connection,
    taskQueue: 'record',
    workflowsPath: join(packageRoot, 'dist', 'workflows'),
    activities,
  })
  const client = new Client({ connection: await Connection.connect({ address }) })
  await worker.runUntil(async () => {
    const wanted = process.argv.slice(2)
    for (const [name, shape] of Object.entries(shapes))
      if (wanted.length === 0 || wanted.includes(name)) await record(client, name, shape)
  })
} finally {
  server.kill('SIGKILL')
}

async function record(client: Client, name: string, shape: Shape): Promise<void> {
  const input: RunInput = { run_id: name, pipeline_file: 'config/main.yaml', set: {}, mode: 'run', search_attributes: false }
  const handle: WorkflowHandle = await client.workflow.start(WORKFLOW_TYPE, {
    taskQueue: 'record',
    workflowId: name,
    args: [input],
  })
  if (shape.cancelAfterMs !== undefined) setTimeout(() => void handle.cancel(), shape.cancelAfterMs)
  if (shape.person !== undefined) {
    const { update, argument } = shape.person
    await eventually(async () => {
      const progress = await handle.query<RunProgress | null>(PROGRESS_QUERY)
      if (progress?.status !== 'paused') throw new Error(`${name} is not paused yet`)
    })
    await handle.executeUpdate(update, { args: [argument] })
  }
  await handle.result().catch(() => undefined)
  const folder = join(packageRoot, 'test', 'workflows', 'histories', packageVersion)
  await mkdir(folder, { recursive: true })
  const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as object
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(withoutHost(history))}\n`)
  process.stdout.write(`${name}: ${(await handle.describe()).status.name}\n`)
}

/** Names of machine and process have no place in the repo. */
function withoutHost(history: object): object {
  return JSON.parse(
    JSON.stringify(history, (key, value: unknown) => (key === 'identity' ? 'recorder' : key === 'stackTrace' ? '' : value)),
  ) as object
}

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (tries > 60) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
