import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryProject, write } from '../../support/stage-project.ts'
import { ranPipeline } from '../ran-pipeline.ts'
import { storedRun } from '../stored-run.ts'
import { typed, type Typed } from '../typed.ts'

const FIRST = '20261124_231630'
const SECOND = '20261124_231640'
const CSV = `id,author,views,text
1,ann,2000,first
2,ben,12300,second
3,cleo,many,third
4,dan,5000,first
5,eve,10,fifth
6,finn,900,sixth
7,gina,100
`
const PIPELINE = `pipeline:
  name: sample
  stages:
    - name: clean
      module: take_input_csv
      config:
        input_file: data/in.csv
        columns:
          id: {type: id, required: true}
          views: {type: integer}
        budget: {fail: 50%}
    - name: keep
      module: rule_based_filtering
      input: clean
      config:
        rules:
          - {id: seen-enough, column: views, min: 1000}
          - {id: no-bots, column: author, not_in: [dan]}
`
const LOWER = PIPELINE.replace('min: 1000', 'min: 900')

interface Diffed {
  readonly differ: boolean
  readonly stages: readonly {
    readonly stage: string
    readonly changes: readonly string[]
    readonly compared: string | null
    readonly not_compared?: string
    readonly altered: number
    readonly columns_added: readonly string[]
    readonly moved: readonly {
      readonly was: object
      readonly now: object
      readonly rows: number
      readonly examples: readonly { readonly line: number }[]
    }[]
  }[]
}

let folder = ''
const diff = (...argv: string[]): Promise<Typed> => typed(folder, ['diff', FIRST, SECOND, ...argv])
const told = async (...argv: string[]): Promise<Diffed> => JSON.parse((await diff('--json', ...argv)).out) as Diffed
/** The groups of a stage in few words: `filtered seen-enough → out 1`. */
const moved = ({ stages }: Diffed, name: string): string[] =>
  (stages.find(({ stage }) => stage === name)?.moved ?? []).map(({ was, now, rows }) => {
    const words = (side: object): string =>
      Object.values(side)
        .filter((value) => value !== null)
        .join(' ')
    return `${words(was)} → ${words(now)} ${rows}`
  })

async function bothRuns(files: { readonly [path: string]: string }): Promise<void> {
  await ranPipeline(folder, FIRST)
  write(folder, files)
  await ranPipeline(folder, SECOND)
}

beforeEach(() => {
  folder = temporaryProject({ 'config/main.yaml': PIPELINE, 'data/in.csv': CSV })
})

