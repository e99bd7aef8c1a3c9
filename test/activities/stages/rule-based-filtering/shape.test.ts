import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assertConserved } from '../../../../activities/conservation.ts'
import { ruleBasedFiltering } from '../../../../activities/stages/rule-based-filtering/stage.ts'
import { configOf, intake, issuesOf, openRuleProject, type RuleProject, runRules } from './run-rules.ts'

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject({ 'lists/bad.txt': 'awful\nbad\n' })
})
afterAll(() => project.close())

const VIDEOS = 'id,author,views\n1,ann,10\n2,bob,9\n3,ann,100\n4,,n/a\n5,bob,\n6,ann,9\n'
const ids = (output: readonly string[]): string =>
  output
    .slice(1)
    .map((line) => line.split(',')[0])
    .join('')
const idsOf = async (yaml: string, input = VIDEOS): Promise<string> =>
  ids((await runRules(project, `min_output: 0 rows\nrules: []\n${yaml}`, input)).output)

describe('derive', () => {
  test('adds columns by expressions and measures, in their order, and replaces those that are there', async () => {
    const clean = await intake(project, 'columns: {v: {type: integer}, l: {type: integer}}', 'v,l,t\n4,2,bad #a #b\n0,1,Fine\n')
    const yaml = `
defaults: {column: t}
lists: {bad: {file: lists/bad.txt}}
let: {score: {score: {bad: 2}}}
rules: []
derive:
  rate: {expr: "l / nullif(v, 0)"}
  tags: {count: {of: hashtags}}
  size: {length: {in: words}}
  hit: {share: {of: {list: bad}}}
  most: {repeats: {of: letters}}
  top_share: {repeats: {of: letters, in: share}}
  mean: {average_length: {of: words}}
  score: {expr: score}
  t: {expr: lower(t)}
  t2: {expr: "t || '!'"}
  big: {expr: rate > 0.1}
  day: {expr: "DATE '2026-01-31'"}
  inf: {expr: l / 0.0}
  none: {expr: "''"}`
    const run = await runRules(project, yaml, clean)
    expect(run.output).toEqual([
      'v,l,t,rate,tags,size,hit,most,top_share,mean,score,t2,big,day,inf,none',
      '4,2,bad #a #b,0.5,2,3,0.3333333333333333,2,0.4,1.6666666666666667,2,bad #a #b!,true,2026-01-31,,',
      '0,1,fine,,0,1,0.0,1,0.25,4.0,0,fine!,,2026-01-31,,',
    ])
    const next = await runRules(
      project,
      'rules: [{id: r, nulls: fail, expr: tags + rate > 2 AND big AND year(day) = 2026}]',
      run.dataset,
    )
    expect(next.output).toHaveLength(2)
  })

  test('sees what rules have changed, and leaves the files of left-out rows as they were', async () => {
    const clean = await intake(project, 'columns: {v: {type: integer}}', 'v\n4\n40\n1\n')
    const run = await runRules(
      project,
      'rules: [{id: c, column: v, max: 10, action: clamp}, {id: f, column: v, min: 2}]\nderive: {w: {expr: v * 2}, v: {expr: v + 1}}',
      clean,
    )
    expect(run.output).toEqual(['v,w', '5,8', '11,20'])
    expect(await run.read('filtered', 'csv')).toContain('v,_file,_record,_line,_rule,_message\n1,source.csv,3,4,f,')
  })

  test.each([
    ['{x: {expr: nothing + 1}}', 'COLUMN_MISSING', 'the input has no column "nothing" (derive x)'],
    ['{ID: {expr: "1"}}', 'CONFIG_INVALID', 'derive: there is a column "id" already, which "ID" is taken for'],
    ['{x: {expr: views + 1}}', 'CONFIG_INVALID', 'rule "derive x": the expression counts with "views", which is text'],
    ['{x: {count: {of: words}, column: note}}', 'COLUMN_MISSING', 'the input has no column "note" (derive x)'],
  ])('%s is refused on these columns', async (derive, code, message) => {
    await expect(runRules(project, `rules: []\nderive: ${derive}`, VIDEOS)).rejects.toMatchObject({ code, message })
  })
})

