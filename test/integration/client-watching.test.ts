import type { Client } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../pipeline/record.ts'
import { connectClient } from '../../worker/connection.ts'
import { accessTemporal } from '../../worker/embedded.ts'
import { typed } from '../client/typed.ts'
import { finished, makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, VIDEOS } from './support/samples.ts'

/** Waits for a file, so that a test decides how long a run takes. */
const WAITING = `pipeline:
  name: waiting
  params:
    gate: {type: path}
  stages:
    - {name: first, command: 'echo hello'}
    - {name: wait, command: 'while ! test -e \${params.gate}; do sleep 0.1; done'}
    - {name: last, command: 'echo bye'}
`

let project: TestProject
beforeAll(async () => {
  project = await makeProject({ 'config/main.yaml': PIPELINE, 'config/waiting.yaml': WAITING, 'data/videos.csv': VIDEOS })
})
afterAll(() => project.dispose())

async function withClient(work: (client: Client) => Promise<void>): Promise<void> {
  const access = await accessTemporal({ projectDir: project.dir, needWorker: true, tty: false, onEvent: () => undefined })
  const client = await connectClient(access)
  try {
    await work(client)
  } finally {
    await client.connection.close()
    await access.release()
  }
}

async function startDetached(gate: string): Promise<string> {
  const { stdout, code } = await project.onclock(['run', 'waiting', '--set', `gate=${gate}`, '--detach', '--json'])
  expect(code).toBe(0)
  return (JSON.parse(stdout) as { run_id: string }).run_id
}

describe('a detached run', () => {
  it('goes on without the command; watch shows its end', async () => {
    const runId = await startDetached('gate-a')
    const watching = project.start(['watch', runId])
    watching.stderr?.on('data', (text: string) => text.includes('[wait] started') && void project.write('gate-a', ''))
    const { stdout, stderr, code } = await finished(watching, {})
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`✔ waiting · run ${runId} · completed`))
    expect(stderr).toMatch(/\[last\] completed/)
  })

  it('gives every change as a line of JSON, and the record at its end', async () => {
    const runId = await startDetached('gate-b')
    const watching = project.start(['watch', runId, '--json'])
    watching.stdout?.on('data', (text: Buffer) => text.includes('"stage":"wait"') && void project.write('gate-b', ''))
    const { stdout, code } = await finished(watching, {})
    expect(code).toBe(0)
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; run?: RunRecord })
    expect(lines.at(-1)).toMatchObject({ event: 'ended', run: { run_id: runId, status: 'completed' } })
    expect(lines.slice(0, -1).every(({ event }) => event === 'progress')).toBe(true)
    expect(stdout).toContain('"maximum_attempts":')
    expect(stdout).not.toMatch(/"[a-z]+[A-Z]\w*":/)
  })

  it('is seen by doctor, with the processes that hold it', async () => {
    const runId = await startDetached('gate-doctor')
    const { stdout } = await project.onclock(['doctor', '--json'])
    const { checks } = JSON.parse(stdout) as { checks: { what: string; pids?: Record<string, number> }[] }
    const pids = checks.find(({ what }) => what === 'server')?.pids
    expect(Object.keys(pids ?? {})).toEqual(['supervisor', 'server', 'worker'])
    for (const pid of Object.values(pids ?? {})) expect(process.kill(pid, 0)).toBe(true)
    await project.write('gate-doctor', '')
    expect((await project.onclock(['watch', runId])).code).toBe(0)
  })

  it('can be cancelled, keeps what it finished, and goes on from there', async () => {
    const runId = await startDetached('gate-c')
    await expect
      .poll(async () => (await project.onclock(['logs', runId])).stdout, { timeout: 20_000 })
      .toContain('[wait] started')
    const cancelled = await project.onclock(['cancel', runId])
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining('is cancelled') as string })
    expect(await project.onclock(['watch', runId])).toMatchObject({ code: 1 })
    await project.write('gate-c', '')
    const { stdout, code } = await project.onclock(['resume', runId, '--json'])
    expect(code).toBe(0)
    const record = JSON.parse(stdout) as RunRecord
    expect(record.stages.map(({ name, status }) => [name, status])).toEqual([
      ['first', 'reused'],
      ['wait', 'completed'],
      ['last', 'completed'],
    ])
    expect(record.params).toEqual({ gate: 'gate-c' })
  })
})