describe('diff', () => {
  it('names the rows that came through in one run alone, the rule that stopped them, and the edit', async () => {
    await bothRuns({ 'config/main.yaml': LOWER })
    const { exit, out } = await diff()
    expect(exit).toBe(0)
    expect(out.split('\n')).toEqual([
      `✔ run ${FIRST} completed → ✔ run ${SECOND} completed`,
      '',
      'clean',
      '  = the same rows',
      '',
      'keep · config changed: rules[0].min 1000 → 900',
      '  was 5 in = 2 out + 3 filtered',
      '  now 5 in = 3 out + 2 filtered',
      '  ~ 1  filtered by seen-enough → came through',
      '       data/in.csv:7  views 900 is below 1000',
      '',
    ])
    const json = await told()
    expect(json).toMatchObject({ differ: true, was: { run_id: FIRST }, now: { run_id: SECOND } })
    expect(json.stages.map(({ stage, compared }) => [stage, compared])).toEqual([
      ['clean', 'same files'],
      ['keep', 'place'],
    ])
    expect(moved(json, 'keep')).toEqual(['filtered seen-enough → out 1'])
  })

  it('tells a row that another rule stops, and one that a new rule stops', async () => {
    const more = `rules:
          - {id: few-views, column: views, max: 10000}
          - {id: not-four, column: id, not_equals: "4"}`
    await bothRuns({ 'config/main.yaml': PIPELINE.replace('rules:', more) })
    expect(moved(await told(), 'keep')).toEqual(['filtered no-bots → filtered not-four 1', 'out → filtered few-views 1'])
    const { out } = await diff()
    expect(out).toContain('config changed: rules[0] added; config changed: rules[1] added')
    expect(out).toContain('filtered by no-bots → filtered by not-four')
    expect(out).toContain('data/in.csv:3  views 12300 is above 10000')
  })

  it('follows rows through stages: what the intake lets through now gets to the rules', async () => {
    await bothRuns({
      'config/main.yaml': PIPELINE.replace('          views: {type: integer}\n', '').replace(
        'min: 1000',
        'min: 1000, nulls: fail',
      ),
    })
    const json = await told()
    expect(moved(json, 'clean')).toEqual(['rejected views.type → out 1'])
    expect(moved(json, 'keep')).toEqual(expect.arrayContaining(['absent → filtered seen-enough 1']))
  })

  it('finds rows by what they hold when the input is another', async () => {
    await bothRuns({
      'config/main.yaml': LOWER,
      'data/in.csv': CSV.replace('1,ann,2000,first\n', '').concat('8,hugo,7000,last\n'),
    })
    const json = await told()
    expect(json.stages.map(({ compared }) => compared)).toEqual(['content', 'content'])
    expect(json.stages[0]?.changes).toEqual(['input sha256 differs (data/in.csv)'])
    expect(json.stages[1]?.changes).toContain('input sha256 differs (clean)')
    expect(moved(json, 'clean')).toEqual(['absent → out 1', 'out → absent 1'])
    expect(moved(json, 'keep')).toEqual(['absent → out 1', 'filtered seen-enough → out 1', 'out → absent 1'])
    expect((await diff()).out).toContain('told apart by what they hold')
  })

  it('finds rows by place when the same file has another name', async () => {
    await bothRuns({ 'config/main.yaml': LOWER.replace('data/in.csv', 'data/other.csv'), 'data/other.csv': CSV })
    const json = await told()
    expect(json.stages.map(({ compared }) => compared)).toEqual(['place', 'place'])
    expect(moved(json, 'clean')).toEqual([])
    expect(moved(json, 'keep')).toEqual(['filtered seen-enough → out 1'])
  })

  it('pairs equal rows one by one', async () => {
    const twice = `${CSV}2,ben,12300,second\n2,ben,12300,second\n`
    write(folder, { 'data/in.csv': twice })
    await bothRuns({ 'data/in.csv': `${CSV}2,ben,12300,second\n` })
    expect(moved(await told(), 'clean')).toEqual(['duplicates exact_duplicate → absent 1'])
  })

  it('counts rows that came through in both with other cells', async () => {
    await bothRuns({
      'config/main.yaml': PIPELINE.replace(
        'views: {type: integer}',
        'views: {type: integer}\n          author: {clean: [upper]}',
      ),
    })
    const clean = (await told()).stages[0]
    expect(clean).toMatchObject({ altered: 5, moved: [] })
    expect((await diff()).out).toContain('5 rows came through in both, with other cells')
  })

  it('says nothing differs, and ends with 7 only when asked and something does', async () => {
    await bothRuns({})
    expect(await diff('--exit-code')).toMatchObject({ exit: 0 })
    expect((await told()).differ).toBe(false)
    write(folder, { 'config/main.yaml': LOWER })
    await ranPipeline(folder, '20261124_231650')
    const changed = await typed(folder, ['diff', FIRST, '20261124_231650', '--exit-code'])
    expect(changed.exit).toBe(7)
  })

  it('takes rows that were taken over from another run for the same', async () => {
    await ranPipeline(folder, FIRST)
    write(folder, { 'config/main.yaml': LOWER })
    await ranPipeline(folder, SECOND, { mode: 'run', reuse: { run_id: FIRST, output_dir: 'data/output' } })
    const json = await told()
    expect(json.stages[0]).toMatchObject({ compared: 'same files', changes: [] })
    expect(moved(json, 'keep')).toEqual(['filtered seen-enough → out 1'])
  })

  it('says of a stage that one run lacks or has not finished that it cannot be compared', async () => {
    await bothRuns({ 'config/main.yaml': PIPELINE.replace('rules:', 'min_output: 99 rows\n        rules:') })
    expect((await told()).stages[1]).toMatchObject({ compared: null, not_compared: `not finished in run ${SECOND}` })
    write(folder, { 'config/main.yaml': PIPELINE.replace('name: keep', 'name: other') })
    await ranPipeline(folder, '20261124_231650')
    const { out } = await typed(folder, ['diff', FIRST, '20261124_231650'])
    expect(out).toContain('? only in run 20261124_231650')
    expect(out).toContain(`? only in run ${FIRST}`)
  })

  it('shows as many examples as asked, of one stage', async () => {
    await bothRuns({ 'config/main.yaml': PIPELINE.replace('min: 1000', 'min: 0') })
    const one = await told('--stage', 'kee', '--limit', '1')
    expect(one.stages.map(({ stage }) => stage)).toEqual(['keep'])
    expect(one.stages[0]?.moved[0]).toMatchObject({ rows: 2, examples: [{ line: 6 }] })
    expect((await told()).stages[1]?.moved[0]?.examples.map(({ line }) => line)).toEqual([6, 7])
  })

  it('refuses what cannot be compared', async () => {
    await ranPipeline(folder, FIRST)
    expect(await typed(folder, ['diff', FIRST])).toMatchObject({ exit: 2 })
    expect(await typed(folder, ['diff', FIRST, '1999'])).toMatchObject({ exit: 4 })
    expect(await typed(folder, ['diff', FIRST, FIRST, '--stage', 'nothing'])).toMatchObject({ exit: 4 })
    await storedRun(folder, SECOND)
    const going = await diff()
    expect(going.exit).toBe(2)
    expect(going.err).toContain('has not ended')
    await storedRun(folder, '20261124_231650', { status: 'completed' })
    const stranger = await typed(folder, ['diff', FIRST, '20261124_231650'])
    expect(stranger.exit).toBe(2)
    expect(stranger.err).toContain('no stage in common')
  })
})

