import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../pipeline/record.ts'
import { makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, VIDEOS } from './support/samples.ts'

let project: TestProject
let first: RunRecord

beforeAll(async () => {
  project = await makeProject({ 'config/main.yaml': PIPELINE, 'data/videos.csv': VIDEOS }, { warm: true })
  const { stdout, stderr, code } = await project.onclock(['run'])
  expect(code, stderr).toBe(0)
  const shown = await project.onclock(['show', '--json'])
  first = JSON.parse(shown.stdout) as RunRecord
  expect(stdout).toContain(`onclock run --reuse ${first.run_id}`)
})
afterAll(() => project.dispose())

describe('onclock run --reuse', () => {
  it('makes a new run that takes over what is unchanged, says so beforehand, and ends with how to compare', async () => {
    await project.write('config/main.yaml', PIPELINE.replace('min: 1000}', 'min: 2000}'))
    const plan = await project.onclock(['run', '--reuse', 'latest', '--plan'])
    expect(plan.stdout).toContain(`reuses ${first.run_id}`)
    expect(plan.stdout).toMatch(
      new RegExp(`reuse\\s+clean\\s+take_input_csv\\s+unchanged, \\d+ files verified \\(run ${first.run_id}\\)`),
    )
    expect(plan.stdout).toMatch(/run\s+keep\s+rule_based_filtering\s+config changed: rules\[0\]\.min 1000 → 2000/)

    const { stdout, stderr, code } = await project.onclock(['run', '--reuse', 'latest'])
    expect(code, stderr).toBe(0)
    const record = JSON.parse((await project.onclock(['show', '--json'])).stdout) as RunRecord
    expect(record.run_id).not.toBe(first.run_id)
    expect(record).toMatchObject({ status: 'completed', reuses: first.run_id })
    expect(record.stages.map(({ status, reused_from_run: from }) => [status, from])).toEqual([
      ['reused', first.run_id],
      ['completed', undefined],
    ])
    expect(stdout).toContain(`onclock diff ${first.run_id} ${record.run_id}`)
    expect(await project.read(`data/output/execution_${record.run_id}/clean_${record.run_id}.csv`)).toBe(
      await project.read(`data/output/execution_${first.run_id}/clean_${first.run_id}.csv`),
    )
    expect((await project.onclock(['verify', record.run_id])).code).toBe(0)
    const diff = await project.onclock(['diff', first.run_id, record.run_id, '--exit-code'])
    expect(diff.code).toBe(7)
    expect(diff.stdout).toMatch(/1 {2}came through → filtered by seen-enough/)
  })

  it('refuses a run that failed, one that is not there, and a pipeline that never completed', async () => {
    await project.write(
      'config/hopeless.yaml',
      PIPELINE.replace('min: 1000}', 'min: 1000000}').replace('name: videos', 'name: hopeless'),
    )
    const { stdout } = await project.onclock(['run', 'hopeless', '--json'])
    const failed = JSON.parse(stdout) as RunRecord
    const refused = await project.onclock(['run', '--reuse', failed.run_id])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(`onclock resume ${failed.run_id}`)
    expect((await project.onclock(['run', '--reuse', '1999'])).code).toBe(4)
    expect((await project.onclock(['run', 'hopeless', '--reuse', 'latest'])).code).toBe(4)
  })
})

describe('onclock run of some stages', () => {
  it('works on the newest output of what was left out, and says which', async () => {
    await project.write('config/main.yaml', PIPELINE)
    const { stdout, stderr, code } = await project.onclock(['run', '--only', 'keep', '--json'])
    expect(code, stderr).toBe(0)
    const record = JSON.parse(stdout) as RunRecord
    expect(record.stages.map(({ status, reason }) => [status, reason])).toEqual([
      ['skipped', 'not selected (--only keep)'],
      ['completed', null],
    ])
    expect(record.warnings.join()).toMatch(/^keep works on the output of clean from run \d{8}_\d{6}: clean is not selected/)
    expect((await project.onclock(['run', '--only', 'nothing'])).code).toBe(4)
    expect((await project.onclock(['run', '--only', 'keep', '--from', 'clean'])).code).toBe(2)
  })
})