describe('a run that was terminated from outside', () => {
  it('gets its record closed by whoever watches it, and can be resumed', async () => {
    const runId = await startDetached('gate-t')
    await withClient(async (client) => {
      await expect
        .poll(async () => (await project.onclock(['logs', runId])).stdout, { timeout: 60_000 })
        .toContain('[wait] started')
      await client.workflow.getHandle(runId).terminate('tested')
    })
    expect(await project.onclock(['show', runId, '--json'])).toMatchObject({
      stdout: expect.stringContaining('"running"') as string,
    })
    const watched = await project.onclock(['watch', runId])
    expect(watched).toMatchObject({ code: 1, stdout: expect.stringContaining('terminated') as string })
    await project.write('gate-t', '')
    const { stdout, code } = await project.onclock(['resume', runId, '--json'])
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as RunRecord).stages.map(({ status }) => status)).toEqual(['reused', 'completed', 'completed'])
  })
})

describe('a watched run', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('goes on after %s, and the command says how to watch and cancel it', async (signal, code) => {
    const gate = `gate-${signal}`
    const running = project.start(['run', 'waiting', '--set', `gate=${gate}`])
    const told = finished(running, {})
    running.stderr?.on('data', (text: string) => text.includes('[wait] started') && running.kill(signal))
    const { stderr, code: ended } = await told
    expect(ended).toBe(code)
    const runId = /run (\d{8}_\d{6}\w*) goes on/.exec(stderr)?.[1] ?? ''
    expect(stderr).toContain(`onclock watch ${runId}`)
    expect(stderr).toContain(`onclock cancel ${runId}`)
    await project.write(gate, '')
    expect(await project.onclock(['watch', runId])).toMatchObject({ code: 0 })
  })

  it('is left with exit code 6 when --timeout passes', async () => {
    const { code, stderr } = await project.onclock(['run', 'waiting', '--set', 'gate=gate-d', '--timeout', '2s'])
    expect(code).toBe(6)
    expect(stderr).toContain('NOT_FINISHED')
    await project.write('gate-d', '')
    expect(await project.onclock(['watch'])).toMatchObject({ code: 0 })
  })

  it('is drawn on a terminal as a table, and leaves only the outcome', async () => {
    const { exit, out, err } = await typed(project.dir, ['run'], { columns: 100, env: { NO_COLOR: '1' } })
    expect(exit).toBe(0)
    expect(err).toContain('Ctrl-C stops watching; the run goes on.')
    expect(out).toMatch(/clean: 6 in = 3 out \+ 2 rejected \+ 1 duplicate {2}✔/)
    expect(out).toContain('✔ every row accounted for')
    expect(out).toMatch(/Temporal UI http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/\d{8}_\d{6}/)
  })
})

describe('what the server is told', () => {
  it('is said first: which server it is', async () => {
    const { stderr } = await project.onclock(['run'])
    expect(stderr.split('\n')[0]).toMatch(/^Temporal of this project at 127\.0\.0\.1:\d+/)
  })

  it('holds the pipeline, its file and how to go on, for people in the UI', async () => {
    const { stdout } = await project.onclock(['run', '--detach', '--json'])
    const { workflow_id: workflowId } = JSON.parse(stdout) as { workflow_id: string }
    await withClient(async (client) => {
      const handle = client.workflow.getHandle(workflowId)
      await handle.result()
      const described = await handle.describe()
      expect(await described.staticSummary()).toBe(`**videos** · run \`${workflowId}\``)
      const details = await described.staticDetails()
      expect(details).toContain('| file | `config/main.yaml` |')
      expect(details).toContain(`onclock resume ${workflowId}`)
      expect(described.memo).toMatchObject({ pipeline: 'videos', mode: 'run' })
      expect(described.searchAttributes).toMatchObject({
        OnclockPipeline: ['videos'],
        OnclockRunId: [workflowId],
        OnclockStatus: ['completed'],
      })
    })
  })
})
