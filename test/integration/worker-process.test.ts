import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { GuardedProcess } from '../../activities/guard/spawn-guarded.ts'
import { packageRoot } from '../../activities/package-root.ts'
import { type RunInput, WORKFLOW_TYPE } from '../../pipeline/messages.ts'
import { connectClient } from '../../worker/connection.ts'
import { startDevServer } from '../../worker/dev-server.ts'
import { accessTemporal } from '../../worker/embedded.ts'
import { choosePorts, type ServerPorts } from '../../worker/ports.ts'
import { ServerHttp } from '../../worker/server-http.ts'
import { findTemporalBinary } from '../../worker/temporal-binary.ts'

/** A server that somebody else runs, as far as the project knows. */
let folder = ''
let ports: ServerPorts = { grpc: 0, ui: 0, http: 0 }
let server: GuardedProcess | null = null
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onclock-worker-'))
  const stateDir = join(folder, 'server')
  await mkdir(stateDir)
  ports = await choosePorts(stateDir, stateDir, {})
  const { path: binary } = await findTemporalBinary({ projectDir: folder, env: process.env, onEvent: () => undefined })
  server = startDevServer({ binary, projectDir: stateDir, stateDir, ports, logFile: join(folder, 'server.log') })
  const http = new ServerHttp(ports.http)
  while (!(await http.answers())) await sleep(20)
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

const children: ChildProcess[] = []
let client: Client | null = null
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await client?.connection.close()
  client = null
})

interface RunningWorker {
  readonly child: ChildProcess
  readonly hears: (type: string) => Promise<Record<string, unknown>>
  readonly exited: Promise<number | null>
}

function worker(projectDir: string, address = `127.0.0.1:${ports.grpc}`, namespace = 'default'): RunningWorker {
  const runner = join(packageRoot, 'test/fixtures/processes/worker-runner.js')
  const child = spawn(
    process.execPath,
    [runner, join(packageRoot, 'dist/worker/run-worker.js'), projectDir, address, namespace],
    {
      cwd: projectDir,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  children.push(child)
  const said: Record<string, unknown>[] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line) as Record<string, unknown>))
  return {
    child,
    exited: new Promise((resolve) => child.once('exit', resolve)),
    async hears(type) {
      for (const end = Date.now() + 30_000; Date.now() < end; await sleep(20)) {
        const found = said.find((event) => event['type'] === type)
        if (found !== undefined) return found
      }
      throw new Error(`no ${type}, but ${JSON.stringify(said)}`)
    },
  }
}

async function project(pipeline: string): Promise<string> {
  const dir = await mkdtemp(join(folder, 'project-'))
  await mkdir(join(dir, 'config'))
  await writeFile(join(dir, 'config/main.yaml'), pipeline)
  return dir
}

const PARALLEL = `
pipeline:
  name: parallel
  execution: {parallel: true}
  defaults: {heartbeat_timeout: 4s}
  stages:
${Array.from({ length: 8 }, (_unused, n) => `    - {name: s${n}, command: [sh, -c, "echo $PPID >> workers; sleep 0.5"]}`).join('\n')}
`

describe('a configured server', () => {
  it('is used as it is: nothing of ours is started', async () => {
    const dir = await project(PARALLEL)
    const address = `127.0.0.1:${ports.grpc}`
    const access = await accessTemporal({ projectDir: dir, address, needWorker: true, tty: false, onEvent: () => undefined })
    expect(access).toMatchObject({ address, namespace: 'default', embedded: false, uiUrl: null })
    expect(access.describe).toBe(`Temporal at ${address}, namespace default (set by --address)`)
    client = await connectClient(access)
    expect((await client.workflowService.getSystemInfo({})).serverVersion).toBe('1.32.0')
    await access.release()
    expect(existsSync(join(dir, '.onclock'))).toBe(false)
  })

  it('that lacks the namespace is an error that names it', async () => {
    const settings = { address: `127.0.0.1:${ports.grpc}`, namespace: 'nowhere' }
    await expect(connectClient(settings)).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining('has no namespace "nowhere"'),
      hint: expect.stringContaining('temporal operator namespace create --namespace nowhere'),
    })
  })

  it('on this machine is reached without the proxy of the environment', async () => {
    process.env['http_proxy'] = 'http://127.0.0.1:1'
    try {
      client = await connectClient({ address: `127.0.0.1:${ports.grpc}`, namespace: 'default' })
      expect((await client.workflowService.getSystemInfo({})).serverVersion).toBe('1.32.0')
    } finally {
      delete process.env['http_proxy']
    }
  })
})

describe('runWorker', () => {
  it('serves one queue with several workers, and ends with 0 on SIGTERM', async () => {
    const dir = await project(PARALLEL)
    const workers = [worker(dir), worker(dir)]
    const ready = await Promise.all(workers.map((one) => one.hears('ready')))
    expect(ready[0]).toMatchObject({
      parts: { importMs: expect.any(Number), bundleMs: expect.any(Number), createMs: expect.any(Number) },
    })
    client = await connectClient({ address: `127.0.0.1:${ports.grpc}`, namespace: 'default' })
    const runId = '20261124_030000'
    const input: RunInput = { run_id: runId, pipeline_file: 'config/main.yaml', set: {}, mode: 'run', search_attributes: true }
    await client.workflow.execute(WORKFLOW_TYPE, { workflowId: runId, taskQueue: 'onclock-shared', args: [input] })
    expect((await readFile(join(dir, 'workers'), 'utf8')).trim().split('\n')).toHaveLength(8)
    const queue = `http://127.0.0.1:${ports.http}/api/v1/namespaces/default/task-queues/onclock-shared?taskQueueType=2`
    const { pollers } = (await fetch(queue).then((response) => response.json())) as { pollers: { identity: string }[] }
    const identities = pollers.map(({ identity }) => identity)
    for (const { child } of workers)
      expect(identities).toContainEqual(expect.stringMatching(new RegExp(`^onclock \\S+ project-\\w+ ${child.pid}@`)))
    for (const { child } of workers) child.kill('SIGTERM')
    expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0])
    await workers[0]?.hears('ended')
  })

  it('gives up on a server that accepts the connection and says nothing', async () => {
    const silent = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const lonely = worker(await project(PARALLEL), `127.0.0.1:${(silent.address() as AddressInfo).port}`)
    expect(await lonely.hears('error')).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining('says nothing'),
    })
    expect(await lonely.exited).toBe(5)
    silent.close()
  })

  it('says that the server does not answer', async () => {
    const dir = await project(PARALLEL)
    const lonely = worker(dir, '127.0.0.1:1')
    expect(await lonely.hears('error')).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    })
    expect(await lonely.exited).toBe(5)
  })
})
