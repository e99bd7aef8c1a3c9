import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, VIDEOS } from './support/samples.ts'

let project: TestProject

beforeAll(async () => {
  project = await makeProject({ 'config/main.yaml': PIPELINE, 'data/videos.csv': VIDEOS }, { warm: true })
})
afterAll(() => project.dispose())

describe('the way of a row', () => {
  it('is seen before a run, after it, and when the run has failed', async () => {
    const tried = await project.onclock(['try', '--json'])
    expect(tried.code).toBe(0)
    const { stages } = JSON.parse(tried.stdout) as { stages: { rows: object }[] }

    const run = JSON.parse((await project.onclock(['run', '--json'])).stdout) as { run_id: string; stages: { rows: object }[] }
    expect(stages.map(({ rows }) => rows)).toEqual(run.stages.map(({ rows }) => rows))

    const way = async (id: string): Promise<string> => (await project.onclock(['rows', '--find', `video_id=${id}`])).stdout.trim()
    expect(await way('7500000000000000002')).toBe(
      'data/videos.csv line 3 → clean kept → keep filtered by seen-enough (views 200 is below 1000)',
    )
    expect(await way('7500000000000000005')).toBe('data/videos.csv line 7 → clean kept → keep kept')
    const listed = await project.onclock(['rows', '--json'])
    expect(listed.stdout.trim().split('\n')).toHaveLength(4)

    await writeFile(join(project.dir, 'config/main.yaml'), PIPELINE.replace('fail: 60%', 'fail: 1%'))
    expect((await project.onclock(['run', '-q'])).code).toBe(3)
    const failed = await project.onclock(['rows', 'latest-failed', '--rule', 'views.type', '--json'])
    expect(JSON.parse(failed.stdout)).toMatchObject({ stage: 'clean', line: 5, cells: { video_id: '7500000000000000004' } })
    expect(await way('7500000000000000004')).toMatch(/^data\/videos\.csv line 5 → clean rejected by views\.type/)
  })
})
