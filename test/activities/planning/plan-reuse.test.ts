import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ranPipeline, type RanOptions } from '../../client/ran-pipeline.ts'
import { write } from '../../support/stage-project.ts'
import { BROKEN, PIPELINE, runProject, type RunProject } from './run-project.ts'

const FIRST = '20261124_231630'
const SECOND = '20261124_231640'
const REUSE = { mode: 'run', reuse: { run_id: FIRST, output_dir: 'data/output' } } as const
const LOWER = PIPELINE.replace('"${params.min_views}"', '900')

async function completedThen(files: { readonly [path: string]: string }): Promise<RunProject> {
  const project = runProject()
  await ranPipeline(project.dir, FIRST)
  write(project.dir, files)
  return project
}

const again = (project: RunProject, options: RanOptions = {}): ReturnType<typeof ranPipeline> =>
  ranPipeline(project.dir, SECOND, { ...REUSE, ...options })

describe('a run that reuses another', () => {
  it('takes over what is unchanged, says from which run, and runs the rest', async () => {
    const project = await completedThen({ 'config/main.yaml': LOWER })
    expect(await project.plan({ runId: SECOND, ...REUSE })).toEqual([
      expect.stringMatching(new RegExp(`^reuse clean: unchanged, \\d+ files verified \\(run ${FIRST}\\)$`)),
      'run keep: config changed: rules[0].min 1000 → 900',
      'run score: upstream runs again: keep',
    ])
    await again(project)
    const record = await project.record(SECOND)
    expect(record).toMatchObject({ run_id: SECOND, status: 'completed', reuses: FIRST })
    expect(record.stages.map(({ status, reused_from_run: from }) => [status, from])).toEqual([
      ['reused', FIRST],
      ['completed', undefined],
      ['completed', undefined],
    ])
    expect(record.stages[1]?.rows).toMatchObject({ in: 5, out: 3 })
  })

  it('has the files of the other run under names of its own, without copying a byte', async () => {
    const project = await completedThen({ 'config/main.yaml': LOWER })
    await again(project)
    const [theirs, ours] = [project.store.layout(FIRST).dir, project.store.layout(SECOND).dir]
    const names = readdirSync(ours)
    expect(names.filter((name) => name.includes(FIRST))).toEqual([])
    expect(names).toEqual(
      expect.arrayContaining([`clean_${SECOND}.csv`, `stage1_rejected_${SECOND}.jsonl`, `stage1_metadata_${SECOND}.json`]),
    )
    expect(statSync(join(ours, `clean_${SECOND}.csv`)).ino).toBe(statSync(join(theirs, `clean_${FIRST}.csv`)).ino)
    const record = await project.record(SECOND)
    expect(record.stages[0]?.outputs.map(({ path }) => path)).toContain(`clean_${SECOND}.csv`)
    expect(record.stages[1]?.inputs[0]?.path).toContain(SECOND)
  })

  it('reuses everything when nothing was edited, also of a run that itself reused another', async () => {
    const project = await completedThen({})
    await again(project)
    const third = { run_id: SECOND, output_dir: 'data/output' }
    await ranPipeline(project.dir, '20261124_231650', { mode: 'run', reuse: third })
    const record = await project.record('20261124_231650')
    expect(record.reuses).toBe(SECOND)
    expect(record.stages.map(({ status, reused_from_run: from }) => [status, from])).toEqual([
      ['reused', FIRST],
      ['reused', FIRST],
      ['reused', FIRST],
    ])
  })

  it('reuses a stage whose upstream ran again to the same bytes', async () => {
    const project = await completedThen({ 'config/main.yaml': PIPELINE.replace('fail: 50%', 'fail: 60%') })
    await again(project)
    expect((await project.record(SECOND)).stages.map(({ status, reason }) => [status, reason])).toEqual([
      ['completed', null],
      ['reused', 'upstream gave the same bytes again'],
      ['reused', 'upstream gave the same bytes again'],
    ])
  })

  it('keeps the time that rules take for now, so that the two runs differ by the edit alone', async () => {
    const project = await completedThen({})
    const plan = await again(project)
    expect(plan.now).toBe((await project.store.generations(FIRST))[0]?.plan.now)
    expect(plan.started_at).not.toBe(plan.now)
  })

  it('runs a stage again that --from names, and reuses what comes before', async () => {
    const project = await completedThen({})
    const plan = await project.plan({ runId: SECOND, ...REUSE, stages: { from: 'keep' } })
    expect(plan.map((line) => line.replace(/:.*/, ''))).toEqual(['reuse clean', 'run keep', 'run score'])
  })

  it('does not trust an output that was altered', async () => {
    const project = await completedThen({})
    write(project.store.layout(FIRST).dir, { [`clean_${FIRST}.csv`]: 'tampered\n' })
    expect((await project.plan({ runId: SECOND, ...REUSE }))[0]).toBe(`run clean: output missing or altered (clean_${FIRST}.csv)`)
  })

  it('can fail and be resumed, and then still takes over from the other run', async () => {
    const project = await completedThen({ 'config/main.yaml': BROKEN })
    await again(project, { crashBefore: 'keep' })
    write(project.dir, { 'config/main.yaml': PIPELINE })
    expect((await project.plan({ runId: SECOND })).map((line) => line.replace(/\d+ files/, 'n files'))).toEqual([
      'reuse clean: unchanged, n files verified',
      `reuse keep: unchanged, n files verified (run ${FIRST})`,
      `reuse score: unchanged, n files verified (run ${FIRST})`,
    ])
  })
})

