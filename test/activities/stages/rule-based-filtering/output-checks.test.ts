import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StageContext } from '../../../../activities/stage.ts'
import type { JsonObject } from '../../../../pipeline/json.ts'
import { intake, issuesOf, openRuleProject, type RuleProject, type RuleRun, runRules } from './run-rules.ts'

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject({ 'ref/authors.csv': 'id;name\na1;Ada\na2;Bob\n' })
})
afterAll(() => project.close())

/** Ten rows of which `keep` lets eight through: views 10 to 80, one of them empty; a text that repeats; dates of November. */
const ROWS = `keep,views,author,kind,posted
1,10,a1,x,2026-11-15
1,20,a1,x,2026-11-16
1,30,a2,x,2026-11-17
1,40,a2,y,2026-11-18
1,50,a3,y,2026-11-19
1,,a1,z,2026-11-20
1,70,a1,,2026-11-21
1,80,,,2026-11-22
0,9000,a9,w,2026-11-23
0,9000,a9,w,2026-11-24
`
const KEPT = 'rules: [{id: kept, column: keep, equals: 1}]'

const run = (check: string, more: Partial<StageContext> = {}, csv = ROWS): Promise<RuleRun> =>
  runRules(project, `${KEPT}\nchecks: [{id: c, ${check}}]`, csv, more)
const failure = (check: string, more: Partial<StageContext> = {}): Promise<unknown> =>
  run(check, more).then(
    () => null,
    (error: unknown) => error,
  )
const entry = ({ result }: RuleRun): JsonObject => (result.metadata['checks'] as readonly JsonObject[])[0] ?? {}

describe('a check of a column of true and false', () => {
  test('takes the share that is true as its mean, and their number as its sum', async () => {
    const input = await intake(project, 'columns: {paid: {type: boolean}}', 'paid,n\nyes,1\nno,2\n,3\ntrue,4\nno,5\n')
    const checks =
      'checks: [{id: share, measure: mean, column: paid, warn: {above: 0.5}}, {id: number, measure: sum, column: paid, warn: {max: 1}}]'
    const { result } = await runRules(project, `rules: []\n${checks}`, input)
    expect(result.warnings.map((warning) => /"(share|number)"/.exec(warning)?.[1])).toEqual(['share', 'number'])
  })
})

describe('the number of columns', () => {
  test('does not count the one that names flags', async () => {
    const rules = 'rules: [{id: f, column: n, max: 1, action: flag}]\nchecks: [{id: c, measure: columns, fail: {max: 2}}]'
    const { output } = await runRules(project, rules, 'n,m\n1,2\n3,4\n')
    expect(output).toEqual(['n,m,_flags', '1,2,', '3,4,f'])
  })
})

