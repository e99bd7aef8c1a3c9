import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { intake, openRuleProject, type RuleProject, runRules } from './run-rules.ts'

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject({ 'lists/bots.csv': 'handle\nbot1\n' })
})
afterAll(() => project.close())

const VIDEOS = `id,author,views,likes,text
7506832682593094928,ann,2000,10,first text
7506832682593094929,bot1,5000,10,second text
7506832682593094930,bob,10,9,third text
7506832682593094931,cat,3000,2999,First Text
7506832682593094932,bob,20,1,promo code inside
7506832682593094933,dan,4000,,first text
`

const RULES = `
output_file: data/stage2_output.csv
rules:
  - {id: not-a-bot, column: author, not_in: {file: lists/bots.csv#handle}, action: reject}
  - {id: seen-enough, column: views, min: 1000}
  - {id: likes-fit-views, column: likes, max: {column: views, times: 0.5}, action: flag}
  - {id: no-promotion, column: text, not_contains: promo code}
  - {id: first-of-its-text, unique: {by: text, as: [lower]}}
`

describe('the stage', () => {
  test('lets the first rule that stops a row own it, and counts each rule by itself too', async () => {
    const run = await runRules(project, `budget: {fail: 20%}\n${RULES}`, VIDEOS)
    expect(run.result.rows).toEqual({ in: 6, out: 1, rejected: 1, filtered: 2, duplicates: 2 })
    expect(run.rules).toEqual([
      { id: 'not-a-bot', action: 'reject', stopped: 1, broken: 1, alone: 1 },
      { id: 'seen-enough', action: 'filter', stopped: 2, broken: 2, alone: 2 },
      { id: 'likes-fit-views', action: 'flag', stopped: 0, broken: 1, alone: 2 },
      { id: 'no-promotion', action: 'filter', stopped: 0, broken: 0, alone: 1 },
      { id: 'first-of-its-text', action: 'duplicate', stopped: 2, broken: 2, alone: 2 },
    ])
    expect(run.output).toEqual(['id,author,views,likes,text,_flags', '7506832682593094928,ann,2000,10,first text,'])
    expect(run.result.outputs.map(({ dataset, format, publicName = null, rows }) => [dataset, format, publicName, rows])).toEqual(
      [
        ['output', 'csv', 'stage2_output_20261124_020000.csv', 1],
        ['output', 'parquet', null, 1],
        ['rejected', 'csv', 'stage2_rejected_20261124_020000.csv', 1],
        ['rejected', 'jsonl', 'stage2_rejected_20261124_020000.jsonl', 1],
        ['filtered', 'csv', 'stage2_filtered_20261124_020000.csv', 2],
        ['filtered', 'jsonl', 'stage2_filtered_20261124_020000.jsonl', 2],
        ['duplicates', 'csv', 'stage2_duplicates_20261124_020000.csv', 2],
        ['duplicates', 'jsonl', 'stage2_duplicates_20261124_020000.jsonl', 2],
      ],
    )
    expect(await run.read('filtered', 'csv')).toBe(
      'id,author,views,likes,text,_file,_record,_line,_rule,_message\n' +
        '7506832682593094930,bob,10,9,third text,input.csv,3,4,seen-enough,views is below 1000 or is not a number\n' +
        '7506832682593094932,bob,20,1,promo code inside,input.csv,5,6,seen-enough,views is below 1000 or is not a number\n',
    )
    expect(JSON.parse((await run.read('rejected', 'jsonl')).trim())).toEqual({
      file: 'input.csv',
      record: 2,
      line: 3,
      byte: 70,
      action: 'reject',
      cells: { id: '7506832682593094929', author: 'bot1', views: '5000', likes: '10', text: 'second text' },
      violations: [{ rule: 'not-a-bot', column: 'author', value: 'bot1', message: 'is one of bot1' }],
    })
    expect(await run.read('duplicates', 'csv')).toContain('input.csv,4,5,1,first-of-its-text,is the same as record 1\n')
    expect(run.result.inputs.map(({ path }) => path)).toEqual(['input.csv'])
  })

  test('keeps the place in the source through several stages, and the types', async () => {
    const clean = await intake(project, 'columns: {views: {type: integer}, likes: {type: integer}}', `\n${VIDEOS}`)
    const one = await runRules(project, 'rules: [{id: a, column: likes, max: {column: views, times: 0.5}, action: flag}]', clean)
    const two = await runRules(
      project,
      'rules: [{id: b, column: views, min: 1000}, {id: c, column: _flags, nulls: pass, not_contains: a}]',
      one.dataset,
    )
    const lines = (await two.read('filtered', 'jsonl'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { record: number; line: number; file: string })
    expect(lines.map(({ file, record, line }) => [file, record, line])).toEqual([
      ['source.csv', 3, 5],
      ['source.csv', 4, 6],
      ['source.csv', 5, 7],
    ])
    expect(two.output).toHaveLength(4)
  })

  test('adds to flags that are there already', async () => {
    const one = await runRules(project, 'rules: [{id: a, column: views, min: 3000, action: flag}]', VIDEOS)
    const two = await runRules(project, 'rules: [{id: b, column: likes, max: 9, action: flag}]', one.dataset)
    expect(two.output.map((line) => line.split(',').slice(5).join(','))).toEqual(
      ['_flags', '"a,b"', 'b', 'a', 'b', 'a', ''].slice(0, 7),
    )
  })

  test('warns, counts and lets pass', async () => {
    const run = await runRules(project, 'rules: [{id: w, column: views, min: 1000, action: warn}]', VIDEOS)
    expect(run.result.rows?.out).toBe(6)
    expect(run.rules[0]).toMatchObject({ stopped: 0, broken: 2, alone: 2 })
    expect(run.result.warnings).toEqual(['rule "w": 2 of 6 rows (33.33 %) break it'])
  })

  test('takes a message for the report', async () => {
    const run = await runRules(project, 'rules: [{id: m, column: views, min: 1000, message: seen too little}]', VIDEOS)
    expect(await run.read('filtered', 'csv')).toContain(',m,views seen too little\n')
  })

  test('names the check of a group, and the pattern by its name', async () => {
    const yaml = `
rules:
  - id: text
    all:
      - {column: text, not_matches: {promo: promo, third: ^third}}
      - {column: likes, max: 9}`
    const run = await runRules(project, yaml, VIDEOS)
    const messages = (await run.read('filtered', 'csv'))
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').at(-1))
    expect(messages).toEqual([
      'likes is above 9 or is not a number',
      'likes is above 9 or is not a number',
      'text matches third',
      'likes is above 9 or is not a number',
      'text matches promo',
    ])
  })

  test('accounts for records that cannot be split', async () => {
    const run = await runRules(project, 'budget: {fail: 50%}\nrules: [{id: a, column: x, min: 2}]', 'x,y\n1,a\n2,b\n3\n4,d\n')
    expect(run.result.rows).toEqual({ in: 4, out: 2, rejected: 1, filtered: 1, duplicates: 0 })
    expect(JSON.parse((await run.read('rejected', 'jsonl')).trim())).toMatchObject({ record: 3, line: 4, raw: '3' })
  })

  test('writes an empty cell of a one-column table so that it can be read back', async () => {
    const run = await runRules(project, 'rules: [{id: a, column: x, max: 5}]', 'x\n1\n""\n3\n')
    expect(run.output).toEqual(['x', '1', '""', '3'])
    expect(run.result.rows).toMatchObject({ in: 3, out: 3 })
  })

  test('gives the same bytes for the same input', async () => {
    const yaml = `budget: {fail: 20%}\n${RULES}`
    const [a, b] = [await runRules(project, yaml, VIDEOS), await runRules(project, yaml, VIDEOS)]
    for (const [dataset, format] of [
      ['output', 'csv'],
      ['output', 'parquet'],
      ['duplicates', 'jsonl'],
      ['filtered', 'csv'],
    ] as const) {
      expect(await a.read(dataset, format)).toBe(await b.read(dataset, format))
    }
  })
})

describe('unique', () => {
  const rows = 'k,v,t\na,1,x\nA,3,y\nb,9,z\na,2,\n,5,\n,6,\n'
  const keptBy = async (rule: string): Promise<string[]> => {
    const run = await runRules(project, `rules: [{id: u, unique: ${rule}}]`, rows)
    return run.output.slice(1).map((line) => line.split(',')[1] ?? '')
  }
  test.each([
    ['{by: k}', ['1', '3', '9', '5', '6']],
    ['{by: k, keep: last}', ['3', '9', '2', '5', '6']],
    ['{by: k, as: [lower]}', ['1', '9', '5', '6']],
    ['{by: k, as: [lower], keep: last, order_by: v}', ['3', '9', '5', '6']],
    ['{by: k, as: [lower], order_by: -v}', ['3', '9', '5', '6']],
    ['{by: k, as: [lower], order_by: [t, -v]}', ['1', '9', '5', '6']],
    ['{by: [k, t]}', ['1', '3', '9', '2', '5', '6']],
    ['{by: k, keep: none}', ['3', '9', '5', '6']],
    ['{by: k, as: [lower], keep: none}', ['9', '5', '6']],
    ['{by: k, empty: same}', ['1', '3', '9', '5']],
    ['{by: k, keep: none, empty: same}', ['3', '9']],
  ])('%s keeps %j; an empty key is never a duplicate', async (rule, expected) => {
    expect(await keptBy(rule)).toEqual(expected)
  })

  test('orders numbers in text as numbers, and never prefers an empty value', async () => {
    const run = await runRules(project, 'rules: [{id: u, unique: {by: k, keep: last, order_by: v}}]', 'k,v\na,9\na,10\na,\n')
    expect(run.output).toEqual(['k,v', 'a,10'])
  })

  test('compares only rows that rules before it have left, and names the one that is kept', async () => {
    const yaml = 'rules: [{id: f, column: v, min: 2}, {id: u, unique: {by: k, as: [lower]}}, {id: g, column: v, max: 5}]'
    const run = await runRules(project, yaml, rows)
    expect(run.output).toEqual(['k,v,t', 'A,3,y', ',5,'])
    expect(run.rules.map(({ stopped, alone }) => [stopped, alone])).toEqual([
      [1, 1],
      [1, 2],
      [2, 2],
    ])
    expect(JSON.parse(await run.read('duplicates', 'jsonl'))).toMatchObject({ record: 4, kept_record: 2, action: 'duplicate' })
  })

  test('names no record that is kept where none is', async () => {
    const run = await runRules(
      project,
      'rules: [{id: f, column: v, min: 2}, {id: u, unique: {by: k, as: [lower], keep: none}}]',
      rows,
    )
    expect(run.rules.map(({ stopped, alone }) => [stopped, alone])).toEqual([
      [1, 1],
      [2, 3],
    ])
    const [first] = (await run.read('duplicates', 'jsonl')).split('\n')
    expect(JSON.parse(first ?? '')).toMatchObject({
      record: 2,
      kept_record: null,
      violations: [{ rule: 'u', message: 'is the same as another row' }],
    })
  })

  test('takes an action, and a when', async () => {
    const run = await runRules(project, 'rules: [{id: u, when: {column: v, below: 3}, unique: {by: k}, action: filter}]', rows)
    expect(run.result.rows).toEqual({ in: 6, out: 5, rejected: 0, filtered: 1, duplicates: 0 })
    const flagged = await runRules(
      project,
      'rules: [{id: u, unique: {by: k, as: [lower]}, action: flag}, {id: f, column: v, min: 2}]',
      rows,
    )
    expect(flagged.output).toEqual(['k,v,t,_flags', 'A,3,y,u', 'b,9,z,', 'a,2,,u', ',5,,', ',6,,'])
  })

  test('lets two unique rules follow one another', async () => {
    const run = await runRules(
      project,
      'rules: [{id: u1, unique: {by: a}}, {id: u2, unique: {by: b}}]',
      'a,b\n1,x\n1,y\n2,y\n3,y\n',
    )
    expect(run.output).toEqual(['a,b', '1,x', '2,y'])
    expect(run.rules.map(({ stopped, alone }) => [stopped, alone])).toEqual([
      [1, 1],
      [1, 2],
    ])
  })
})

describe('names of columns', () => {
  const csv = 'v,r,i,k,"a ""b"" c",select,#,🔥\n1,2,3,4,5,6,7,8\n'

  test('may be anything, the words of SQL and of our own queries included', async () => {
    const yaml = `
rules:
  - {id: a, column: 'a "b" c', min: 3}
  - {id: b, column: select, max: 3, action: flag}
  - {id: c, unique: {by: [k, v, '#']}}
  - {id: d, expr: '"a ""b"" c" = ''5'' and "🔥" = ''8'''}
  - {id: e, columns: [r, i], max: 1, action: reject}`
    const rejecting = await runRules(project, `budget: {fail: 100%}\nmin_output: 0 rows\n${yaml}`, csv)
    expect(rejecting.result.rows).toMatchObject({ in: 1, out: 0, rejected: 1 })
    const keeping = await runRules(project, yaml.replace('max: 1,', 'min: 1,'), csv)
    expect(keeping.output).toEqual(['v,r,i,k,"a ""b"" c",select,#,🔥,_flags', '1,2,3,4,5,6,7,8,b'])
  })

  test.each(['__row', '__Rule', '__violations'])('must not be %s, which would be taken for our own', async (name) => {
    await expect(runRules(project, 'rules: []', `a,${name}\n1,2\n`)).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' })
  })
})