describe('verify', () => {
  const verify = (...argv: string[]): Promise<Typed> => typed(folder, ['verify', ...argv])

  it('finds every output as recorded', async () => {
    await ranPipeline(folder, FIRST)
    const { exit, out } = await verify()
    expect(exit).toBe(0)
    expect(out).toMatch(new RegExp(`^✔ run ${FIRST}: \\d+ files \\(.*\\) as recorded\\n$`))
  })

  it('ends with 7 and names each file that is gone or altered, and where its bytes are whole', async () => {
    await ranPipeline(folder, FIRST)
    const dir = `data/output/execution_${FIRST}`
    const { stages } = JSON.parse(readFileSync(join(folder, dir, 'run.json'), 'utf8')) as {
      stages: { outputs: { path: string }[] }[]
    }
    const name = stages[1]?.outputs.find(({ path }) => path.startsWith('keep_'))?.path ?? ''
    write(folder, { [`${dir}/${name}`]: 'tampered\n' })
    const altered = await verify(FIRST, '--json')
    expect(altered.exit).toBe(7)
    expect(JSON.parse(altered.out)).toMatchObject({
      run_id: FIRST,
      differences: [{ stage: 'keep', path: name, problem: 'altered', whole_in: null }],
    })
    rmSync(join(folder, dir, name))
    const missing = await verify(FIRST)
    expect(missing.out).toContain(`${dir}/${name}  missing (keep)`)
    expect(missing.err).toContain(`onclock run --reuse ${FIRST}`)
  })

  it('looks at the files that have no name for people, too', async () => {
    await ranPipeline(folder, FIRST)
    const attempts = join(`data/output/execution_${FIRST}`, '.onclock/attempts/keep')
    const [attempt = ''] = readdirSync(join(folder, attempts))
    const copy = readdirSync(join(folder, attempts, attempt)).find((name) => name.endsWith('.parquet')) ?? ''
    write(folder, { [join(attempts, attempt, copy)]: 'tampered' })
    const { exit, out } = await verify()
    expect(exit).toBe(7)
    expect(out).toContain(`${copy}  altered (keep)`)
  })

  it('refuses a run that is not there', async () => {
    expect(await verify('1999')).toMatchObject({ exit: 4 })
  })
})