describe('a check of the whole output', () => {
  test.each([
    ['measure: rows', '{min: 8}', '{min: 9}', 'rows is 8, which must be at least 9'],
    ['measure: rows', '{max: 8 rows}', '{below: 8 rows}', 'rows is 8, which must be below 8 rows'],
    ['measure: rows, where: {column: kind, equals: x}', '{max: 3}', '{max: 2}', 'rows is 3, which must be at most 2'],
    ['measure: columns', '{min: 5, max: 5}', '{min: 6}', 'columns is 5, which must be at least 6'],
    ['measure: rows, of: input', '{min: 80%}', '{min: 80.01%}', 'rows of the input is 80 %, which must be at least 80.01%'],
    [
      'measure: sum, column: views, of: input',
      '{max: 1.7%}',
      '{max: 1.6%}',
      'sum of "views" of the input is 1.639 %, which must be at most 1.6%',
    ],
    ['measure: null_count, column: kind', '{max: 2}', '{max: 1 row}', 'null_count of "kind" is 2, which must be at most 1 row'],
    [
      'measure: null_share, column: kind',
      '{max: 25%}',
      '{max: 24.9%}',
      'null_share of "kind" is 25 %, which must be at most 24.9%',
    ],
    [
      'measure: distinct_count, column: author',
      '{min: 3}',
      '{above: 3}',
      'distinct_count of "author" is 3, which must be above 3',
    ],
    [
      'measure: distinct_count, column: kind, as: [upper], where: {column: views, max: 30}',
      '{max: 1}',
      '{max: 0}',
      'distinct_count of "kind" is 1, which must be at most 0',
    ],
    [
      'measure: distinct_share, column: kind',
      '{min: 50%}',
      '{min: 51%}',
      'distinct_share of "kind" is 50 %, which must be at least 51%',
    ],
    ['measure: sum, column: views', '{max: 300}', '{max: 299.5}', 'sum of "views" is 300, which must be at most 299.5'],
    [
      'measure: mean, column: views',
      '{above: 42.85}',
      '{above: 42.86}',
      'mean of "views" is 42.8571428571, which must be above 42.86',
    ],
    ['measure: median, column: views', '{min: 40}', '{min: 41}', 'median of "views" is 40, which must be at least 41'],
    ['measure: min, column: views', '{min: 10}', '{min: 11}', 'min of "views" is 10, which must be at least 11'],
    ['measure: max, column: views', '{max: 80}', '{below: 80}', 'max of "views" is 80, which must be below 80'],
    [
      'measure: quantile, at: 95%, column: views',
      '{max: 77}',
      '{max: 76.9}',
      'quantile of "views" is 77, which must be at most 76.9',
    ],
    [
      'measure: stddev, column: views',
      '{max: 25.64}',
      '{max: 25.6}',
      'stddev of "views" is 25.6347977785, which must be at most 25.6',
    ],
    [
      'measure: max, column: posted',
      '{below: 2026-11-23}',
      '{below: 2026-11-22}',
      'max of "posted" is 2026-11-22, which must be below 2026-11-22',
    ],
    [
      'measure: min, column: posted',
      '{min: 2026-11-15T00:00:00Z}',
      '{above: now}',
      'min of "posted" is 2026-11-15, which must be above now',
    ],
    ['measure: freshness, column: posted', '{max: 50h}', '{max: 2d}', 'freshness of "posted" is 2d 2h, which must be at most 2d'],
    [
      "measure: references, column: author, in: {file: 'ref/authors.csv#id'}",
      '{max: 1 row}',
      '{max: 0 rows}',
      'references of "author" is 1 of 7 (14.29 %), which must be at most 0 rows',
    ],
    [
      "measure: references, column: author, in: {file: 'ref/authors.csv#id'}",
      '{max: 14.3%}',
      '{max: 14.2%}',
      'references of "author" is 1 of 7 (14.29 %), which must be at most 14.2%',
    ],
  ])('%s holds for %s and not for %s', async (check, good, bad, words) => {
    expect(entry(await run(`${check}, fail: ${good}`))).toMatchObject({ id: 'c', status: 'passed' })
    const warned = await run(`${check}, warn: ${bad}`)
    expect(entry(warned)).toMatchObject({ status: 'warn' })
    expect(warned.result.warnings).toEqual([`check "c": ${words}`])
    expect(await failure(`${check}, fail: ${bad}`)).toMatchObject({ code: 'CHECK_FAILED', message: `check "c": ${words}` })
  })

  test('tells its values in the metadata', async () => {
    expect(entry(await run('measure: null_share, column: kind, warn: {max: 1%}, fail: {max: 50%}'))).toEqual({
      id: 'c',
      measure: 'null_share',
      column: 'kind',
      value: 0.25,
      unit: 'share',
      warn: { max: '1%' },
      fail: { max: '50%' },
      status: 'warn',
    })
    expect(entry(await run('measure: max, column: posted, warn: {max: 2026-12-01}'))).toMatchObject({
      value: '2026-11-22',
      unit: 'time',
    })
    expect(entry(await run('measure: freshness, column: posted, warn: {max: 9d}'))).toMatchObject({
      value: 180_000,
      unit: 'seconds',
    })
    const references = "measure: references, column: author, in: {file: 'ref/authors.csv#id'}, warn: {max: 50%}"
    expect(entry(await run(references))).toMatchObject({ value: 1, share: 1 / 7, unit: 'rows' })
  })

  test('names all that fail and keeps the output under a name of its own', async () => {
    const yaml = `${KEPT}\nchecks: [{id: a, measure: rows, fail: {min: 9}}, {id: b, measure: rows, warn: {min: 9}}, {id: d, measure: sum, column: views, fail: {max: 1}}]`
    const before = new Set(readdirSync(project.projectDir))
    const error = await runRules(project, yaml, ROWS).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'CHECK_FAILED',
      message: 'check "a": rows is 8, which must be at least 9; check "d": sum of "views" is 300, which must be at most 1',
      hint: expect.stringContaining('stage2_failed_20261124_020000.csv') as string,
    })
    const outDir = readdirSync(project.projectDir).find((name) => name.startsWith('out-') && !before.has(name)) ?? ''
    const kept = join(project.projectDir, outDir, 'stage2_failed_20261124_020000.csv')
    expect(readFileSync(kept, 'utf8').trimEnd().split('\n')).toHaveLength(9)
    expect(existsSync(join(project.projectDir, outDir, 'stage2_output_20261124_020000.csv'))).toBe(false)
  })

  test('with nothing to measure fails, unless that is said to be fine', async () => {
    const none = 'measure: mean, column: views, where: {column: kind, equals: nothing}, fail: {min: 1}'
    expect(await failure(none)).toMatchObject({
      message: 'check "c": mean of "views" has nothing to measure, which must be at least 1',
    })
    expect(entry(await run(`${none}, nulls: pass`))).toMatchObject({ status: 'passed', value: null })
  })

  test('says how many texts are no numbers, and never which', async () => {
    const { result } = await run('measure: sum, column: kind, warn: {max: 5}')
    expect(result.warnings).toEqual(['check "c": 6 values of "kind" cannot be read and are not measured'])
  })

  test('reads the columns with the types of the intake', async () => {
    const dataset = await intake(project, 'columns: {views: {type: integer}, posted: {type: date}}', ROWS)
    const typed = (check: string): Promise<unknown> =>
      runRules(project, `${KEPT}\nchecks: [{id: c, ${check}}]`, dataset).then(entry, (e: unknown) => e)
    expect(await typed('measure: sum, column: views, warn: {min: 1}')).toMatchObject({ value: 300, status: 'passed' })
    expect(await typed('measure: max, column: posted, warn: {max: now}')).toMatchObject({ value: '2026-11-22', status: 'passed' })
    expect(await typed('measure: max, column: posted, warn: {max: 5}')).toMatchObject({ code: 'CONFIG_INVALID' })
    expect(await typed('measure: sum, column: posted, warn: {max: 5}')).toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'check "c": sum is of numbers, and "posted" is of type date',
    })
  })

  test('of a column that is not there says which there are', async () => {
    expect(await failure('measure: sum, column: vews, fail: {min: 1}')).toMatchObject({
      code: 'COLUMN_MISSING',
      message: 'check "c": the output has no column "vews"',
      hint: 'Did you mean "views"?',
    })
    const where = 'measure: rows, fail: {min: 1}, where: {expr: "vews > 1"}'
    expect(await failure(where)).toMatchObject({ code: 'COLUMN_MISSING' })
  })
})