describe('a run of some of its stages', () => {
  const CHOSEN = { mode: 'run' } as const

  it.each([
    [{ from: 'keep' }, ['skip clean: not selected (--from keep)', 'run keep: first run', 'run score: first run']],
    [{ until: 'keep' }, ['run clean: first run', 'run keep: first run', 'skip score: not selected (--until keep)']],
    [
      { only: 'keep' },
      ['skip clean: not selected (--only keep)', 'run keep: first run', 'skip score: not selected (--only keep)'],
    ],
    [
      { from: 'keep', until: 'keep' },
      [
        'skip clean: not selected (--from keep --until keep)',
        'run keep: first run',
        'skip score: not selected (--from keep --until keep)',
      ],
    ],
  ])('plans %j', async (stages, plan) => {
    const project = await completedThen({})
    expect(await project.plan({ runId: SECOND, ...CHOSEN, stages })).toEqual(plan)
  })

  it('works on what the newest run has of a stage that was left out, says so, and stays with it when it is resumed', async () => {
    const project = await completedThen({ 'config/main.yaml': BROKEN })
    const plan = await ranPipeline(project.dir, SECOND, { ...CHOSEN, stages: { from: 'keep' } })
    expect(plan.warnings).toEqual([`keep works on the output of clean from run ${FIRST}: clean is not selected (--from keep)`])
    expect((await project.record(SECOND)).status).toBe('failed')
    write(project.dir, { 'config/main.yaml': PIPELINE })
    await ranPipeline(project.dir, '20261124_231650')
    expect((await project.plan({ runId: SECOND })).map((line) => line.replace(/\d+ files/, 'n files'))).toEqual([
      'skip clean: not selected (--from keep)',
      'reuse keep: unchanged, n files verified',
      'run score: failed before with TOO_FEW_ROWS; config changed: min_output 99 rows → 1 row',
    ])
    await ranPipeline(project.dir, SECOND, { mode: 'resume', generation: 'second-generation' })
    const generations = await project.store.generations(SECOND)
    expect(generations.map(({ earlier }) => earlier['keep']?.['input']?.run_id)).toEqual([FIRST, FIRST])
  })

  it('refuses what cannot be: no such stage, nothing in between, no earlier output', async () => {
    const project = await completedThen({})
    const asked = { runId: SECOND, ...CHOSEN }
    await expect(project.plan({ ...asked, stages: { only: 'nothing' } })).rejects.toThrow('no stage "nothing"')
    await expect(project.plan({ ...asked, stages: { from: 'score', until: 'clean' } })).rejects.toThrow('no stage lies between')
    await expect(runProject().plan({ ...asked, stages: { from: 'keep' } })).rejects.toThrow(
      'no earlier run of this pipeline has one',
    )
  })
})
