import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../pipeline/record.ts'
import { makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, VIDEOS } from './support/samples.ts'

let project: TestProject

beforeAll(async () => {
  project = await makeProject({ 'config/main.yaml': PIPELINE, 'data/videos.csv': VIDEOS }, { warm: true })
})
afterAll(() => project.dispose())

const impossible = PIPELINE.replace('min: 1000}', 'min: 1000000}')

async function failedRun(pipeline: string): Promise<RunRecord> {
  await project.write('config/main.yaml', pipeline)
  const { stdout, code } = await project.onclock(['run', '--json'])
  expect(code).not.toBe(0)
  return JSON.parse(stdout) as RunRecord
}

async function resume(
  args: readonly string[],
): Promise<{ readonly record: RunRecord; readonly code: number | null; readonly stderr: string }> {
  const { stdout, stderr, code } = await project.onclock(['resume', ...args, '--json'])
  return { record: JSON.parse(stdout || '{}') as RunRecord, code, stderr }
}

describe('onclock resume', () => {
  it('goes on under the same ID once the rule is mended, and repeats no finished work', async () => {
    const failed = await failedRun(impossible)
    expect(failed.error?.code).toBe('TOO_FEW_ROWS')
    await project.write('config/main.yaml', PIPELINE)

    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/reuse\s+clean\s+take_input_csv\s+unchanged, \d+ files verified/)
    expect(plan.stdout).toMatch(
      /run\s+keep\s+rule_based_filtering\s+failed before with TOO_FEW_ROWS; config changed: rules\[0\]\.min 1000000 → 1000/,
    )

    const { record, code } = await resume([failed.run_id])
    expect(code).toBe(0)
    expect(record.run_id).toBe(failed.run_id)
    expect(record.status).toBe('completed')
    expect(record.stages.map((stage) => stage.status)).toEqual(['reused', 'completed'])
    expect(record.stages[0]?.started_at).toBe(failed.stages[0]?.started_at)
    expect(record.stages[1]?.rows?.out).toBe(2)
  })

  it('runs a stage again whose meaning changed, and says what changed', async () => {
    const failed = await failedRun(impossible)
    await project.write('config/main.yaml', PIPELINE.replace('fail: 60%', 'fail: 70%'))
    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/run\s+clean\s+take_input_csv\s+config changed: budget\.fail/)
    expect(plan.stdout).toMatch(/run\s+keep/)
  })

  it('takes a comment or another order of keys for what they are: nothing', async () => {
    const failed = await failedRun(impossible)
    await project.write(
      'config/main.yaml',
      PIPELINE.replace('{type: id, required: true}', '{required: true, type: id}   # the key'),
    )
    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/reuse\s+clean/)
  })

  it('sees a replaced input', async () => {
    const failed = await failedRun(impossible)
    await project.write('config/main.yaml', PIPELINE)
    await project.write('data/videos.csv', `${VIDEOS}7500000000000000006,claim,2000\n`)
    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/run\s+clean\s+take_input_csv\s+input sha256 differs \(data\/videos\.csv\)/)
    const { record } = await resume([failed.run_id])
    expect(record.stages.map((stage) => stage.status)).toEqual(['completed', 'completed'])
    expect(record.stages[1]?.rows?.out).toBe(3)
    await project.write('data/videos.csv', VIDEOS)
  })

  it('does not trust an output that was touched', async () => {
    const failed = await failedRun(impossible)
    await project.write('config/main.yaml', PIPELINE)
    const path = `data/output/execution_${failed.run_id}/clean_${failed.run_id}.csv`
    await project.write(path, 'tampered\n')
    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/run\s+clean\s+take_input_csv\s+output missing or altered/)
  })

  it('refuses a run that is completed, and one that does not exist', async () => {
    await project.write('config/main.yaml', PIPELINE)
    const { stdout } = await project.onclock(['run', '--json'])
    const { run_id: id } = JSON.parse(stdout) as RunRecord
    const completed = await project.onclock(['resume', id])
    expect(completed.code).toBe(2)
    expect(completed.stderr).toContain('completed')
    expect((await project.onclock(['resume', '19990101_000000'])).code).toBe(4)
  })
})
