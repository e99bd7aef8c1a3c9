import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ranPipeline } from '../../client/ran-pipeline.ts'
import { write } from '../../support/stage-project.ts'
import { BROKEN, CSV, PIPELINE, runProject, type RunProject } from './run-project.ts'

const RUN = '20261124_231630'

/** A run whose last stage failed; then the files are edited. */
async function failedThen(files: { readonly [path: string]: string }): Promise<RunProject> {
  const project = runProject({ 'config/main.yaml': BROKEN })
  await ranPipeline(project.dir, RUN)
  write(project.dir, { 'config/main.yaml': PIPELINE, ...files })
  return project
}

const resumed = (project: RunProject, options: Parameters<typeof ranPipeline>[2] = {}): ReturnType<typeof ranPipeline> =>
  ranPipeline(project.dir, RUN, { mode: 'resume', generation: 'second-generation', ...options })

const statuses = async (project: RunProject): Promise<string[]> =>
  (await project.record(RUN)).stages.map(({ name, status }) => `${name} ${status}`)

describe('the plan of a resume', () => {
  it('reuses what is finished and unchanged, and says that the mend of the failed stage counts', async () => {
    const project = await failedThen({})
    expect(await project.plan({ runId: RUN })).toEqual([
      expect.stringMatching(/^reuse clean: unchanged, \d+ files verified$/),
      expect.stringMatching(/^reuse keep: unchanged, \d+ files verified$/),
      'run score: failed before with TOO_FEW_ROWS; config changed: min_output 99 rows → 1 row',
    ])
    await resumed(project)
    expect(await statuses(project)).toEqual(['clean reused', 'keep reused', 'score completed'])
  })

  it.each<[string, { readonly [path: string]: string }, string[]]>([
    [
      'a rule',
      { 'config/main.yaml': PIPELINE.replace('"${params.min_views}"', '900') },
      ['reuse clean', 'run keep: config changed: rules[0].min 1000 → 900', 'run score: failed before with TOO_FEW_ROWS'],
    ],
    ['a list file', { 'lists/bots.txt': 'ann\n' }, ['reuse clean', 'run keep: list file lists/bots.txt changed', 'run score']],
    [
      'the input',
      { 'data/in.csv': `${CSV}7,gina,9000,last\n` },
      ['run clean: input sha256 differs (data/in.csv)', 'run keep: upstream runs again: clean', 'run score'],
    ],
    [
      'nothing but comments, order and spelled-out defaults',
      {
        'config/main.yaml': PIPELINE.replace('id: {type: id, required: true}', 'id: {required: true, type: id} # key').replace(
          'input: clean\n',
          'enabled: true\n      input: clean\n',
        ),
      },
      ['reuse clean', 'reuse keep', 'run score'],
    ],
  ])('sees an edit of %s', async (_, files, plan) => {
    const project = await failedThen(files)
    expect(await project.plan({ runId: RUN })).toEqual(plan.map((start) => expect.stringContaining(start) as string))
  })

  it('sees a parameter that is set to another value, as the change of the config that it is', async () => {
    const project = await failedThen({})
    expect((await project.plan({ runId: RUN, set: { min_views: '3000' } }))[1]).toBe(
      'run keep: config changed: rules[0].min 1000 → 3000',
    )
  })

  it('takes an edit that was taken back for none, though another commit came since', async () => {
    const project = await failedThen({ 'config/main.yaml': BROKEN.replace('"${params.min_views}"', '900') })
    await resumed(project)
    expect((await project.record(RUN)).stages[1]?.rows?.out).toBe(3)
    write(project.dir, { 'config/main.yaml': PIPELINE })
    expect((await project.plan({ runId: RUN }))[1]).toMatch(/^reuse keep: unchanged/)
    await resumed(project, { generation: 'third-generation' })
    expect(await statuses(project)).toEqual(['clean reused', 'keep reused', 'score completed'])
    expect((await project.record(RUN)).stages[1]?.rows?.out).toBe(2)
  })

  it('runs a stage again whose output is gone, and reuses what depends on it when it gives the same bytes', async () => {
    const project = await failedThen({})
    const attempts = join(project.store.layout(RUN).attempts, 'clean')
    const [attempt = ''] = readdirSync(attempts)
    const csv = readdirSync(join(attempts, attempt)).find((name) => name.endsWith('.csv')) ?? ''
    rmSync(join(attempts, attempt, csv))
    const plan = await project.plan({ runId: RUN })
    expect(plan[0]).toMatch(/^run clean: output missing or altered \(/)
    expect(plan[1]).toBe('run keep: upstream runs again: clean')
    await resumed(project)
    expect(await statuses(project)).toEqual(['clean completed', 'keep reused', 'score completed'])
    expect((await project.record(RUN)).stages[1]?.reason).toBe('upstream gave the same bytes again')
  })

  it('runs again what --from names and all that depends on it, even on the same bytes', async () => {
    const project = await failedThen({})
    expect(await project.plan({ runId: RUN, stages: { from: 'clean' } })).toEqual([
      'run clean: asked for by --from',
      'run keep: --from clean',
      'run score: --from clean',
    ])
    expect((await project.plan({ runId: RUN, stages: { from: 'keep' } }))[0]).toMatch(/^reuse clean/)
    await resumed(project, { stages: { from: 'clean' } })
    expect(await statuses(project)).toEqual(['clean completed', 'keep completed', 'score completed'])
  })

  it('refuses --from of a stage that is not there or disabled', async () => {
    const project = await failedThen({ 'config/main.yaml': PIPELINE.replace('name: score', 'name: score\n      enabled: false') })
    await expect(project.plan({ runId: RUN, stages: { from: 'nothing' } })).rejects.toThrow('no stage "nothing"')
    await expect(project.plan({ runId: RUN, stages: { from: 'score' } })).rejects.toThrow('"score" is disabled')
  })

  it('goes on with a run that crashed between two stages', async () => {
    const project = runProject()
    await ranPipeline(project.dir, RUN, { crashBefore: 'keep' })
    expect((await project.plan({ runId: RUN })).map((line) => line.replace(/\d+ files/, 'n files'))).toEqual([
      'reuse clean: unchanged, n files verified',
      'run keep: not finished before: the run was interrupted',
      'run score: not finished before: the run was interrupted',
    ])
  })
})

describe('a resume with another list of stages', () => {
  const MORE = PIPELINE.replace(
    '    - name: keep\n',
    `    - name: extra
      module: rule_based_filtering
      input: clean
      config: {rules: [{id: any-views, column: views, min: 0}]}
    - name: keep
`,
  )

  it('runs a stage that is new, and shows the files of the others under their new numbers', async () => {
    const project = await failedThen({ 'config/main.yaml': MORE })
    expect(await project.plan({ runId: RUN })).toEqual([
      expect.stringContaining('reuse clean'),
      'run extra: new in the pipeline',
      expect.stringContaining('reuse keep'),
      expect.stringContaining('run score'),
    ])
    await resumed(project)
    expect(await statuses(project)).toEqual(['clean reused', 'extra completed', 'keep reused', 'score completed'])
    const names = readdirSync(project.store.layout(RUN).dir)
    expect(names).toContain(`stage3_filtered_${RUN}.csv`)
    expect(names).toContain(`stage3_metadata_${RUN}.json`)
    expect(names).not.toContain(`stage2_filtered_${RUN}.csv`)
    expect((await project.record(RUN)).stages[2]?.outputs.map(({ path }) => path)).toContain(`stage3_filtered_${RUN}.csv`)
  })

  it('takes the files of a stage away that was removed, and those of a renamed one under its old name', async () => {
    const project = await failedThen({
      'config/main.yaml': PIPELINE.replace('name: clean', 'name: intake').replace('input: clean', 'input: intake'),
    })
    const plan = await project.plan({ runId: RUN })
    expect(plan[0]).toBe('run intake: new in the pipeline')
    await resumed(project)
    expect(await statuses(project)).toEqual(['intake completed', 'keep reused', 'score completed'])
    const record = await project.record(RUN)
    const names = new Set(record.stages.flatMap(({ outputs }) => outputs.map(({ path }) => path)))
    for (const name of readdirSync(project.store.layout(RUN).dir).filter((file) => file.endsWith('.csv')))
      expect(names).toContain(name)
  })

  it('skips one that was disabled, and runs one that was enabled', async () => {
    const off = PIPELINE.replace('name: keep', 'name: keep\n      enabled: false').replace('input: keep', 'input: clean')
    const project = await failedThen({ 'config/main.yaml': off })
    expect(await project.plan({ runId: RUN })).toEqual([
      expect.stringContaining('reuse clean'),
      'skip keep: disabled',
      expect.stringContaining('run score'),
    ])
    await resumed(project)
    expect(readdirSync(project.store.layout(RUN).dir)).not.toContain(`kept_${RUN}.csv`)
    writeFileSync(join(project.dir, 'config/main.yaml'), PIPELINE)
    expect((await project.plan({ runId: RUN }))[1]).toMatch(/^reuse keep: unchanged/)
  })
})
