import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Generation } from '../../activities/store/stored.ts'
import { makeProject, type TestProject } from './support/project.ts'

const pipeline = (schedules: string): string => `pipeline:
  name: nightly orders
  params:
    label: {type: text, default: none}
  stages:
    - {name: tell, retry: {maximum_attempts: 1}, command: 'echo "\${params.label}"'}
  schedules:
${schedules}
`
const NIGHTLY = `    - {id: nightly, cron: "30 2 * * *", timezone: Europe/Berlin, set: {label: "as of \${schedule.time}"}}\n`

let project: TestProject
beforeAll(async () => {
  project = await makeProject({ 'config/main.yaml': pipeline(NIGHTLY) }, { warm: true })
})
afterAll(() => project.dispose())

async function json<T>(...args: string[]): Promise<T> {
  const { stdout, stderr, code } = await project.onclock(['schedule', ...args, '--json'])
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as T
}

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < 80; tries += 1) {
    const found = await look().catch(() => null)
    if (found !== null) return found
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('it never came')
}

interface Applied {
  schedules: { id: string; action: string; changes: { field: string; old: unknown; new: unknown }[] }[]
  clock_changes: { slots: string[]; words: string }[]
}
interface State {
  id: string
  paused: boolean
  note: string | null
  next: string[]
}

describe('schedules', { timeout: 60_000 }, () => {
  it('are applied as the YAML has them: planned, created, unchanged, changed field by field', async () => {
    const planned = await json<Applied>('apply', '--plan')
    expect(planned.schedules).toMatchObject([{ id: 'main.nightly', action: 'create' }])
    expect(await json<State[]>('ls')).toEqual([])
    const { stdout, stderr } = await project.onclock(['schedule', 'apply', 'main'])
    expect(stdout).toContain('+ main.nightly  created')
    expect(stdout).toMatch(/the clocks of Europe\/Berlin change from .* main\.nightly has (?:no slot|slots at)/)
    expect(stderr).toContain('Nothing fires unless server and worker are up')
    expect((await json<Applied>('apply')).schedules).toMatchObject([{ action: 'unchanged' }])
    await project.write('config/main.yaml', pipeline(NIGHTLY.replace('30 2', '15 3')))
    const { schedules } = await json<Applied>('apply')
    expect(schedules).toMatchObject([{ action: 'change', changes: [{ field: 'cron', old: '30 2 * * *', new: '15 3 * * *' }] }])
    const { next } = await json<State>('show', 'main.nightly')
    expect(next[0]).toMatch(/T0[12]:15:00/)
  })

  it('run a slot again beside its first run, as of its time, and overwrite nothing', async () => {
    const range = ['backfill', 'main.nightly', '--start', '2026-11-20T02:00:00Z', '--end', '2026-11-20T03:00:00Z']
    await json(...range)
    const first = await until(async () => {
      const record = await project.record('20261120_021500_nightly')
      return record.status === 'completed' ? record : null
    })
    expect(first.params).toEqual({ label: 'as of 2026-11-20T02:15:00Z' })
    const [generation = ''] = await readdir(
      join(project.dir, 'data/output/execution_20261120_021500_nightly/.onclock/generations'),
    )
    const planned = await project.read(`data/output/execution_20261120_021500_nightly/.onclock/generations/${generation}`)
    expect((JSON.parse(planned) as Generation).plan.now).toBe('2026-11-20T02:15:00.000Z')
    const claim = await project.read('data/output/execution_20261120_021500_nightly/.onclock/claim.json')
    const { workflow_id: workflowId } = JSON.parse(claim) as { workflow_id: string }
    expect(workflowId).toMatch(/:main\.nightly-2026-11-20T02:15:00Z$/)
    const shown = await project.onclock(['show', workflowId, '--json'])
    expect(JSON.parse(shown.stdout)).toEqual(first)
    await json(...range)
    await until(async () => project.record('20261120_021500_nightly_2'))
    expect(await project.record('20261120_021500_nightly')).toEqual(first)
  })

  it('leave a failed run that resume goes on with, under its ID and as of its slot', async () => {
    const failing = pipeline(NIGHTLY.replace('30 2', '15 3')).replace("'echo", "'test -e ok && echo")
    await project.write('config/main.yaml', failing)
    await json('backfill', 'main.nightly', '--start', '2026-11-19T02:00:00Z', '--end', '2026-11-19T03:00:00Z')
    const runId = '20261119_021500_nightly'
    await until(async () => ((await project.record(runId)).status === 'failed' ? true : null))
    await project.write('ok', '')
    const { code, stderr } = await project.onclock(['resume', runId])
    expect(code, stderr).toBe(0)
    expect(await project.record(runId)).toMatchObject({
      run_id: runId,
      status: 'completed',
      params: { label: 'as of 2026-11-19T02:15:00Z' },
    })
    expect(await project.runDirs()).not.toContain(`execution_${runId}_2`)
  })

  it('are paused with a note that a change of the YAML keeps, resumed, and taken away only when that is asked', async () => {
    await json('pause', 'main.nightly', '--note', 'the export is late')
    await project.write('config/main.yaml', pipeline(NIGHTLY))
    await json('apply')
    expect(await json<State>('show', 'main.nightly')).toMatchObject({ paused: true, note: 'the export is late' })
    await json('resume', 'main.nightly')
    expect(await json<State>('show', 'main.nightly')).toMatchObject({ paused: false })
    await project.write('config/main.yaml', pipeline('    []'))
    expect((await json<Applied>('apply')).schedules).toMatchObject([{ id: 'main.nightly', action: 'left' }])
    expect((await json<Applied>('apply', '--delete')).schedules).toMatchObject([{ id: 'main.nightly', action: 'delete' }])
    expect((await project.onclock(['schedule', 'show', 'main.nightly'])).code).toBe(4)
  })

  it.each([
    [4, ['pause', 'main.nihgtly']],
    [4, ['apply', 'nothing']],
    [2, ['backfill', 'main.nightly', '--start', 'yesterday', '--end', '2026-11-20']],
    [2, ['backfill', 'main.nightly', '--start', '2026-11-21', '--end', '2026-11-20']],
    [2, ['backfill', 'main.nightly', '--start', '2026-11-21']],
  ])('end with exit code %i for %j', async (code, args) => {
    expect((await project.onclock(['schedule', ...args])).code).toBe(code)
  })
})
