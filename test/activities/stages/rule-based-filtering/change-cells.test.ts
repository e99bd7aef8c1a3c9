import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { intake, issuesOf, openRuleProject, type RuleProject, type RuleRun, runRules } from './run-rules.ts'

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject()
})
afterAll(() => project.close())

const counts = (run: RuleRun): unknown =>
  run.rules.map(({ id, stopped, broken, alone, ...more }) => [id, stopped, broken, alone, (more as { changed?: number }).changed])

/** The column `a` after one rule. */
async function after(rule: string, cells: readonly string[], type?: string): Promise<readonly string[]> {
  const csv = `a,b\n${cells.map((cell) => `${cell},x`).join('\n')}\n`
  const input = type === undefined ? csv : await intake(project, `columns: {a: {type: ${type}}}`, csv)
  const run = await runRules(project, `rules: [{id: r, column: a, ${rule}}]`, input)
  return run.output.slice(1).map((line) => line.slice(0, line.lastIndexOf(',')))
}

describe('an action that changes a cell', () => {
  test.each([
    ['clear', 'min: 10, action: clear', undefined, ['9', '10', 'n/a', ''], ['', '10', '', '']],
    ['clear of a typed column', 'min: 10, action: clear', 'integer', ['9', '10', '010.0'], ['', '10', '010.0']],
    ['set', 'in: [x, y], action: {set: other}', undefined, ['x', 'z', ''], ['x', 'other', '']],
    ['set of what is missing', 'required: true, action: {set: unknown}', undefined, ['x', ''], ['x', 'unknown']],
    ['set of a number as it is written', 'min: 10, action: {set: 007}', 'integer', ['9', '10'], ['007', '10']],
    ['set with a condition', 'when: {column: b, equals: y}, min: 5, action: {set: 5}', undefined, ['1'], ['1']],
    [
      'clamp to both bounds',
      'min: 10, max: 20, action: clamp',
      undefined,
      ['9', '10', '20', '21', '1e3', 'n/a', ''],
      ['10', '10', '20', '20', '20', 'n/a', ''],
    ],
    ['clamp through steps', 'as: [trim], min: 10, action: clamp', undefined, [' 9 ', ' 11 ', ' x '], ['10', ' 11 ', ' x ']],
    ['clamp of whole numbers', 'min: 1.5, max: 3.5, action: clamp', 'integer', ['1', '2', '3', '4'], ['2', '2', '3', '3']],
    ['clamp to a share', 'max: 60%, action: clamp', 'decimal', ['0.5', '0.7'], ['0.5', '0.6']],
    ['clamp of a percentage', 'min: 0.05, max: 60%, action: clamp', 'percent', ['3 %', '5%', '70%'], ['5%', '5%', '60%']],
    ['clamp of a duration', 'max: 90s, action: clamp', 'duration', ['01:05', '2m'], ['01:05', '90s']],
    ['clamp of a duration to a number', 'max: 90, action: clamp', 'duration', ['01:05', '2m'], ['01:05', '90s']],
    [
      'clamp of a date',
      'min: 2026-01-01, max: now, action: clamp',
      'date',
      ['2025-12-31', '2026-01-02', '2999-01-01'],
      ['2026-01-01', '2026-01-02', '2026-11-24'],
    ],
    [
      'clamp of a text that is a date',
      'min: 2026-01-01, action: clamp',
      undefined,
      ['2025-12-31', '2026-01-02'],
      ['2026-01-01', '2026-01-02'],
    ],
    [
      'clamp of a datetime',
      "max: '2026-01-01T10:30:00Z', action: clamp",
      'datetime',
      ['2026-01-01 10:30:00', '2026-01-02'],
      ['2026-01-01 10:30:00', '2026-01-01T10:30:00Z'],
    ],
  ] as const)('%s', async (...[, rule, type, cells, expected]) => {
    expect(await after(rule, cells, type)).toEqual(expected)
  })

  test('brings a value to the bound that another column is', async () => {
    const clean = await intake(
      project,
      'columns: {v: {type: integer}, l: {type: integer}, d: {type: date}, e: {type: date}}',
      'v,l,d,e\n5,3,2026-01-01,2026-01-09\n5,2,2026-01-01,2026-01-02\n,9,,2026-01-02\n',
    )
    const yaml =
      'rules: [{id: l, column: l, max: {column: v, times: 0.5}, action: clamp}, {id: e, column: e, max: {column: d, plus: 7d}, action: clamp}]'
    const run = await runRules(project, yaml, clean)
    expect(run.output.slice(1)).toEqual(['5,2,2026-01-01,2026-01-08', '5,2,2026-01-01,2026-01-02', ',9,,2026-01-02'])
    expect(counts(run)).toEqual([
      ['l', 0, 1, 1, 1],
      ['e', 0, 1, 1, 1],
    ])
  })

  test('changes of several columns only the cells that are not as the rule says, and counts rows and cells', async () => {
    const run = await runRules(
      project,
      'rules: [{id: r, columns: [a, b], min: 0, nulls: fail, action: clear}]',
      'a,b,c\n1,-1,-1\n-1,-1,\n1,1,\n,1,\n',
    )
    expect(run.output.slice(1)).toEqual(['1,,-1', ',,', '1,1,', ',1,'])
    // The empty cell breaks the rule, and there is nothing to empty.
    expect(counts(run)).toEqual([['r', 0, 3, 3, 3]])
  })

  test('lets the rules after it see the changed value, and those before it the old one', async () => {
    const yaml =
      'rules: [{id: low, column: a, min: 0}, {id: c, column: a, min: 10, action: clamp}, {id: ten, column: a, min: 10}, {id: old, column: a, max: 15}]'
    const run = await runRules(project, yaml, 'a\n-1\n5\n12\n20\n')
    expect(run.output).toEqual(['a', '10', '12'])
    // By itself `ten` would stop two, and `c` change two.
    expect(counts(run)).toEqual([
      ['low', 1, 1, 1, undefined],
      ['c', 0, 1, 2, 1],
      ['ten', 0, 0, 2, undefined],
      ['old', 1, 1, 1, undefined],
    ])
    expect(await run.read('filtered', 'csv')).toBe(
      'a,_file,_record,_line,_rule,_message\n-1,input.csv,1,2,low,a is below 0 or is not a number\n20,input.csv,4,5,old,a is above 15 or is not a number\n',
    )
  })

  test('keeps on file the cells as they came in, with the value that the rule saw', async () => {
    const run = await runRules(
      project,
      'rules: [{id: s, column: a, in: [x], action: {set: z}}, {id: f, column: a, not_in: [z]}]',
      'a,n\nx,1\ny,2\n',
    )
    const row = JSON.parse(await run.read('filtered', 'jsonl')) as { cells: unknown; violations: { value: string }[] }
    expect(row.cells).toEqual({ a: 'y', n: '2' })
    expect(row.violations.map(({ value }) => value)).toEqual(['z'])
  })

  test('is seen by expressions, by let and by measures', async () => {
    const clean = await intake(project, 'columns: {v: {type: integer}, l: {type: integer}}', 'v,l\n0,4\n8,4\n8,9\n')
    const yaml =
      'let: {rate: {expr: l / v}, twice: {expr: rate * 2}}\nrules: [{id: s, column: v, min: 1, action: {set: 2}}, {id: r, column: twice, max: 2}, {id: e, expr: v + l > 12}]'
    const run = await runRules(project, `min_output: 0 rows\n${yaml}`, clean)
    expect(run.output).toEqual(['v,l'])
    expect(counts(run)).toEqual([
      ['s', 0, 1, 1, 1],
      ['r', 2, 2, 2, undefined],
      ['e', 1, 1, 2, undefined],
    ])
  })

  test('makes rows the same that were not, for unique rules after it alone', async () => {
    const csv = 'k,n\na,1\nA,2\nb,3\na,4\n'
    const change = '{id: low, column: k, not_in: [A], action: {set: a}}'
    const behind = await runRules(project, `rules: [${change}, {id: u, unique: {by: k}}]`, csv)
    expect(behind.output).toEqual(['k,n', 'a,1', 'b,3'])
    expect(counts(behind)).toEqual([
      ['low', 0, 1, 1, 1],
      ['u', 2, 2, 1, undefined],
    ])
    const before = await runRules(project, `rules: [{id: u, unique: {by: k}}, ${change}, {id: f, column: n, max: 9}]`, csv)
    expect(before.output).toEqual(['k,n', 'a,1', 'a,2', 'b,3'])
    expect(counts(before)).toEqual([
      ['u', 1, 1, 1, undefined],
      ['low', 0, 1, 1, 1],
      ['f', 0, 0, 0, undefined],
    ])
    const twice = await runRules(project, `rules: [{id: u, unique: {by: k}}, ${change}, {id: w, unique: {by: k}}]`, csv)
    expect(twice.output).toEqual(['k,n', 'a,1', 'b,3'])
    expect(await twice.read('duplicates', 'csv')).toContain('A,2,input.csv,2,3,1,w,is the same as record 1\n')
    // A row that a unique rule has left out is not changed any more.
    const none = await runRules(
      project,
      'rules: [{id: u, unique: {by: k, as: [lower]}}, {id: s, column: k, not_in: [A, b], action: {set: c}}]',
      csv,
    )
    expect(counts(none)).toEqual([
      ['u', 2, 2, 2, undefined],
      ['s', 0, 1, 2, 1],
    ])
  })

  test('flags and the order of rows stay', async () => {
    const run = await runRules(
      project,
      'rules: [{id: f, column: a, max: 3, action: flag}, {id: c, column: a, max: 2, action: clamp}, {id: g, column: a, max: 1, action: flag}]',
      'a,b\n4,1\n1,2\n2,3\n',
    )
    expect(run.output).toEqual(['a,b,_flags', '2,1,"f,g"', '1,2,', '2,3,g'])
  })

  test('takes the types along, so that the next stage counts with them', async () => {
    const clean = await intake(project, 'columns: {v: {type: integer}}', 'v\n5\n50\n')
    const one = await runRules(
      project,
      'rules: [{id: c, column: v, min: 10, action: clamp}, {id: d, column: v, max: 20, action: clear}]',
      clean,
    )
    const two = await runRules(project, 'rules: [{id: e, expr: v + 1 = 11}]', one.dataset)
    expect(two.output).toEqual(['v', '10', '""'])
  })

  test('stops the stage beyond its budget, with the cells as they were', async () => {
    const run = runRules(
      project,
      'rules: [{id: c, column: a, min: 10, action: clamp, budget: {fail: 1 row}}, {id: d, column: a, max: 10, action: warn, budget: {fail: 0 rows}}]',
      'a\n5\n6\n12\n',
    )
    await expect(run).rejects.toMatchObject({
      code: 'RULE_FAILED',
      message:
        'rule "c": 2 of 3 rows (66.67 %) break it; its budget allows 1 row; rule "d": 1 of 3 rows (33.33 %) break it; its budget allows 0 rows',
    })
  })

  test('puts nothing into a column that is not of its type', async () => {
    const clean = await intake(project, 'columns: {v: {type: integer}}', 'v\n5\n')
    await expect(runRules(project, 'rules: [{id: s, column: v, min: 10, action: {set: low}}]', clean)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'rule "s" puts "low" into "v", which is of type integer',
    })
  })
})