describe('top', () => {
  test.each([
    ['{rows: 2, by: -views}', '13'],
    ['{rows: 2, by: views}', '26'],
    ['{rows: 1, by: -views, per: author}', '234'],
    ['{rows: 2, by: [views, -id], per: [author]}', '12456'],
    ['{rows: 9, by: id}', '123456'],
    ['{rows: 5, by: -views}', '12346'],
  ])('%s keeps %s, in the order of the input', async (top, expected) => {
    expect(await idsOf(`top: ${top}`)).toBe(expected)
  })

  test('filters the others, each on file with its place, and counts them like a rule', async () => {
    const run = await runRules(
      project,
      'rules: [{id: known, column: author, required: true, action: reject}]\nbudget: {fail: 50%}\ntop: {rows: 1, by: -views, per: author}',
      VIDEOS,
    )
    expect(run.result.rows).toEqual({ in: 6, out: 2, rejected: 1, filtered: 3, duplicates: 0 })
    expect(run.rules).toEqual([
      { id: 'known', action: 'reject', stopped: 1, broken: 1, alone: 1 },
      { id: 'top', action: 'filter', stopped: 3, broken: 3 },
    ])
    expect(await run.read('filtered', 'csv')).toBe(
      'id,author,views,_file,_record,_line,_rule,_message\n1,ann,10,input.csv,1,2,top,"is not among the first 1 by -views per author"\n'.replaceAll(
        '"',
        '',
      ) +
        '5,bob,,input.csv,5,6,top,is not among the first 1 by -views per author\n6,ann,9,input.csv,6,7,top,is not among the first 1 by -views per author\n',
    )
  })
})

describe('sample', () => {
  const many = `id,k\n${Array.from({ length: 2000 }, (_, index) => `${index},${index % 200}`).join('\n')}\n`
  const drawn = async (sample: string): Promise<ReadonlySet<string>> =>
    new Set((await runRules(project, `min_output: 0 rows\nrules: []\nsample: ${sample}`, many)).output.slice(1))

  test('draws as many rows as it says, the same each time, and more of them the same and others', async () => {
    const [ten, again, hundred, other] = [
      await drawn('{rows: 10, by: id}'),
      await drawn('{rows: 10, by: id}'),
      await drawn('{rows: 100, by: id}'),
      await drawn('{rows: 10, by: id, seed: 7}'),
    ]
    expect(ten.size).toBe(10)
    expect(again).toEqual(ten)
    expect(hundred.size).toBe(100)
    expect([...ten].every((row) => hundred.has(row))).toBe(true)
    expect(other.size).toBe(10)
    expect(other).not.toEqual(ten)
  })

  test('draws a share, with whole keys, and a larger one has the smaller one in it', async () => {
    const [small, large, all, none] = [
      await drawn('{share: 10%, by: k}'),
      await drawn('{share: 30.5%, by: k}'),
      await drawn('{share: 100%, by: k}'),
      await drawn('{share: 0%, by: k}'),
    ]
    const keys = new Map<string, number>()
    for (const row of small) keys.set(row.split(',')[1] ?? '', (keys.get(row.split(',')[1] ?? '') ?? 0) + 1)
    expect(new Set(keys.values())).toEqual(new Set([10]))
    expect(small.size).toBeGreaterThan(100)
    expect(small.size).toBeLessThan(350)
    expect([...small].every((row) => large.has(row))).toBe(true)
    expect([all.size, none.size]).toEqual([2000, 0])
  })

  test('never takes a part of a key, so it may draw fewer rows', async () => {
    expect((await drawn('{rows: 25, by: k}')).size).toBe(20)
    expect((await drawn('{rows: 5, by: k}')).size).toBe(0)
    expect((await drawn('{rows: 25}')).size).toBe(25)
  })

  test('lets a key land the same way whatever other rows there are', async () => {
    const all = await drawn('{share: 20%, by: id}')
    const half = await runRules(project, 'rules: [{id: r, column: id, min: 1000}]\nsample: {share: 20%, by: id}', many)
    expect(half.output.slice(1)).toEqual([...all].filter((row) => Number(row.split(',')[0]) >= 1000))
  })

  test('filters the others before top looks at the rest', async () => {
    const run = await runRules(
      project,
      'rules: [{id: r, column: id, min: 10}]\nsample: {rows: 100, by: id}\ntop: {rows: 3, by: -id}',
      many,
    )
    const sampled = [...(await drawn('{rows: 2000, by: id}'))].length
    expect(sampled).toBe(2000)
    expect(run.rules.map(({ id, stopped }) => [id, stopped])).toEqual([
      ['r', 10],
      ['sample', 1890],
      ['top', 97],
    ])
    expect(run.result.rows).toEqual({ in: 2000, out: 3, rejected: 0, filtered: 1997, duplicates: 0 })
    const lines = (await run.read('filtered', 'csv')).trimEnd().split('\n').slice(1)
    expect(lines.map((line) => Number(line.split(',')[3]))).toEqual(lines.map((line) => Number(line.split(',')[0]) + 1))
    expect(lines.filter((line) => line.endsWith(',sample,is not in the sample'))).toHaveLength(1890)
  })
})

