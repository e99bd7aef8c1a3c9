import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ruleBasedFiltering } from '../../../../activities/stages/rule-based-filtering/stage.ts'
import { write } from '../../../support/stage-project.ts'
import { configOf, issuesOf, openRuleProject, type RuleProject, runRules } from './run-rules.ts'

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject({ 'lists/bots.csv': 'handle\nbot1\n', 'lists/words.txt': 'a\n' })
})
afterAll(() => project.close())

/** Fault of a single rule: where, and what. */
const FAULTS: readonly (readonly [string, string, string])[] = [
  ['{id: r}', 'rules.0', 'it checks nothing'],
  ['{column: a, min: 1}', 'rules.0.id', 'key "id" is missing'],
  ['{id: "a b", column: a, min: 1}', 'rules.0.id', '"id" may hold letters, digits, "_", "-" and "."'],
  ['{id: r, min: 1}', 'rules.0', 'the rule does not say which column "min" is about'],
  ['{id: r, column: a, mim: 1}', 'rules.0.mim', 'unknown key "mim"'],
  [
    '{id: r, column: a, min: soon}',
    'rules.0.min',
    '"soon" is neither a number, a date, a duration nor a share; another column is {column: name}',
  ],
  [
    '{id: r, column: a, max: {column: b, plus: soon}}',
    'rules.0.max',
    'plus: "soon" is neither a number nor a duration such as 7d',
  ],
  ['{id: r, column: a, within: 90}', 'rules.0.within', '"within" must be a duration with its unit, such as 90d or 12h, found 90'],
  ["{id: r, column: a, matches: '(?=x)'}", 'rules.0.matches', 'the regex has a look-around at character 1, which cannot be run'],
  ["{id: r, column: a, not_matches: [x, '(?<!a)b']}", 'rules.0.not_matches.1', 'a negative look-around'],
  ["{id: r, column: a, matches: {twice: '(a)\\1'}}", 'rules.0.matches.twice', 'a back reference'],
  ["{id: r, column: a, matches: '(a'}", 'rules.0.matches', 'the regex has a fault: missing ): (a'],
  ["{id: r, column: a, matches: 'a**'}", 'rules.0.matches', 'the regex has a fault'],
  ['{id: r, column: a, in: {list: nothing}}', 'rules.0.in', 'there is no list "nothing"'],
  ['{id: r, column: a, in: {file: lists/nothing.txt}}', 'rules.0.in', 'the list file lists/nothing.txt does not exist'],
  ['{id: r, column: a, in: {file: lists}}', 'rules.0.in', 'the list file lists is a folder'],
  [
    "{id: r, column: a, in: {file: 'lists/bots.csv#handel'}}",
    'rules.0.in',
    'the list file lists/bots.csv has no column "handel"',
  ],
  ['{id: r, expr: "now() > a"}', 'rules.0.expr', 'the expression must not read the clock (now)'],
  [
    '{id: r, any: [{column: a, min: 1}, {expr: "random() > 1"}]}',
    'rules.0.any.1.expr',
    'the expression must not be random (random)',
  ],
  ['{id: r, when: {column: a, matches: "(?=x)"}, column: b, min: 1}', 'rules.0.when.matches', 'look-around'],
  ['{id: r, not: {all: [{column: a, in: {list: x}}]}}', 'rules.0.not.all.0.in', 'there is no list "x"'],
  ['{id: r, unique: {by: a}, min: 1}', 'rules.0.min', '"min" cannot stand beside unique'],
  ['{id: r, unique: {by: a, keep: any}}', 'rules.0.unique.keep', '"keep" must be first, last or none, found "any"'],
  ["{id: r, column: a, type: date, format: '%D'}", 'rules.0.format', 'the format %D cannot be read: "%D" is not understood'],
  ['{id: r, column: a, min: 10, max: 9}', 'rules.0', 'no value can fit: min: 10 leaves nothing for max: 9'],
  ["{id: r, column: a, above: '2024-01-31', below: '2024-01-31'}", 'rules.0', 'no value can fit: above: 2024-01-31'],
  [
    '{id: r, column: a, min: 1, budget: {fail: 2}}',
    'rules.0.budget.fail',
    '"fail" needs its unit: a share such as "2%" or a number of rows such as "5 rows"',
  ],
  ['{id: r, column: a, share: {of: letters, min: 30}}', 'rules.0.share.min', '"min" needs its unit: a share such as 60%'],
  ['{id: r, column: a, length: {}}', 'rules.0.length', '"length" sets no limit'],
  [
    '{id: r, column: a, min: 1, action: drop}',
    'rules.0.action',
    '"action" must be one of reject, filter, flag, clear, clamp, warn, fail, or {set: TEXT}',
  ],
]

