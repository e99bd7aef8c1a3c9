import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRunStore } from '../../../activities/store/run-store.ts'
import { generationOf, planOf, plannedStage } from '../../activities/store/stored-samples.ts'
import { temporaryFolder, write } from '../../support/stage-project.ts'
import { storedRun } from '../stored-run.ts'
import { typed } from '../typed.ts'

const LOG = [
  '2024-12-01T14:30:22.000Z INFO    [run] sample · started',
  '2024-12-01T14:30:23.000Z INFO    [01_clean] started, attempt 1 of 3',
  '2024-12-01T14:30:24.000Z WARNING [01_clean] 1 of 10 rows were rejected',
  '2024-12-01T14:30:25.000Z ERROR   [02_rules] BUDGET_EXCEEDED: too many',
  '',
].join('\n')

async function project(): Promise<string> {
  const folder = temporaryFolder()
  await storedRun(folder, '20241201_143022', { status: 'completed', pipeline: 'first' })
  const error = { code: 'BUDGET_EXCEEDED', message: 'too many', hint: 'Mend the rules.' }
  await storedRun(folder, '20241202_080000', { status: 'failed', error, log: LOG })
  return folder
}

describe('ls', () => {
  it('lists all runs, newest first, with the reader’s clock', async () => {
    const { exit, out } = await typed(await project(), ['ls'])
    expect(exit).toBe(0)
    const [head, newest, oldest] = out.split('\n')
    expect(head).toMatch(/^run +pipeline +status +started \(here\)/)
    expect(newest).toMatch(/^20241202_080000 +sample +✖ failed .* 02_rules$/)
    expect(oldest).toMatch(/^20241201_143022 +first +✔ completed .* 8s +10 +9$/)
  })

  it('leaves the time before a resume out, as show does', async () => {
    const folder = await project()
    const store = createRunStore(join(folder, 'data/output'))
    const runId = '20241202_080000'
    const plan = planOf([plannedStage('01_clean')], { run_id: runId, generation: 'g2', started_at: '2024-12-03T09:00:00.000Z' })
    await store.saveGeneration(generationOf(plan))
    const closing = { generation: 'g2', status: 'completed', error: null, warnings: [], stages: [] } as const
    await store.close(runId, { schema_version: 1, ended_at: '2024-12-03T09:00:02.000Z', ...closing })
    expect((await typed(folder, ['ls'])).out).toMatch(/^20241202_080000 .*✔ completed .* 2s/m)
    expect((await typed(folder, ['show', runId])).out).toContain('completed in 2s since its resume')
  })

  it('picks by status and by pipeline', async () => {
    const folder = await project()
    const ids = async (...argv: string[]): Promise<unknown> =>
      (JSON.parse((await typed(folder, ['ls', '--json', ...argv])).out) as { run_id: string }[]).map((run) => run.run_id)
    expect(await ids('--status', 'failed')).toEqual(['20241202_080000'])
    expect(await ids('--pipeline', 'First')).toEqual(['20241201_143022'])
    expect(await ids('--pipeline', 'main')).toEqual(['20241202_080000', '20241201_143022'])
    expect(await ids('--pipeline', 'none')).toEqual([])
  })

  it('says how to begin where there is nothing', async () => {
    expect(await typed(temporaryFolder(), ['ls'])).toEqual({
      exit: 0,
      out: '',
      err: 'This project has no runs yet. Start one: onclock run\n',
    })
  })

  it('tells that a run stands still while no server is up', async () => {
    const folder = temporaryFolder()
    await storedRun(folder, '20241203_090000')
    const { out, err } = await typed(folder, ['ls'])
    expect(out).toContain('▶ running')
    expect(err).toContain('run 20241203_090000 stands still; nothing is lost. Go on: onclock watch 20241203_090000')
  })
})

