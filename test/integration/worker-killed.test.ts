import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { afterEach, describe, expect, it } from 'vitest'
import { type RunInput, WORKFLOW_TYPE } from '../../pipeline/messages.ts'
import { connectClient } from '../../worker/connection.ts'
import { stopEmbedded } from '../../worker/embedded.ts'
import { identifyProcess } from '../../worker/process-identity.ts'
import { taskQueueOf } from '../../worker/task-queue.ts'
import { LeaseProjects, logsOf, type RunningStatus, statusWhen } from '../support/lease-command.ts'

const projects = new LeaseProjects()
const clients: Client[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.connection.close()
  await projects.dispose()
})

/** Writes a line when it begins and when it ends, and takes long enough to be interrupted. */
const PIPELINE = `
pipeline:
  name: long
  defaults: {heartbeat_timeout: 4s, retry: {maximum_attempts: 3, initial_interval: 500ms}}
  stages:
    - name: before
      command: echo before >> trace
    - name: slow
      command: [sh, -c, "echo begins >> trace; sleep 4; echo ends >> trace"]
`

async function project(): Promise<string> {
  const dir = projects.folder()
  await mkdir(join(dir, 'config'))
  await writeFile(join(dir, 'config/main.yaml'), PIPELINE)
  return dir
}

async function startRun(dir: string, address: string, runId: string): Promise<Client> {
  const client = await connectClient({ address, namespace: 'default' })
  clients.push(client)
  const input: RunInput = { run_id: runId, pipeline_file: 'config/main.yaml', set: {}, mode: 'run', search_attributes: true }
  await client.workflow.start(WORKFLOW_TYPE, { workflowId: runId, taskQueue: taskQueueOf(dir), args: [input] })
  return client
}

const trace = (dir: string): Promise<string[]> =>
  readFile(join(dir, 'trace'), 'utf8').then(
    (text) => text.trim().split('\n'),
    () => [],
  )

async function whenTraced(dir: string, line: string, withinMs = 60_000): Promise<void> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(50)) if ((await trace(dir)).includes(line)) return
  throw new Error(`${line} was not traced: ${JSON.stringify(await trace(dir))}\n${logsOf(dir)}`)
}

async function whenGone(pid: number | null): Promise<void> {
  if (pid === null) return
  for (const end = Date.now() + 20_000; identifyProcess(pid) !== null && Date.now() < end;) await sleep(20)
}

const completed = async (client: Client, runId: string): Promise<string> => {
  await client.workflow.getHandle(runId).result()
  return (await client.workflow.getHandle(runId).describe()).status.name
}

/** What is killed while a command watches, and what it hears of it. */
const KILLS: [string, (status: RunningStatus) => (number | null)[], string][] = [
  ['the worker', ({ worker }) => [worker.pid], 'back'],
  ['the server', ({ server }) => [server.pid], 'back'],
  ['the server and the worker', ({ server, worker }) => [server.pid, worker.pid], 'back'],
  ['the supervisor', ({ pid }) => [pid], 'back'],
  ['all three', ({ pid, server, worker }) => [pid, server.pid, worker.pid], 'back'],
]

describe('a run in the middle of a stage', () => {
  it.each(KILLS)('goes on by itself after kill -9 of %s while a command watches', async (_what, victims, heard) => {
    const dir = await project()
    const command = projects.command(dir)
    const { address } = await command.hears('held')
    const client = await startRun(dir, String(address), '20261124_020000')
    await whenTraced(dir, 'begins')
    for (const pid of victims(await statusWhen(dir))) process.kill(pid ?? 0, 'SIGKILL')
    await command.hears(heard)
    expect(await completed(client, '20261124_020000')).toBe('COMPLETED')
    const lines = await trace(dir)
    expect(lines.filter((line) => line === 'before')).toHaveLength(1)
    expect(lines.at(-1)).toBe('ends')
    expect(command.said.filter(({ type }) => type === 'failing')).toEqual([])
  })

  it('keeps the server up after its command is gone, and then lets it end', async () => {
    const dir = await project()
    const command = projects.command(dir)
    const { address } = await command.hears('held')
    const client = await startRun(dir, String(address), '20261124_020000')
    await command.release()
    expect(await completed(client, '20261124_020000')).toBe('COMPLETED')
    expect(await trace(dir)).toEqual(['before', 'begins', 'ends'])
  })

  it('is interrupted by `down`, and goes on with the next command, which says so', async () => {
    const dir = await project()
    const command = projects.command(dir, { tty: true })
    const { address } = await command.hears('held')
    await startRun(dir, String(address), '20261124_020000')
    await whenTraced(dir, 'begins')
    expect(await stopEmbedded(dir)).toEqual({ stopped: true, openRuns: 1 })
    await command.hears('ended')
    const next = projects.command(dir)
    expect(await next.hears('runs-go-on')).toMatchObject({ notable: true, runIds: ['20261124_020000'] })
    const client = await connectClient({ address: String((await next.hears('held')).address), namespace: 'default' })
    clients.push(client)
    expect(await completed(client, '20261124_020000')).toBe('COMPLETED')
  })

  it('goes on with the next command after everything was killed and nobody watched', async () => {
    const dir = await project()
    const command = projects.command(dir)
    await startRun(dir, String((await command.hears('held')).address), '20261124_020000')
    await whenTraced(dir, 'begins')
    const { pid, server, worker } = await statusWhen(dir)
    command.child.kill('SIGKILL')
    for (const victim of [pid, server.pid, worker.pid]) process.kill(victim ?? 0, 'SIGKILL')
    await whenGone(server.pid)
    const next = projects.command(dir)
    expect(await next.hears('runs-go-on')).toMatchObject({ runIds: ['20261124_020000'] })
    const client = await connectClient({ address: String((await next.hears('held')).address), namespace: 'default' })
    clients.push(client)
    expect(await completed(client, '20261124_020000')).toBe('COMPLETED')
  })
})
