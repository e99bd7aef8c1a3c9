import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { intake, openRuleProject, type RuleProject, runRules } from './run-rules.ts'

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject()
})
afterAll(() => project.close())

/** Rows `a,b` that a condition lets through. */
async function passing(condition: string, rows: readonly string[], head = ''): Promise<string[]> {
  const csv = `a,b,n\n${rows.map((row, index) => `${row},${index}`).join('\n')}\n`
  const run = await runRules(project, `${head}\nmin_output: 0 rows\nrules: [{id: r, ${condition}}]`, csv)
  return run.output.slice(1).map((line) => line.split(',').slice(0, 2).join(','))
}

const ROWS = ['1,x', '1,y', '2,x', '2,y', ',x', '1,', ',']

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ['all: [{column: a, in: [1]}, {column: b, in: [x]}]', ['1,x', ',x', '1,', ',']],
  ['any: [{column: a, in: [1]}, {column: b, in: [x]}]', ['1,x', '1,y', '2,x', ',x', '1,', ',']],
  ['not: {column: a, in: [1]}', ['2,x', '2,y', ',x', ',']],
  ['not: {all: [{column: a, in: [1]}, {column: b, in: [x]}]}', ['1,y', '2,x', '2,y', ',x', '1,', ',']],
  ['not: {any: [{column: a, in: [1]}, {column: b, in: [x]}]}', ['2,y', ',']],
  ['when: {column: a, in: [1]}, column: b, in: [x]', ['1,x', '2,x', '2,y', ',x', '1,', ',']],
  ['when: {column: a, in: [1]}, column: b, required: true', ['1,x', '1,y', '2,x', '2,y', ',x', ',']],
  ['when: {column: a, in: [1]}, column: b, in: [x], nulls: fail', ['1,x', '2,x', '2,y', ',x', ',']],
  ['when: {not: {column: a, in: [1]}}, column: b, in: [x]', ['1,x', '1,y', '2,x', ',x', '1,', ',']],
  ['columns: [a, b], required: true', ['1,x', '1,y', '2,x', '2,y']],
  ['column: a, in: [1], all: [{column: b, in: [x]}], not: {column: a, in: [2]}', ['1,x', ',x', '1,', ',']],
  ['column: a, any: [{in: [2]}, {column: b, in: [x]}]', ['1,x', '2,x', '2,y', ',x', '1,', ',']],
  ['column: b, as: [upper], all: [{in: [X]}, {column: a, not_in: [2]}]', ['1,x', ',x', '1,', ',']],
  ['any: [{column: a, required: true}, {column: b, required: true}]', ['1,x', '1,y', '2,x', '2,y', ',x', '1,']],
  ['not: {column: a, required: true}', [',x', ',']],
  [`expr: "a = '1' or b = 'x'"`, ['1,x', '1,y', '2,x', ',x', '1,', ',']],
  [`expr: "a = '1'", nulls: fail`, ['1,x', '1,y', '1,']],
  [`expr: "coalesce(a, '') || b = '2x' -- a comment"`, ['2,x', '1,', ',']],
]

describe('conditions', () => {
  test.each(CASES)('%s lets through %j', async (condition, expected) => {
    expect(await passing(condition, ROWS)).toEqual(expected)
  })

  test('take what they do not say from defaults, and a column of their own from nowhere else', async () => {
    const head = 'defaults: {column: b, as: [upper], match: substring, nulls: fail}'
    expect(await passing('contains: x', ['1,axb', '1,y', '1,'], head)).toEqual(['1,axb'])
    expect(await passing('columns: [a], in: [A]', ['a,y', 'b,A'], head)).toEqual(['a,y'])
    expect(await passing('contains: x, match: word, as: [], nulls: pass', ['1,axb', '1,x', '1,X', '1,'], head)).toEqual([
      '1,x',
      '1,',
    ])
  })
})

describe('let', () => {
  test('names a number per row that rules use like a column, and that is not written', async () => {
    const clean = await intake(project, 'columns: {v: {type: integer}, l: {type: integer}}', 'v,l\n100,1\n100,0\n0,5\n')
    const yaml =
      'let: {rate: {expr: "l / nullif(v, 0)"}, double: {expr: rate * 2}}\nrules: [{id: r, column: rate, min: 0.5%}, {id: d, column: double, max: 1}]'
    const run = await runRules(project, yaml, clean)
    expect(run.output).toEqual(['v,l', '100,1', '0,5'])
  })

  test('scores the entries that occur, each once, by the weight of its list', async () => {
    const yaml = `
lists: {awful: [worst, never again], bad: [bad, cold]}
let: {score: {score: {awful: 2, bad: 1}, column: a, as: [lower], match: substring}}
rules: [{id: r, column: score, max: 2}]`
    const run = await runRules(project, yaml, 'a\nNever again\nbad bad bad\nworst and cold\nbad\n""\n')
    expect(run.output).toEqual(['a', 'Never again', 'bad bad bad', 'bad', '""'])
  })

  test('refuses a name that is a column already', async () => {
    await expect(runRules(project, 'let: {a: {expr: "1"}}\nrules: []', 'a\n1\n')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})

describe('expr', () => {
  test('reads typed columns, and now as it is pinned', async () => {
    const clean = await intake(
      project,
      'columns: {v: {type: integer}, l: {type: integer}, d: {type: date}}',
      'v,l,d\n10,3,2020-01-01\n10,11,2020-01-01\n10,3,2030-01-01\n',
    )
    const run = await runRules(project, 'rules: [{id: r, expr: "l + 1 <= v and d < now"}]', clean)
    expect(run.output).toEqual(['v,l,d', '10,3,2020-01-01'])
  })

  test('refuses to count with text, which would be compared letter by letter', async () => {
    await expect(runRules(project, 'rules: [{id: r, expr: a <= b}]', 'a,b\n9,10\n')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'rule "r": the expression counts with "a", which is text',
    })
    const run = await runRules(project, 'rules: [{id: r, expr: TRY_CAST(a AS BIGINT) <= TRY_CAST(b AS BIGINT)}]', 'a,b\n9,10\n')
    expect(run.result.rows?.out).toBe(1)
  })

  test('names every missing column, with the rule and a guess', async () => {
    const failed = runRules(
      project,
      'rules: [{id: r, expr: "viewz > 1"}, {id: s, columns: [likes, nothing], min: 1}]',
      'views,like\n1,2\n',
    )
    await expect(failed).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      message: 'the input has no column "viewz" (r), "likes" (s), "nothing" (s)',
      hint: 'Did you mean "views"? Did you mean "like"? Its columns: views, like',
    })
  })

  test('quotes no row that was taken for a header', async () => {
    const failed = runRules(project, 'rules: [{id: r, column: views, min: 1}]', 'private,words\nof,people\n')
    await expect(failed).rejects.toMatchObject({ hint: expect.stringMatching(/^(?!.*private).*header: false/) })
  })

  test('says which rule does not fit the columns', async () => {
    const clean = await intake(project, 'columns: {d: {type: date}}', 'd\n2020-01-01\n')
    await expect(
      runRules(project, 'rules: [{id: ok, column: d, required: true}, {id: r, expr: lower(d) + 1 > d}]', clean),
    ).rejects.toThrow('rule "r" cannot be run on these columns')
  })

  test('keeps a cell that does not fit out of the message', async () => {
    const clean = await intake(project, 'columns: {v: {type: integer}}', 'v\n9223372036854775807\n1\n')
    const error = await runRules(project, 'rules: [{id: r, expr: v * 3 > 1}]', clean).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    expect(String(error)).not.toContain('9223372036854775807')
  })
})