describe('a check against earlier runs', () => {
  const earlier = (values: readonly number[]) => (runs: number) =>
    Promise.resolve(
      values.slice(0, runs).map((value) => ({ checks: [{ id: 'c', measure: 'sum', column: 'views', value, status: 'passed' }] })),
    )
  const check = (against: string, limit: string): string =>
    `measure: sum, column: views, against: ${against}, fail: {change: ${limit}}`

  test.each([
    ['median of 5 runs', [200, 100, 1000], '50%', null],
    ['median of 5 runs', [200, 100, 1000], '49%', 'which may change by 49% from 3 runs before (200)'],
    ['median of 2 runs', [200, 100, 1000], '100%', null],
    ['median of 2 runs', [200, 100, 1000], '99%', 'from 2 runs before (150)'],
    ['mean of 3 runs', [200, 100, 600], '0%', null],
    ['mean of 3 runs', [200, 100, 603], '0.1%', 'from 3 runs before (301)'],
    ['last run', [600, 100], '50%', null],
    ['last run', [600, 100], '49.9%', 'from the run before (600)'],
    ['last run', [0], '100%', 'from the run before (0)'],
  ])('%s with %j may change by %s: %s', async (against, values, limit, words) => {
    const error = await failure(check(against, limit), { earlier: earlier(values) })
    if (words === null) expect(error).toBeNull()
    else expect(error).toMatchObject({ code: 'CHECK_FAILED', message: expect.stringContaining(words) as string })
  })

  test('passes in the first run and says so', async () => {
    const ran = await run(check('median of 5 runs', '1%'), { earlier: earlier([]) })
    expect(entry(ran)).toMatchObject({ status: 'passed', compared: null, runs: 0 })
    expect(ran.context.lines).toContain('info: check "c": no completed run before this one has a value to compare with')
    expect(ran.result.warnings).toEqual([])
  })

  test('takes no value of another check for its own', async () => {
    const other = () => Promise.resolve([{ checks: [{ id: 'c', measure: 'mean', column: 'views', value: 1 }] }, {}])
    expect(entry(await run(check('last run', '1%'), { earlier: other }))).toMatchObject({ runs: 0 })
  })
})

