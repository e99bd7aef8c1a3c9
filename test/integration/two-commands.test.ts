import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ERRORS } from '../../pipeline/errors.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import { finished, makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, VIDEOS } from './support/samples.ts'

const WAITING = `pipeline:
  name: waiting
  stages:
    - {name: first, command: 'echo a > "$ONCLOCK_OUTPUT_FILE"'}
    - {name: wait, needs: [first], command: 'while ! test -e gate; do sleep 0.1; done'}
`

let project: TestProject
afterEach(() => project.dispose())

const files = { 'config/main.yaml': PIPELINE, 'config/waiting.yaml': WAITING, 'data/videos.csv': VIDEOS }

describe('two commands at once on one project', () => {
  it('that both find nothing running share one server, and each has its own run', async () => {
    project = await makeProject(files)
    const both = await Promise.all([project.onclock(['run', '--json']), project.onclock(['run', '--json'])])
    for (const { code, stderr } of both) expect(code, stderr).toBe(0)
    const records = both.map(({ stdout }) => JSON.parse(stdout) as RunRecord)
    expect(new Set(records.map((record) => record.run_id)).size).toBe(2)
    for (const record of records) expect(await project.record(record.run_id)).toEqual(record)
    expect(new Set(both.map(({ stderr }) => /^Temporal of this project at (\S+)/m.exec(stderr)?.[1])).size).toBe(1)
  })

  it('of which one is `down`: the run is interrupted, nothing of it is lost, and it goes on when it is watched', async () => {
    project = await makeProject(files)
    const running = project.start(['run', 'waiting'])
    const told = finished(running, {})
    await new Promise<void>((resolve) =>
      running.stderr?.on('data', (text: string) => text.includes('[wait] started') && resolve()),
    )
    expect((await project.onclock(['down'])).code).toBe(0)
    const { code, stderr } = await told
    expect(code, stderr).toBe(ERRORS.NOT_FINISHED.exit)
    const runId = /onclock watch (\S+)/.exec(stderr)?.[1] ?? ''
    await project.write('gate', '')
    const watched = await project.onclock(['watch', runId])
    expect(watched.code, watched.stderr).toBe(0)
    expect((await project.record(runId)).stages.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['completed', 1],
      ['completed', expect.any(Number)],
    ])
  })

  it('that resume the same run: one does, the other is told that it goes on already', async () => {
    project = await makeProject(files, { warm: true })
    await project.write('config/main.yaml', PIPELINE.replace('min: 1000}', 'min: 1000000}'))
    const failed = JSON.parse((await project.onclock(['run', '--json'])).stdout) as RunRecord
    await project.write('config/main.yaml', PIPELINE)
    const both = await Promise.all([project.onclock(['resume', failed.run_id]), project.onclock(['resume', failed.run_id])])
    const said = both.map(({ code, stderr }) => `${String(code)} ${stderr}`).join('\n')
    expect(new Set(both.map(({ code }) => code)), said).toEqual(new Set([0, ERRORS.RUN_STATE.exit]))
    expect(both.find(({ code }) => code !== 0)?.stderr).toMatch(/RUN_STATE[\s\S]*(goes on|going on|completed)/)
    expect(await project.record(failed.run_id)).toMatchObject({
      status: 'completed',
      stages: [{ status: 'reused' }, { rows: { out: 2 } }],
    })
  })
})

describe('a pinned port that is in use', () => {
  it('ends the command at once with exit code 5, and nothing has begun', async () => {
    project = await makeProject(files)
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    const { code, stderr } = await project.onclock(['run'], { env: { ONCLOCK_PORT: port } })
    await new Promise((resolve) => other.close(resolve))
    expect(code, stderr).toBe(ERRORS.PORT_IN_USE.exit)
    expect(stderr).toContain(`PORT_IN_USE  ONCLOCK_PORT pins port ${port}`)
    expect(stderr).toContain('→')
    expect((await project.onclock(['ls', '--json'])).stdout).toBe('[]\n')
  })
})
