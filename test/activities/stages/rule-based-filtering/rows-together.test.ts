import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { intake, issuesOf, openRuleProject, type RuleProject, type RuleRun, runRules } from './run-rules.ts'

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject()
})
afterAll(() => project.close())

const LENIENT = 'min_output: 0 rows\nbudget: {fail: 100%}\n'
const run = (rules: string, csv: string): Promise<RuleRun> => runRules(project, `${LENIENT}rules: [${rules}]`, csv)
/** The cells of the first column that came through. */
const kept = async (rules: string, csv: string): Promise<readonly string[]> =>
  (await run(rules, csv)).output.slice(1).map((line) => line.split(',')[0] ?? '')

describe('outlier and not_outlier', () => {
  // With a tenth value above them the quartiles are 3.25 and 7.75: iqr with k 1.5 lets -3.5 to 14.5 through.
  const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  const csv = (values: readonly (number | string)[]): string => `v,w\n${values.map((value) => `${value},x`).join('\n')}\n`

  test.each([
    ['{method: iqr}', [...nine, 15], ['15'], [...nine, 14.5]],
    ['{method: iqr, k: 3}', [...nine, 24], ['24'], [...nine, 20]],
    ['{method: zscore, k: 2}', [...nine, 20], ['20'], [...nine, 12]],
    ['{method: zscore}', [...nine, ...nine, 100], ['100'], [...nine, ...nine, 12]],
    ['{method: mad}', [...nine, 19], ['19'], [...nine, 18]],
    ['{method: percentile, k: 10%}', nine, ['1', '9'], [5, 5, 5]],
    ['{method: percentile}', nine, ['1', '9'], [5, 5, 5]],
  ])('not_outlier: %s stops of %j %j and of %j nothing', async (spec, values, stopped, fine) => {
    const rule = `{id: usual, column: v, not_outlier: ${spec}}`
    const numbers = values.map(String)
    expect(await kept(rule, csv(values))).toEqual(numbers.filter((value) => !stopped.includes(value)))
    expect(await kept(rule, csv(fine))).toEqual(fine.map(String))
    expect(await kept(`{id: unusual, column: v, outlier: ${spec}}`, csv(values))).toEqual(stopped)
  })

  test('compares with all rows of the input, whatever rules before it stop', async () => {
    const before = '{id: small, column: v, max: 8}, {id: usual, column: v, not_outlier: {method: iqr}}'
    expect(await kept(before, csv([...nine, 13, 13.5]))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
    expect((await run(before, csv([...nine, 100]))).rules).toMatchObject([{ stopped: 2 }, { stopped: 0, alone: 1 }])
  })

  test('lets empty values pass and texts that are no numbers not, and counts with neither', async () => {
    const values = [...nine, 'n/a', '', 100]
    expect(await kept('{id: u, column: v, not_outlier: {method: iqr}}', csv(values))).toEqual([...nine.map(String), ''])
    expect(await kept('{id: u, column: v, not_outlier: {method: iqr}, nulls: fail}', csv(values))).toEqual(nine.map(String))
    expect(await kept('{id: u, column: v, outlier: {method: iqr}}', csv(values))).toEqual(['', '100'])
  })

  test('looks at the values through the steps of the rule', async () => {
    const values = [...nine, ' 5 ', ' 100 ']
    expect(await kept('{id: u, column: v, as: [trim], not_outlier: {method: iqr}}', csv(values))).toEqual([
      ...nine.map(String),
      ' 5 ',
    ])
    expect(await kept('{id: u, column: v, not_outlier: {method: iqr}}', csv(values))).toEqual(nine.map(String))
  })

  test('per group compares within it, and keeps the order of the rows', async () => {
    const group = (name: string, values: readonly number[]): string[] => values.map((value) => `${value},${name}`)
    const rows = [...group('a', nine), ...group('b', [100, 101, 102, 103, 100, 500]), '5000,', ...group('a', [100])]
    const grouped = `v,w\n${rows.join('\n')}\n`
    const usual = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '100', '101', '102', '103', '100', '5000']
    const rule = '{id: u, column: v, not_outlier: {method: iqr, per: w}}'
    expect(await kept(rule, grouped)).toEqual(usual)
    const ran = await run(rule, grouped)
    const lines = (await ran.read('filtered', 'jsonl')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { record: 15, violations: [{ rule: 'u', column: 'v', value: '500' }] },
      { record: 17, violations: [{ message: 'is an outlier among the rows of its w (iqr, k 1.5) or is not a number' }] },
    ])
  })

  test('is said of typed columns, beside other checks, under when, and with an action that lets rows pass', async () => {
    const dataset = await intake(project, 'columns: {v: {type: integer}}', csv([...nine, 100]).replace('5,x', '5,y'))
    const rules = async (text: string): Promise<readonly string[]> =>
      (await runRules(project, `${LENIENT}rules: [${text}]`, dataset)).output.slice(1)
    expect(await rules('{id: u, column: v, min: 2, not_outlier: {method: iqr}}')).toEqual(
      nine.slice(1).map((v) => `${v},${v === 5 ? 'y' : 'x'}`),
    )
    expect(await rules('{id: u, column: v, when: {column: w, equals: y}, not_outlier: {method: iqr}}')).toHaveLength(10)
    expect((await rules('{id: u, column: v, not_outlier: {method: iqr}, action: flag}')).at(-1)).toBe('100,x,u')
  })

  test.each([
    ['{id: a, not_outlier: {method: iqr}}', ['rules', 0], 'which column "not_outlier" is about'],
    ['{id: a, column: v, not_outlier: {method: iqr, k: 3%}}', ['rules', 0, 'not_outlier', 'k'], 'a share belongs to percentile'],
    ['{id: a, column: v, not_outlier: {method: percentile, k: 3}}', ['rules', 0, 'not_outlier', 'k'], 'a share above 0%'],
    ['{id: a, column: v, not_outlier: {method: percentile, k: 50%}}', ['rules', 0, 'not_outlier', 'k'], 'below 50%'],
    ['{id: a, column: v, outlier: {method: best}}', ['rules', 0, 'outlier', 'method'], 'iqr'],
    ['{id: a, unique: {by: v}, outlier: {method: iqr}}', ['rules', 0, 'outlier'], 'cannot stand beside unique'],
  ])('validation says of %s where and what', async (rule, path, message) => {
    const issues = await issuesOf(`rules: [${rule}]`, project.projectDir)
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({ path, message: expect.stringContaining(message) as string })
  })

  test('of dates is refused, and of a column that is not there', async () => {
    const dates = await intake(project, 'columns: {d: {type: date}}', 'd,e\n2026-01-01,x\n2026-01-02,x\n')
    const rule = (column: string): Promise<unknown> =>
      runRules(project, `rules: [{id: u, column: ${column}, not_outlier: {method: iqr}}]`, dates)
    await expect(rule('d')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'rule "u": not_outlier is about numbers, and "d" is of type date',
    })
    await expect(rule('x')).rejects.toMatchObject({ code: 'COLUMN_MISSING' })
  })
})