describe('check', () => {
  test.each(FAULTS)('%s', async (rule, path, message) => {
    const issues = await issuesOf(`rules: [${rule}]`, project.projectDir)
    expect(issues).toHaveLength(1)
    expect(issues[0]?.path.join('.')).toBe(path)
    expect(issues[0]?.message).toContain(message)
  })

  test('finds all faults at once', async () => {
    const yaml =
      'lists: {x: {file: none.txt}}\nlet: {s: {score: {nobody: 1}, column: a}, e: {expr: "sum(a)"}}\nrules: [{id: r, column: a, matches: "(?=x)"}, {id: r, expr: "now()"}]'
    const issues = await issuesOf(yaml, project.projectDir)
    expect(issues.map(({ path }) => path.join('.')).toSorted()).toEqual([
      'let.e.expr',
      'let.s.score.nobody',
      'lists.x',
      'rules.0.matches',
      'rules.1.expr',
      'rules.1.id',
    ])
  })

  test('finds nothing wrong with what is right', async () => {
    const yaml = `
defaults: {column: a}
lists: {bots: {file: 'lists/bots.csv#handle'}, words: [x, y]}
rules:
  - {id: one, not_in: {list: bots}, matches: '(?i)^[(?=]x\\d+(?:a|b)\\b', budget: {warn: 1%, fail: 5 rows}}
  - {id: two, contains: {file: lists/words.txt, at_least: 1}, when: {column: b, above: {column: c, times: 2, plus: 1}}}
  - {id: three, unique: {by: [a, b], keep: last, order_by: [-c]}, action: flag}`
    expect(await issuesOf(yaml, project.projectDir)).toEqual([])
  })

  test('the form of a CSV beside a Parquet name is a fault, beside a CSV name it is not', async () => {
    const yaml = (file: string): string => `output_file: ${file}\noutput: {bom: true}\nrules: [{id: a, column: c, min: 1}]`
    expect(await issuesOf(yaml('out.parquet'), project.projectDir)).toMatchObject([
      { path: ['output'], code: 'bad_output', message: 'is about CSV, and output_file is Parquet' },
    ])
    expect(await issuesOf(yaml('out.csv'), project.projectDir)).toEqual([])
  })

  test('lets a stage have no rules: those of the package are sound', async () => {
    expect(await issuesOf('{}', project.projectDir)).toEqual([])
  })

  test('understands the keys of the original', async () => {
    const yaml =
      'input_file: data/stage1_output.csv\noutput_file: data/stage2_output.csv\nrules_file: rules.yaml\nexecution_id: x\nexecution_output_dir: y'
    write(project.projectDir, { 'rules.yaml': '- {id: r, column: a, min: 1}\n' })
    expect(await issuesOf(yaml, project.projectDir)).toEqual([])
  })
})

