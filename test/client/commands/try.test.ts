import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { TriedStage } from '../../../activities/try-stages.ts'
import { temporaryFolder, temporaryProject, write } from '../../support/stage-project.ts'
import { typed, type Typed } from '../typed.ts'

const CSV = `id,author,views,likes
1,ann,2000,10
2,ben,12300,9001
3,cleo,many,1
4,dan,10,1
5,eve,5000,1
6,finn
`
const PIPELINE = `pipeline:
  name: sample
  params:
    least: {type: integer, default: 1000}
  stages:
    - name: 01_clean
      module: take_input_csv
      config:
        input_file: data/in.csv
        columns: {views: {type: integer}, likes: {type: integer}}
        budget: {fail: 50%}
    - name: 02_rules
      module: rule_based_filtering
      input: 01_clean
      config:
        rules:
          - {id: seen-enough, column: views, min: '\${params.least}'}
          - {id: likes-fit-views, column: likes, max: {column: views, times: 0.5}}
          - {id: some-likes, column: likes, min: 5, action: flag}
    - name: 03_own
      module: stages/own.ts
      input: 02_rules
    - name: 04_more
      module: rule_based_filtering
      input: 03_own
      config: {rules: [{id: a, column: id, required: true}]}
`
const OWN = `import { writeFileSync } from 'node:fs'
writeFileSync('ran.txt', 'ran')
export const run = () => true
`

let folder = ''
const trying = (...argv: string[]): Promise<Typed> => typed(folder, ['try', ...argv])
const stagesOf = ({ out }: Typed): (TriedStage & { tried: boolean })[] =>
  (JSON.parse(out) as { stages: (TriedStage & { tried: boolean })[] }).stages

beforeEach(() => {
  folder = temporaryProject({ 'config/main.yaml': PIPELINE, 'data/in.csv': CSV, 'stages/own.ts': OWN })
})

const everything = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