describe('similar', () => {
  // 20 letters are 18 pieces; one letter changed at the end leaves 17 of 19 (89.5 %), two leave 16 of 20 (80 %).
  const texts = [
    'abcdefghijklmnopqrst',
    'abcdefghijklmnopqrsX',
    'abcdefghijklmnopqrYX',
    'ABCDEFGHIJKLMNOPQRST!',
    'quite another text',
  ]
  const csv = `t,a,v\n${texts.map((text, index) => `${text},${index < 2 ? 'ada' : 'bob'},${index + 1}`).join('\n')}\n,ada,9\n`

  test('leaves out what is much like a row that stays, and names that row', async () => {
    const ran = await run('{id: s, similar: {by: t}}', csv)
    expect(ran.output.slice(1).map((line) => line.split(',')[2])).toEqual(['1', '3', '5', '9'])
    expect(ran.result.rows).toEqual({ in: 6, out: 4, rejected: 0, filtered: 0, duplicates: 2 })
    const lines = (await ran.read('duplicates', 'jsonl')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { record: 2, action: 'duplicate', violations: [{ rule: 's', message: 'is much like record 1' }] },
      { record: 4, violations: [{ rule: 's', message: 'is much like record 1' }] },
    ])
  })

  test.each([
    ['at_least: 80%', ['1', '5', '9']],
    ['at_least: 89%', ['1', '3', '5', '9']],
    ['at_least: 90%', ['1', '2', '3', '5', '9']],
    ['keep: last', ['3', '4', '5', '9']],
    ['per: a', ['1', '3', '4', '5', '9']],
    ['order_by: [-v]', ['3', '4', '5', '9']],
  ])('%s keeps %j', async (option, expected) => {
    const ran = await run(`{id: s, similar: {by: t, ${option}}}`, csv)
    expect(ran.output.slice(1).map((line) => line.split(',')[2])).toEqual(expected)
  })

  test('does not compare with rows that a rule before it stops, and counts by itself as if there were none', async () => {
    const ran = await run('{id: f, column: v, above: 1}, {id: s, similar: {by: t}}', csv)
    expect(ran.output.slice(1).map((line) => line.split(',')[2])).toEqual(['2', '3', '5', '9'])
    expect(ran.rules).toMatchObject([{ stopped: 1 }, { action: 'duplicate', stopped: 1, broken: 1, alone: 2 }])
  })

  test('takes part in when and other actions', async () => {
    const flagged = await run('{id: s, similar: {by: t}, action: flag}', csv)
    expect(flagged.output.slice(1).map((line) => line.split(',')[3])).toEqual(['', 's', '', 's', '', ''])
    const some = await run('{id: s, when: {column: a, equals: bob}, similar: {by: [t, a], at_least: 65%}}', csv)
    expect(some.result.rows?.duplicates).toBe(1)
  })

  test.each([
    ['{id: a, similar: {by: t, at_least: 0.9}}', ['rules', 0, 'similar', 'at_least'], 'share with its unit'],
    ['{id: a, similar: {by: t, at_least: 30%}}', ['rules', 0, 'similar', 'at_least'], 'between 50% and 100%'],
    ['{id: a, similar: {by: t}, unique: {by: t}}', ['rules', 0, 'similar'], 'cannot stand beside unique'],
    ['{id: a, similar: {by: t}, column: t, min: 3}', ['rules', 0, 'min'], 'cannot stand beside similar'],
    ['{id: a, similar: {per: t}}', ['rules', 0, 'similar', 'by'], 'missing'],
  ])('validation says of %s where and what', async (rule, path, message) => {
    const issues = await issuesOf(`rules: [${rule}]`, project.projectDir)
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({ path, message: expect.stringContaining(message) as string })
  })
})