describe('faults of form hide none of the others', () => {
  const RULES = `
- {id: r, column: v, minimum: 3, matches: '(?=a)b'}
- {id: r, column: v, min: abc, action: nope}
- {id: q, expr: 'error(1)', bugdet: {warn: 1%}}
- {id: 7, column: v, in: {list: none}}
- {id: l, column: v, in: {list: bad}}
- {id: only-a-slip, minimum: 3}
- just text
`
  const FOUND = [
    'unknown key "minimum"',
    '"action" must be one of reject, filter, flag, clear, clamp, warn, fail, or {set: TEXT}',
    'unknown key "bugdet"',
    'two rules have the id "r"',
    'the regex has a look-around at character 1, which cannot be run',
    '"abc" is neither a number, a date, a duration nor a share; another column is {column: name}',
    'there is no list "none"',
  ]

  test.each([
    ['in the config', (): string => `lists: {bad: {file: 3}}\nrules:${RULES.replaceAll('\n-', '\n  -')}`, 'rules.0.matches'],
    [
      'in a rules file',
      (): string => {
        write(project.projectDir, { 'slips.yaml': `lists: {bad: {file: 3}}\nrules:${RULES.replaceAll('\n-', '\n  -')}` })
        return 'rules_file: slips.yaml'
      },
      'rules_file',
    ],
  ])('%s', async (_, yaml, path) => {
    const issues = await issuesOf(yaml(), project.projectDir)
    const messages = issues.map(({ message }) => message)
    for (const message of FOUND) expect(messages).toContain(message)
    expect(messages.filter((message) => message.startsWith('the expression'))).toHaveLength(1)
    expect(issues.find(({ code }) => code === 'bad_regex')?.path.join('.')).toBe(path)
    // What was cut out is not missed, and a list that is faulty is there.
    expect(messages.filter((message) => /checks nothing|which column|no list "bad"/.test(message))).toEqual([])
  })
})

describe('rules_file', () => {
  test('comes before the rules of the config, each with the defaults of its own file', async () => {
    write(project.projectDir, {
      'config/rules.yaml':
        'x-note: shared\ndefaults: {column: a}\nlists: {good: [x, z]}\nrules:\n  - {id: from-file, in: {list: good}}\n',
    })
    const run = await runRules(
      project,
      'rules_file: config/rules.yaml\ndefaults: {column: b}\nrules: [{id: inline, max: 5}]',
      'a,b\nx,1\ny,9\nz,9\n',
    )
    expect(run.rules.map(({ id, stopped }) => [id, stopped])).toEqual([
      ['from-file', 1],
      ['inline', 1],
    ])
    expect(run.output).toEqual(['a,b', 'x,1'])
  })

  test('is one of the files that the stage depends on, as are the lists of its rules', () => {
    write(project.projectDir, {
      'config/rules.yaml': "rules: [{id: r, when: {column: a, in: {file: 'lists/bots.csv#handle'}}, column: b, min: 1}]",
    })
    const config = ruleBasedFiltering.schema.parse(
      configOf(
        'rules_file: config/rules.yaml\nlists: {w: {file: lists/words.txt}}\nrules: [{id: s, any: [{column: a, contains: {file: lists/other.txt, at_least: 2}}]}]',
      ),
    )
    expect(ruleBasedFiltering.files?.(config, project.projectDir)).toEqual([
      'config/rules.yaml',
      'lists/words.txt',
      'lists/bots.csv',
      'lists/other.txt',
    ])
  })

  test.each([
    ['rules:\n  - {id: r, column: a, mim: 1}\n', 'unknown key "mim"', 2],
    ['- {id: r, column: a, min: 1}\n- {id: s, column: a, matches: "(?=x)"}\n', 'look-around', 2],
    ['defaults: {column: a}\nrules:\n  - id: r\n    in: {list: x}\n', 'there is no list "x"', 4],
    ['rules:\n  - {id: r, column: a, matches: [^<>]*$}\n', 'quotes', 2],
    ['just a text\n', '', 1],
  ])('points at the fault in it: %j', async (text, message, line) => {
    write(project.projectDir, { 'bad.yaml': text })
    const issues = await issuesOf('rules_file: bad.yaml', project.projectDir)
    expect(issues[0]).toMatchObject({ path: ['rules_file'], place: { file: 'bad.yaml', line } })
    expect(`${issues[0]?.message} ${issues[0]?.hint}`).toContain(message)
  })

  test('that is not there is a fault', async () => {
    expect(await issuesOf('rules_file: nothing.yaml', project.projectDir)).toMatchObject([
      { path: ['rules_file'], message: 'the rules file nothing.yaml does not exist' },
    ])
    await expect(runRules(project, 'rules_file: nothing.yaml', 'a\n1\n')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('keeps IDs of nineteen digits as they are written', async () => {
    write(project.projectDir, { 'ids.yaml': '- {id: r, column: a, in: [7506832682593094928, 007]}\n' })
    const run = await runRules(project, 'rules_file: ids.yaml', 'a\n7506832682593094928\n7506832682593095000\n007\n7\n')
    expect(run.output).toEqual(['a', '7506832682593094928', '007'])
  })
})