describe('sort', () => {
  test.each([
    ['-views', '312645'],
    ['views', '261345'],
    ['[author, -views]', '316254'],
    ['[-author, id]', '251364'],
  ])('%s gives %s: numbers as numbers, equal rows in the order of the input, empty values last', async (sort, expected) => {
    expect(await idsOf(`sort: ${sort}`)).toBe(expected)
  })

  test('takes flags, types and places along', async () => {
    const clean = await intake(project, 'columns: {v: {type: integer}}', 'v,n\n5,a\n10,b\n7,c\n')
    const run = await runRules(project, 'rules: [{id: f, column: v, max: 9, action: flag}]\nsort: -v', clean)
    expect(run.output).toEqual(['v,n,_flags', '10,b,f', '7,c,', '5,a,'])
    const next = await runRules(project, 'rules: [{id: r, expr: v < 10}]', run.dataset)
    expect(await next.read('filtered', 'csv')).toContain('10,b,f,source.csv,2,3,r,')
  })
})

describe('select', () => {
  test.each([
    ['[views, id]', 'views,id'],
    ['{drop: [author]}', 'id,views'],
    ['{drop: [author, views]}', 'id'],
  ])('%s gives %s', async (select, head) => {
    const run = await runRules(project, `rules: []\nsort: -views\nselect: ${select}`, VIDEOS)
    expect(run.output[0]).toBe(head)
    expect(run.output).toHaveLength(7)
  })

  test('keeps the flags of the stage, last or where they are named', async () => {
    const flag = 'rules: [{id: f, column: views, max: 50, action: flag}]'
    expect((await runRules(project, `${flag}\nselect: [id]`, VIDEOS)).output.slice(0, 4)).toEqual([
      'id,_flags',
      '1,',
      '2,',
      '3,f',
    ])
    expect((await runRules(project, `${flag}\nselect: [_flags, id]`, VIDEOS)).output[3]).toBe('f,3')
  })

  test('may name derived columns, and none that is not there', async () => {
    expect((await runRules(project, "rules: []\nderive: {x: {expr: id || '!'}}\nselect: [x]", VIDEOS)).output[1]).toBe('1!')
    await expect(
      runRules(
        project,
        'rules: []\nselect: [id, veiws]\nsort: nothing\ntop: {rows: 1, by: x, per: y}\nsample: {rows: 1, by: z}',
        VIDEOS,
      ),
    ).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      message: 'the input has no column "z" (sample), "x" (top), "y" (top), "nothing" (sort), "veiws" (select)',
    })
  })
})

