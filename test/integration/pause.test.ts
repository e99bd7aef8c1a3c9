import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunRecord, StageEntry } from '../../pipeline/record.ts'
import { makeProject, type TestProject } from './support/project.ts'

const PIPELINE = `pipeline:
  name: orders
  defaults: {retry: {maximum_attempts: 1}}
  stages:
    - name: clean
      module: take_input_csv
      config: {input_file: data/orders.csv}
    - name: price
      command: 'test -e data/prices.csv && cp "$ONCLOCK_INPUT_FILE" "$ONCLOCK_OUTPUT_FILE"'
      input: clean
      on_failure: pause
    - name: keep
      module: rule_based_filtering
      input: price
      config: {rules: [{id: large, column: amount, min: 10}]}
    - {name: tell, command: 'true', needs: [keep]}
`

let project: TestProject

beforeAll(async () => {
  project = await makeProject({ 'data/orders.csv': 'id,amount\n1,5\n2,50\n3,70\n' }, { warm: true })
})
afterAll(() => project.dispose())
beforeEach(async () => {
  await project.write('config/main.yaml', PIPELINE)
  await rm(join(project.dir, 'data', 'prices.csv'), { force: true })
})

async function start(): Promise<RunRecord> {
  const { stdout, code } = await project.onclock(['run', '--json'])
  expect(code).toBe(6)
  return JSON.parse(stdout) as RunRecord
}

async function shown(runId: string): Promise<RunRecord> {
  return JSON.parse((await project.onclock(['show', runId, '--json'])).stdout) as RunRecord
}

async function until(runId: string, status: string): Promise<RunRecord> {
  for (let tries = 0; tries < 60; tries += 1) {
    const record = await shown(runId)
    if (record.status === status) return record
  }
  throw new Error(`run ${runId} never was ${status}`)
}

const stage = (record: RunRecord, name: string): StageEntry | undefined => record.stages.find((entry) => entry.name === name)
const statuses = ({ stages }: RunRecord): string[] => stages.map(({ status }) => status)

describe('on_failure: pause', () => {
  it('waits for a person, says how to go on, and goes on by the mended YAML under one execution', async () => {
    const paused = await start()
    expect(paused).toMatchObject({ status: 'paused', ended_at: null, error: { code: 'COMMAND_FAILED' } })
    expect(statuses(paused)).toEqual(['completed', 'paused', 'waiting', 'waiting'])
    expect((await project.onclock(['ls', '--status', 'paused'])).stdout).toContain(paused.run_id)
    const text = await project.onclock(['watch', paused.run_id, '--timeout', '1m'])
    expect(text.code).toBe(6)
    expect(text.stdout).toContain(`onclock resume ${paused.run_id}`)
    expect(text.stdout).toContain(`onclock skip ${paused.run_id} price`)

    await project.write('config/main.yaml', PIPELINE.replace('min: 10', 'mim: 10'))
    const broken = await project.onclock(['resume', paused.run_id])
    expect(broken.code).toBe(2)
    expect(broken.stderr).toContain('mim')
    expect((await shown(paused.run_id)).status).toBe('paused')

    await project.write('config/main.yaml', PIPELINE.replace('min: 10', 'min: 60').replace('test -e data/prices.csv && ', ''))
    const plan = await project.onclock(['resume', paused.run_id, '--plan'])
    expect(plan.stdout).toMatch(/reuse\s+clean\s+take_input_csv\s+unchanged/)
    expect(plan.stdout).toMatch(/run\s+price\s+command\s+failed before with COMMAND_FAILED; command changed/)
    const { stdout, code } = await project.onclock(['resume', paused.run_id, '--json'])
    expect(code).toBe(0)
    const record = JSON.parse(stdout) as RunRecord
    expect(record).toMatchObject({ run_id: paused.run_id, status: 'completed', error: null })
    expect(statuses(record)).toEqual(['reused', 'completed', 'completed', 'completed'])
    expect(stage(record, 'keep')?.rows?.out).toBe(1)
  })

  it('goes on without the stage: what works on its rows is skipped, what only comes after it runs', async () => {
    await project.write('config/main.yaml', PIPELINE.replace('needs: [keep]', 'needs: [price]'))
    const paused = await start()
    expect((await project.onclock(['skip', paused.run_id, 'clean'])).stderr).toContain(
      'is completed: only a stage that is paused',
    )
    expect((await project.onclock(['skip', paused.run_id, 'nothing'])).code).toBe(4)
    expect((await project.onclock(['skip', paused.run_id, 'price', '--output', 'data/gone.csv'])).code).toBe(4)
    expect((await project.onclock(['skip', paused.run_id, 'price'])).code).toBe(0)
    const record = await until(paused.run_id, 'completed')
    expect(statuses(record)).toEqual(['completed', 'skipped', 'skipped', 'completed'])
    expect(stage(record, 'price')?.reason).toMatch(/^skipped by \S+ at 20/)
    expect(stage(record, 'keep')?.reason).toContain('its input "price" was skipped by a person')
    expect((await project.onclock(['skip', paused.run_id, 'price'])).code).toBe(2)
  })

  it('takes a file in place of the output', async () => {
    const paused = await start()
    await project.write('data/by_hand.csv', 'id,amount\n7,100\n8,1\n')
    expect((await project.onclock(['skip', paused.run_id, 'price', '--output', 'data/by_hand.csv'])).code).toBe(0)
    const record = await until(paused.run_id, 'completed')
    expect(statuses(record)).toEqual(['completed', 'skipped', 'completed', 'completed'])
    expect(stage(record, 'price')).toMatchObject({ rows: null, outputs: [{ rows: 2, path: `price_${paused.run_id}.csv` }] })
    expect(stage(record, 'price')?.reason).toContain('data/by_hand.csv is in place of its output')
    expect(stage(record, 'keep')?.rows).toMatchObject({ in: 2, out: 1, filtered: 1 })
    expect((await project.onclock(['verify', paused.run_id])).code).toBe(0)
  })

  it('fails the run when nobody comes in time', async () => {
    await project.write('config/main.yaml', PIPELINE.replace('on_failure: pause', 'on_failure: pause\n      pause_timeout: 2s'))
    const { run_id: id } = await start()
    const record = await until(id, 'failed')
    expect(statuses(record)).toEqual(['completed', 'failed', 'skipped', 'skipped'])
    expect(record.warnings.join(' ')).toContain('pause_timeout')
  })

  it('leaves a run that can be resumed when it is cancelled', async () => {
    const { run_id: id } = await start()
    expect((await project.onclock(['cancel', id])).code).toBe(0)
    expect((await shown(id)).status).toBe('cancelled')
    await project.write('data/prices.csv', 'x\n')
    const { stdout, code } = await project.onclock(['resume', id, '--json'])
    expect(code).toBe(0)
    expect(statuses(JSON.parse(stdout) as RunRecord)).toEqual(['reused', 'completed', 'completed', 'completed'])
  })
})