describe('a rule that cannot change a cell is refused', () => {
  test.each([
    ['{id: r, expr: "a > b", action: clear}', '"clear" does not say which cell to change'],
    ['{id: r, unique: {by: a}, action: {set: x}}', '"set" changes a cell, and unique is about rows beside others'],
    ['{id: r, column: a, not_in: [x], action: clamp}', '"clamp" has no bound to bring the value to'],
    ['{id: r, column: a, above: 3, action: clamp}', '"clamp" has no bound to bring the value to'],
    ['{id: r, column: n, max: 3, action: clamp}', '"clamp" would change "n", which let: works out and nothing writes'],
  ])('%s', async (rule, message) => {
    const issues = await issuesOf(`let: {n: {length: {}, column: a}}\nrules: [${rule}]`, project.projectDir)
    expect(issues.map(({ path, message: said }) => [path.join('.'), said])).toEqual([['rules.0.action', message]])
    expect(issues[0]?.hint).toBeTruthy()
  })

  test.each([
    ['{set: ""}', '"set" must be the text to put in; to empty a cell there is clear'],
    ['{set: [a]}', '"set" must be the text to put in; to empty a cell there is clear'],
    ['{put: a}', 'unknown key "put"'],
    ['null', '"action" must be one of reject, filter, flag, clear, clamp, warn, fail, or {set: TEXT}'],
  ])('action: %s', async (action, message) => {
    const issues = await issuesOf(`rules: [{id: r, column: a, min: 1, action: ${action}}]`, project.projectDir)
    expect(issues.map(({ message: said }) => said).join('\n')).toContain(message)
  })

  test('takes the column and the action from defaults', async () => {
    const run = await runRules(project, 'defaults: {column: a, action: clear}\nrules: [{id: r, min: 3}]', 'a,b\n2,1\n3,1\n')
    expect(run.output).toEqual(['a,b', ',1', '3,1'])
  })
})