describe('check', () => {
  test.each([
    ['sample: {}', 'sample', 'needs rows or share, and not both'],
    ['sample: {rows: 1, share: 1%}', 'sample', 'needs rows or share, and not both'],
    ['sample: {share: 10}', 'sample.share', 'must be a share with its unit, such as 10%'],
    ['sample: {share: 101%}', 'sample.share', 'must be at most 100%'],
    ['top: {rows: 0, by: a}', 'top.rows', ''],
    ['top: {rows: 1}', 'top.by', 'key "by" is missing'],
    ['select: [a, b, a]', 'select', 'names a column twice'],
    ['select: {drop: [a], keep: [a]}', 'select.keep', 'unknown key "keep"'],
    ['sort: []', 'sort', ''],
    ['derive: {x: {}}', 'derive.x', 'says nothing: add one of expr, score, length'],
    ['derive: {x: {expr: a, count: {of: words}}}', 'derive.x', 'says two things, expr and count'],
    ['derive: {x: {expr: a, column: b}}', 'derive.x', 'has "column", which does nothing beside expr'],
    ['derive: {x: {expr: now()}}', 'derive.x.expr', 'must not read the clock'],
    ['derive: {x: {count: {of: {list: no}}, column: a}}', 'derive.x.count.of', 'there is no list "no"'],
    ["derive: {x: {share: {of: {matches: '(?=a)'}}, column: a}}", 'derive.x.share.of.matches', 'look-around'],
    ['derive: {x: {length: {}}}', 'derive.x', 'does not say which column "length" is about'],
    ['derive: {_flags: {expr: a}}', 'derive._flags', 'must not be empty, "_flags", or begin with "__"'],
    ['derive: {__x: {expr: a}}', 'derive.__x', 'must not be empty, "_flags", or begin with "__"'],
  ])('%s is refused', async (yaml, path, message) => {
    const issues = await issuesOf(`rules: []\n${yaml}`, project.projectDir)
    expect(issues.map(({ path: at }) => at.join('.'))).toEqual([path])
    expect(issues[0]?.message).toContain(message)
  })

  test('refuses a rule with the name of what top and sample leave out, and to drop flags', async () => {
    const yaml =
      'rules: [{id: top, column: a, min: 1}, {id: sample, column: a, max: 9, action: flag}]\ntop: {rows: 1, by: a}\nsample: {rows: 1}\nselect: {drop: [b, _flags]}'
    const issues = await issuesOf(yaml, project.projectDir)
    expect(issues.map(({ path }) => path.join('.')).toSorted()).toEqual(['rules.0.id', 'rules.1.id', 'select.drop.1'])
    expect(await issuesOf('rules: [{id: top, column: a, min: 1}]\nselect: {drop: [_flags]}', project.projectDir)).toEqual([])
  })

  test('finds faults of derive beside faults of form', async () => {
    const issues = await issuesOf('rules: [{id: r, colum: a}]\nderive: {x: {expr: now()}}', project.projectDir)
    expect(issues.map(({ path }) => path.join('.')).toSorted()).toEqual(['derive.x.expr', 'rules.0.colum'])
  })

  test('counts the lists of derived measures among the files of the stage', () => {
    const config = ruleBasedFiltering.schema.parse(
      configOf(
        'rules: []\nderive: {x: {count: {of: {file: lists/bad.txt}}, column: a}}\nlet: {y: {share: {of: {file: "lists/b.csv#w"}}, column: a}}',
      ),
    )
    expect(ruleBasedFiltering.files?.(config, project.projectDir)).toEqual(['lists/b.csv', 'lists/bad.txt'])
  })
})

describe('rows', () => {
  const shape = fc.record({
    rule: fc.constantFrom(
      '',
      '{id: r, column: a, min: 3}',
      '{id: u, unique: {by: a}}',
      '{id: c, column: a, min: 5, action: clamp}',
      '{id: f, column: b, in: [x], action: flag}',
    ),
    sample: fc.constantFrom('', 'sample: {rows: 5, by: a}', 'sample: {share: 50%}'),
    top: fc.constantFrom('', 'top: {rows: 3, by: [-a, b]}', 'top: {rows: 1, by: a, per: b}'),
    sort: fc.constantFrom('', 'sort: [b, -a]'),
    derive: fc.constantFrom('', 'derive: {a: {expr: "a || b"}}'),
  })
  const rows = fc.array(fc.tuple(fc.constantFrom('', '1', '2', '5', '10', 'x'), fc.constantFrom('', 'x', 'y')), {
    minLength: 1,
    maxLength: 25,
  })
  const numbers = (csv: string): number[] =>
    csv
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => Number(/^[^,]*,[^,]*,(\d+)/.exec(line)?.[1]))

  test('are all accounted for, whatever is chosen', async () => {
    await fc.assert(
      fc.asyncProperty(rows, shape, async (cells, { rule, sample, top, sort, derive }) => {
        const yaml = ['min_output: 0 rows', `rules: [${rule}]`, sample, top, sort, derive].join('\n')
        const csv = `a,b,n\n${cells.map(([a, b], index) => `${a},${b},${index}`).join('\n')}\n`
        const run = await runRules(project, yaml, csv)
        if (run.result.rows === null) throw new Error('no account')
        assertConserved(run.result.rows)
        const kept = numbers(await run.read('output', 'csv'))
        const left = await Promise.all(
          (['filtered', 'duplicates'] as const).map(async (kind) =>
            run.result.rows?.[kind] === 0 ? [] : numbers(await run.read(kind, 'csv')),
          ),
        )
        for (const part of sort === '' ? [kept, ...left] : left) expect(part).toEqual(part.toSorted((a, b) => a - b))
        expect([...kept, ...left.flat()].toSorted((a, b) => a - b)).toEqual(cells.map((_, index) => index))
        expect(run.rules.reduce((sum, { stopped }) => sum + stopped, 0)).toBe(left.flat().length)
      }),
      { numRuns: 40 },
    )
  }, 120_000)
})