describe('try', () => {
  it('tells of a rule that changes cells how many, and of top and sample how many rows they leave out', async () => {
    const yaml = PIPELINE.replace(
      ', action: flag}',
      ', action: clear}\n          - {id: known, columns: [id, author], not_in: [1, ann], action: {set: x}}\n        sample: {share: 100%}\n        top: {rows: 1, by: id}',
    )
    write(folder, { 'config/main.yaml': yaml })
    const { err, out } = await trying('--stage', '02_rules')
    expect(`${out}${err}`).toMatch(/1 {2}some-likes {2}clear, 2 by itself\n/)
    expect(`${out}${err}`).toMatch(/1 {2}known {2}set, 2 cells changed\n/)
    expect(`${out}${err}`).toMatch(/1 {2}top {2}filter\n {7}data\/in\.csv:\d+ {2}is not among the first 1 by id/)
  })

  it('shows for each stage and rule what it would do, with rows as examples', async () => {
    const { exit, out } = await trying()
    expect(exit).toBe(0)
    expect(out.split('\n')).toEqual([
      'tried on all 6 rows of data/in.csv',
      '',
      '01_clean · 6 in = 4 out + 2 rejected',
      expect.stringContaining('! 2 of 6 rows (33.33 %) were rejected') as string,
      '  1  views.type  reject',
      '       data/in.csv:4  views many is not a whole number',
      '  1  too_few_fields  reject',
      '       data/in.csv:7  has 2 fields where 4 are expected: 6,finn',
      '',
      '02_rules · 4 in = 2 out + 2 filtered',
      '  1  seen-enough  filter',
      '       data/in.csv:5  views 10 is below 1000',
      '  1  likes-fit-views  filter',
      '       data/in.csv:3  likes 9001 is above 0.5 × views 12300',
      '  1  some-likes  flag, 2 by itself',
      expect.stringContaining('data/in.csv:6  likes 1') as string,
      '',
      "03_own · not tried: it is a stage of your own: only a run starts the project's code",
      '',
      '04_more · not tried: it works on the output of 03_own, which is not at hand',
      '',
    ])
  })

  it('writes nothing in the project, runs none of its code, and leaves no temporary folder', async () => {
    const before = everything()
    const temporary = temporaryFolder()
    vi.stubEnv('TMPDIR', temporary)
    await trying()
    vi.unstubAllEnvs()
    expect(everything()).toEqual(before)
    expect(readdirSync(temporary).filter((name) => name !== 'onclock-check')).toEqual([])
  })

  it('takes the first rows, one stage, and parameters', async () => {
    const [stage, ...more] = stagesOf(await trying('--rows', '2', '--stage', 'rules', '--set', 'least=2001', '--json'))
    expect(more).toEqual([])
    expect(stage).toMatchObject({ name: '02_rules', tried: true, rows: { in: 2, out: 0, filtered: 2 } })
    expect(stage?.error?.code).toBe('TOO_FEW_ROWS')
    expect((await trying('--rows', '1')).out).toContain('tried on the first 1 row of data/in.csv')
  })

  it('gives the same counts as a run', async () => {
    const [, rules] = stagesOf(await trying('--json'))
    expect(rules?.rules.map(({ id, action, rows, alone, examples }) => [id, action, rows, alone, examples.length])).toEqual([
      ['seen-enough', 'filter', 1, 1, 1],
      ['likes-fit-views', 'filter', 1, 1, 1],
      ['some-likes', 'flag', 1, 2, 1],
    ])
  })

  it('says when no row of the sample gets to a stage', async () => {
    write(folder, { 'config/main.yaml': PIPELINE.replace('input: 03_own', 'input: 01_clean.rejected') })
    expect((await trying('--rows', '2')).out).toContain('04_more · not tried: no row of the sample is in 01_clean.rejected')
    expect((await trying()).out).toContain('04_more · 2 in = 1 out + 1 filtered')
  })

  it('tells of a limit that would stop the run, and tries what comes behind all the same', async () => {
    write(folder, { 'config/main.yaml': PIPELINE.replace('fail: 50%', 'fail: 1%') })
    const { exit, out } = await trying()
    expect(exit).toBe(0)
    expect(out).toContain('! would stop the run: 2 of 6 rows (33.33 %) were rejected; the budget allows 1%')
    expect(out).toContain('02_rules · 4 in = 2 out + 2 filtered')
  })

  it('tells how each check of an output went, and goes on behind one that would stop the run', async () => {
    const checks =
      'checks: [{id: some, measure: rows, fail: {min: 1}}, {id: many, measure: rows, fail: {min: 100}}]\n        budget: {'
    write(folder, { 'config/main.yaml': PIPELINE.replace('budget: {', checks) })
    const { exit, out } = await trying()
    expect(exit).toBe(0)
    expect(out).toContain('! would stop the run: check "many": rows is 4, which must be at least 100')
    expect(out).toContain('✔ some  rows is 4  fail min 1')
    expect(out).toContain('✖ many  rows is 4  fail min 100')
    expect(out).toContain('02_rules · 4 in = 2 out + 2 filtered')
  })

  it('names the file that people know, never the sample, in errors as well', async () => {
    writeFileSync(join(folder, 'data/in.csv'), '{"not": "csv"}')
    expect(await trying()).toMatchObject({ exit: 3, err: expect.stringContaining('data/in.csv') as string })
    write(folder, {
      'config/main.yaml': PIPELINE.replace('columns: {', 'columns: {missing: {required: true}, '),
      'data/in.csv': CSV,
    })
    const { out, err } = await trying('--json')
    expect(out + err).not.toContain('sample.csv')
    expect(out + err).toContain('missing')
  })

  it('ends as others do when a file or stage is not there, or the pipeline has faults', async () => {
    expect(await trying('--stage', '05')).toMatchObject({ exit: 4 })
    expect(await trying('none')).toMatchObject({ exit: 4 })
    expect(await trying('--rows', '0')).toMatchObject({ exit: 2 })
    write(folder, { 'config/main.yaml': PIPELINE.replace('data/in.csv', 'data/none.csv') })
    expect(await trying()).toMatchObject({ exit: 4, err: expect.stringContaining('data/none.csv') as string })
    write(folder, { 'config/main.yaml': PIPELINE.replace('min:', 'mim:') })
    expect(await trying()).toMatchObject({ exit: 2 })
  })
})