describe('show', () => {
  it('names the rejected rows alone where a budget stopped the run', async () => {
    const folder = await project()
    const dir = 'data/output/execution_20241202_080000'
    write(folder, {
      [`${dir}/stage2_rejected_20241202_080000.csv`]: 'a\n1\n',
      [`${dir}/stage2_duplicates_20241202_080000.csv`]: 'a\n1\n',
    })
    const { out } = await typed(folder, ['show', '20241202_080000'])
    expect(out).toContain(`rows that stopped the run: ${dir}/stage2_rejected_20241202_080000.csv`)
    expect(out).not.toContain('stage2_duplicates')
  })

  it('prints the run record as JSON', async () => {
    const { exit, out } = await typed(await project(), ['show', '--json', '143022'])
    expect(exit).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ schema_version: 1, run_id: '20241201_143022', status: 'completed' })
  })

  it('tells error, remedy and the next command of a run that failed', async () => {
    const { exit, out } = await typed(await project(), ['show', 'latest-failed'])
    expect(exit).toBe(0)
    expect(out).toContain('✖ BUDGET_EXCEEDED  02_rules: too many')
    expect(out).toContain('→ Mend the rules.')
    expect(out).toContain('onclock resume 20241202_080000')
  })

  it('shows one stage, of a run or of the newest one, with its metadata', async () => {
    const folder = await project()
    const { out } = await typed(folder, ['show', '143022', '01_clean'])
    expect(out).toContain('10 in = 9 out + 1 rejected')
    expect(out).toMatch(/1 {2}views\.type {2}rejected/)
    const newest = JSON.parse((await typed(folder, ['show', '01_clean', '--json'])).out) as unknown
    expect(newest).toMatchObject({
      run_id: '20241202_080000',
      name: '01_clean',
      metadata: { rejected_by_rule: { 'views.type': 1 } },
    })
  })

  it('names the nearest stage when there is none of the name', async () => {
    const { exit, err } = await typed(await project(), ['show', 'latest', '03_rules'])
    expect(exit).toBe(4)
    expect(err).toContain('has no stage "03_rules"')
    expect(err).toContain('Did you mean "02_rules"?')
  })
})

describe('logs', () => {
  it('prints the log as it is on file', async () => {
    expect((await typed(await project(), ['logs'])).out).toBe(LOG)
  })

  it('prints the lines of one stage', async () => {
    const { out } = await typed(await project(), ['logs', '--stage', '01_clean'])
    expect(out).toBe(`${LOG.split('\n').slice(1, 3).join('\n')}\n`)
  })

  it('prints a JSON document for each line', async () => {
    const { out } = await typed(await project(), ['logs', '--json', '--stage', '02_rules'])
    expect(JSON.parse(out)).toEqual({
      time: '2024-12-01T14:30:25.000Z',
      level: 'ERROR',
      source: '02_rules',
      message: 'BUDGET_EXCEEDED: too many',
    })
  })

  it('follows a run that has ended to its end and no further', async () => {
    expect((await typed(await project(), ['logs', '-f'])).out).toBe(LOG)
  })

  it('says which run has no log here', async () => {
    const { exit, err } = await typed(await project(), ['logs', '143022'])
    expect(exit).toBe(4)
    expect(err).toContain('run 20241201_143022 has no log logs/pipeline_20241201_143022.log here')
  })
})

describe('watch, resume and cancel', () => {
  it('shows the outcome of a run that has ended, and ends as the run did', async () => {
    const folder = await project()
    expect((await typed(folder, ['watch', 'latest'])).exit).toBe(3)
    expect((await typed(folder, ['watch', '143022'])).exit).toBe(0)
  })

  it('gives the outcome to programs as the last line', async () => {
    const { exit, out } = await typed(await project(), ['watch', '--json'])
    expect(exit).toBe(3)
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({ event: 'ended', run: { status: 'failed' } })
  })

  it('resumes no run that completed, and names the one that did not', async () => {
    const { exit, err } = await typed(await project(), ['resume', '143022'])
    expect(exit).toBe(2)
    expect(err).toContain('run 20241201_143022 completed: there is nothing to resume')
    expect(err).toContain('onclock resume 20241202_080000')
  })

  it('cancels no run that has ended', async () => {
    const { exit, err } = await typed(await project(), ['cancel', 'latest'])
    expect(exit).toBe(2)
    expect(err).toContain('has ended already (failed)')
  })
})