describe('onclock pause', () => {
  it('lets running stages end, starts nothing more, and goes on when resumed', async () => {
    await project.write('data/prices.csv', 'x\n')
    await project.write('config/main.yaml', PIPELINE.replace('test -e data/prices.csv', 'sleep 3'))
    const { stdout } = await project.onclock(['run', '--detach', '--json'])
    const { run_id: id } = JSON.parse(stdout) as RunRecord
    for (let tries = 0; stage(await shown(id).catch(() => ({ stages: [] }) as never), 'price')?.status !== 'running'; tries += 1)
      expect(tries).toBeLessThan(50)
    expect((await project.onclock(['pause', id])).stdout).toContain('starts nothing more until it is resumed')
    expect((await project.onclock(['pause', id])).code).toBe(2)
    const paused = await until(id, 'paused')
    expect(statuses(paused)).toEqual(['completed', 'completed', 'waiting', 'waiting'])
    expect(paused.error?.message).toMatch(/^the run was paused by /)
    expect((await project.onclock(['resume', id])).code).toBe(0)
    expect((await project.onclock(['pause', id])).code).toBe(2)
  })
})

describe('onclock resume of a stage that waits for its next attempt', () => {
  it('lets it go at once and keeps its count', async () => {
    const slow = 'retry: {maximum_attempts: 2, initial_interval: 10m, maximum_interval: 10m}'
    await project.write('config/main.yaml', PIPELINE.replace('on_failure: pause', slow))
    const { stdout } = await project.onclock(['run', '--detach', '--json'])
    const { run_id: id } = JSON.parse(stdout) as RunRecord
    for (let tries = 0; !(await project.onclock(['logs', id])).stdout.includes('COMMAND_FAILED'); tries += 1)
      expect(tries).toBeLessThan(30)
    await project.write('data/prices.csv', 'x\n')
    const { stderr, stdout: out, code } = await project.onclock(['resume', id, '--json'])
    expect(stderr).toContain('the next attempt of price goes at once')
    expect(code).toBe(0)
    expect(stage(JSON.parse(out) as RunRecord, 'price')?.attempts).toBe(2)
  })
})