describe('the validation of checks', () => {
  test.each([
    ['{id: a, measure: sum, fail: {min: 1}}', ['checks', 0], 'the check does not say which column sum is of'],
    ['{id: a, measure: rows}', ['checks', 0], 'the check sets no limit'],
    ['{id: a, measure: rows, column: x, fail: {min: 1}}', ['checks', 0, 'column'], 'rows are not of a column'],
    ['{id: a, measure: rows, fail: {min: 1%}}', ['checks', 0, 'fail', 'min'], 'must be a number of rows'],
    [
      '{id: a, measure: columns, fail: {min: 3, max: 2}}',
      ['checks', 0, 'fail'],
      'no value can fit: min: 3 leaves nothing for max: 2',
    ],
    ['{id: a, measure: columns, column: a, fail: {min: 1}}', ['checks', 0, 'column'], 'columns are not of a column'],
    ['{id: a, measure: rows, of: input, fail: {min: 1}}', ['checks', 0, 'fail', 'min'], 'must be a share with its unit'],
    ['{id: a, measure: null_share, column: x, warn: {max: 0.01}}', ['checks', 0, 'warn', 'max'], 'must be a share with its unit'],
    ['{id: a, measure: freshness, column: x, warn: {max: 2}}', ['checks', 0, 'warn', 'max'], 'must be a duration with its unit'],
    ['{id: a, measure: quantile, column: x, warn: {max: 2}}', ['checks', 0], 'does not say which quantile'],
    ['{id: a, measure: references, column: x, warn: {max: 2%}}', ['checks', 0], 'does not say where the values have to be'],
    ["{id: a, measure: references, column: x, in: {file: 'none.csv#a'}, warn: {max: 2%}}", ['checks', 0, 'in'], 'does not exist'],
    [
      "{id: a, measure: references, column: x, in: {file: 'ref/authors.csv#id'}, warn: {max: 2}}",
      ['checks', 0, 'warn', 'max'],
      'a share or a number of rows',
    ],
    ['{id: a, measure: mean, column: x, of: input, warn: {max: 2%}}', ['checks', 0, 'of'], 'mean is not compared with the input'],
    ['{id: a, measure: rows, warn: {change: 2%}}', ['checks', 0, 'warn', 'change'], '"change" does not say from what'],
    ['{id: a, measure: rows, warn: {min: 2}, against: last run}', ['checks', 0, 'against'], 'no limit says change'],
    ['{id: a, measure: rows, warn: {min: 2}, against: runs}', ['checks', 0, 'against'], 'median of 5 runs'],
    ['{id: a, measure: rows, warn: {change: 50}, against: last run}', ['checks', 0, 'warn', 'change'], 'with its unit'],
    ['{id: a, measure: count, warn: {min: 2}}', ['checks', 0, 'measure'], 'rows'],
    ['{id: a, measure: rows, warn: {}}', ['checks', 0, 'warn'], 'sets no limit'],
    [
      "{id: a, measure: rows, where: {column: x, matches: '('}, warn: {min: 1}}",
      ['checks', 0, 'where', 'matches'],
      'the regex has',
    ],
    ['{id: a, measure: rows, where: {min: 1}, warn: {min: 1}}', ['checks', 0, 'where'], 'which column'],
  ])('says of %s where and what', async (check, path, message) => {
    const issues = await issuesOf(`checks: [${check}]\nrules: [{id: r, column: a, min: 1}]`, project.projectDir)
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({ path, message: expect.stringContaining(message) as string })
  })

  test('finds two checks with one id, and faults beside one of form', async () => {
    const twice = 'checks: [{id: a, measure: rows, fail: {min: 1}}, {id: a, measure: rows, fail: {min: 1}}]\nrules: []'
    expect(await issuesOf(twice, project.projectDir)).toMatchObject([{ path: ['checks', 1, 'id'], code: 'duplicate_id' }])
    const mixed = 'checks: [{id: a, measure: rows, fail: {min: 1}, colum: x}, {id: b, measure: sum, fail: {min: 1}}]\nrules: []'
    expect((await issuesOf(mixed, project.projectDir)).map(({ path }) => path)).toEqual([
      ['checks', 0, 'colum'],
      ['checks', 1],
    ])
  })
})
