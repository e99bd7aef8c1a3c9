import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followRun } from '../../client/follow/follow-run.ts'
import { connectClient } from '../../worker/connection.ts'
import { accessTemporal, type TemporalAccess } from '../../worker/embedded.ts'
import { makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, VIDEOS } from './support/samples.ts'

let server: TestProject
let access: TemporalAccess
let project: TestProject
beforeAll(async () => {
  // The server of one project serves as a configured one for another, which has no worker on its task queue.
  server = await makeProject()
  access = await accessTemporal({ projectDir: server.dir, needWorker: false, tty: false, onEvent: () => undefined })
  project = await makeProject({ 'package.json': '{"name": "alone"}', 'config/main.yaml': PIPELINE, 'data/videos.csv': VIDEOS })
})
afterAll(async () => {
  await access.release()
  await server.dispose()
  await project.dispose()
})

describe('a configured server', () => {
  it('that does not answer is an error with exit code 5, and nothing runs here instead', async () => {
    const { code, stderr } = await project.onclock(['run'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } })
    expect(code).toBe(5)
    expect(stderr).toContain('SERVER_UNREACHABLE')
    expect(stderr).toContain('127.0.0.1:1')
    expect((await project.onclock(['ls', '--json'])).stdout).toBe('[]\n')
  })

  it('without a worker says so while one waits, and the run is done once there is one', async () => {
    const env = { TEMPORAL_ADDRESS: access.address }
    const waiting = await project.onclock(['run', '--timeout', '8s'], { env })
    expect(waiting.code).toBe(6)
    expect(waiting.stderr.split('\n')[0]).toContain(`Temporal at ${access.address}, namespace default (set by TEMPORAL_ADDRESS)`)
    expect(waiting.stderr).toContain('! no worker takes up the run; it goes on as soon as one does')
    const runId = /run (\d{8}_\d{6}\w*) has not ended/.exec(waiting.stderr)?.[1] ?? ''
    const worker = project.start(['worker'], { env })
    try {
      const watched = await project.onclock(['watch', runId, '--json'], { env })
      expect(watched.code).toBe(0)
      expect(JSON.parse(watched.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
        event: 'ended',
        run: { status: 'completed' },
      })
    } finally {
      const ended = new Promise((resolve) => worker.on('exit', resolve))
      worker.kill('SIGINT')
      expect(await ended).toBe(0)
    }
  })

  it('without a worker is given up where nobody watches', async () => {
    const { stdout } = await project.onclock(['run', '--detach', '--json'], { env: { TEMPORAL_ADDRESS: access.address } })
    const { workflow_id: workflowId } = JSON.parse(stdout) as { workflow_id: string }
    const client = await connectClient(access)
    const end = await followRun({
      client,
      workflowId,
      stop: new AbortController().signal,
      timeoutMs: null,
      patienceMs: 500,
      serverEnded: access.ended,
      onSnapshot: () => undefined,
    })
    await client.workflow.getHandle(workflowId).terminate()
    await client.connection.close()
    expect(end).toEqual({ kind: 'no-worker', runId: null })
  })

  it('has no run of that ID: exit code 4', async () => {
    const { code, stderr } = await project.onclock(['watch', '20200101_000000'], { env: { TEMPORAL_ADDRESS: access.address } })
    expect(code).toBe(4)
    expect(stderr).toContain('the server has no run 20200101_000000')
  })

  it('leaves up and worker to those who need them', async () => {
    expect(await project.onclock(['up'], { env: { TEMPORAL_ADDRESS: access.address } })).toMatchObject({ code: 2 })
    expect(await project.onclock(['worker'])).toMatchObject({ code: 2 })
  })
})
