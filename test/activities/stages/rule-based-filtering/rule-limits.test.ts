import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRuleProject, type RuleProject, runRules } from './run-rules.ts'

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject()
})
afterAll(() => project.close())

/** A hundred rows, `v` from 1 to 100. */
const HUNDRED = `v\n${Array.from({ length: 100 }, (_, index) => index + 1).join('\n')}\n`
const failure = (yaml: string, csv = HUNDRED): Promise<unknown> =>
  runRules(project, yaml, csv).then(
    () => null,
    (error: unknown) => error,
  )
const warnings = async (yaml: string): Promise<readonly string[]> => (await runRules(project, yaml, HUNDRED)).result.warnings

describe('the budget of a rule', () => {
  test.each([
    ['{fail: 5%}', 'min: 6', null],
    ['{fail: 5%}', 'min: 7', 'rule "r": 6 of 100 rows (6.00 %) break it; its budget allows 5%'],
    ['{fail: 5 rows}', 'min: 6', null],
    ['{fail: 1 row}', 'min: 3', 'rule "r": 2 of 100 rows (2.00 %) break it; its budget allows 1 row'],
    ['{fail: 0.5%}', 'min: 2', 'rule "r": 1 of 100 rows (1.00 %) break it; its budget allows 0.5%'],
  ])('%s with %s: %s', async (budget, check, message) => {
    const error = await failure(`rules: [{id: r, column: v, ${check}, budget: ${budget}}]`)
    if (message === null) expect(error).toBeNull()
    else expect(error).toMatchObject({ code: 'RULE_FAILED', message })
  })

  test('warns above warn, also for rules that only warn or flag', async () => {
    expect(await warnings('rules: [{id: r, column: v, min: 4, budget: {warn: 2%}}]')).toEqual([
      'rule "r": 3 of 100 rows (3.00 %) break it; its budget warns above 2%',
    ])
    expect(await warnings('rules: [{id: r, column: v, min: 3, budget: {warn: 2%}, action: warn}]')).toEqual([])
    expect(await warnings('rules: [{id: r, column: v, min: 4, budget: {warn: 2 rows}, action: flag}]')).toHaveLength(1)
  })

  test.each([
    ['column: v, min: 5', '{fail: 50%, of: checked}', null],
    ['column: v, min: 5', '{fail: 49%, of: checked}', '4 of 8 rows (50.00 %)'],
    ['column: v, min: 5', '{fail: 39%}', '4 of 10 rows (40.00 %)'],
    ['column: v, min: 5, nulls: fail', '{fail: 59%, of: checked}', '6 of 10 rows (60.00 %)'],
    ['when: {column: v, max: 4}, column: v, max: 2', '{fail: 49%, of: checked}', '2 of 4 rows (50.00 %)'],
    ['column: v, required: true', '{fail: 19%, of: checked}', '2 of 10 rows (20.00 %)'],
    [
      'when: {column: v, max: 4}, unique: {by: w, keep: none}, action: filter',
      '{fail: 49%, of: checked}',
      '2 of 4 rows (50.00 %)',
    ],
  ])('%s with a budget of %s is about the rows it says something about', async (rule, budget, message) => {
    const csv = `v,w\n${[1, 2, 3, 4, 5, 6, 7, 8, '', ''].map((v, index) => `${v},${Math.max(index, 1)}`).join('\n')}\n`
    const error = await failure(`rules: [{id: r, ${rule}, budget: ${budget}}]`, csv)
    if (message === null) expect(error).toBeNull()
    else expect(error).toMatchObject({ code: 'RULE_FAILED', message: expect.stringContaining(message) as string })
  })

  test('is about the rows that got as far as the rule, of: checked too', async () => {
    const rules = (fail: string): string =>
      `rules: [{id: a, column: v, min: 51}, {id: r, column: v, min: 61, budget: {fail: ${fail}, of: checked}}]`
    expect(await failure(rules('20%'))).toBeNull()
    expect(await failure(rules('19%'))).toMatchObject({ message: expect.stringContaining('10 of 50 rows') as string })
  })

  test('counts the rows that rules before it have left', async () => {
    expect(await failure('rules: [{id: a, column: v, min: 50}, {id: r, column: v, min: 51, budget: {fail: 1 row}}]')).toBeNull()
  })
})

describe('action: fail', () => {
  test('stops the stage at the first row, and names all rules that do', async () => {
    expect(
      await failure(
        'rules: [{id: a, column: v, max: 99, action: fail}, {id: b, column: v, min: 1, action: fail}, {id: c, column: v, min: 3, action: fail}]',
      ),
    ).toMatchObject({
      code: 'RULE_FAILED',
      message:
        'rule "a": 1 of 100 rows (1.00 %) break it, and its action is fail; rule "c": 2 of 100 rows (2.00 %) break it, and its action is fail',
    })
  })

  test('keeps the rows that stopped it, each with its place and rule, and the error names their file', async () => {
    const outDir = mkdtempSync(join(project.projectDir, 'failed-'))
    const rules =
      'rules: [{id: low, column: v, min: 2}, {id: a, column: v, max: 98, action: fail}, {id: u, unique: {by: [w]}, action: fail}, {id: z, column: v, min: 3, action: warn}]'
    const csv = `v,w\n${Array.from({ length: 100 }, (_, index) => `${index + 1},${index === 50 ? 5 : index}`).join('\n')}\n`
    await expect(runRules(project, rules, csv, { outDir })).rejects.toMatchObject({
      code: 'RULE_FAILED',
      hint: expect.stringMatching(/^The rows are in stage\d+_rejected_\w+\.csv\./) as string,
    })
    const files = readdirSync(outDir).sort()
    expect(files).toEqual([expect.stringMatching(/_rejected_.*csv$/), expect.stringMatching(/_rejected_.*jsonl$/)])
    const lines = readFileSync(join(outDir, files[0] ?? ''), 'utf8')
      .trimEnd()
      .split('\n')
    expect(lines.map((line) => line.split(',').toSpliced(2, 1).join(' '))).toEqual([
      'v w _record _line _rule _message',
      '51 5 51 52 u is the same as record 6',
      '99 98 99 100 a v is above 98 or is not a number',
      '100 99 100 101 a v is above 98 or is not a number',
    ])
  })

  test('lets pass what its budget allows', async () => {
    expect(await failure('rules: [{id: a, column: v, max: 99, action: fail, budget: {fail: 1 row}}]')).toBeNull()
  })
})

describe('the budget of the stage', () => {
  test('is about rejected rows only', async () => {
    expect(await failure('rules: [{id: a, column: v, min: 50}]')).toBeNull()
    expect(await failure('rules: [{id: a, column: v, min: 12, action: reject}]')).toMatchObject({
      code: 'BUDGET_EXCEEDED',
      message: '11 of 100 rows (11.00 %) were rejected; the budget allows 10%',
    })
    expect(await failure('rules: [{id: a, column: v, min: 11, action: reject}]')).toBeNull()
    expect(await failure('budget: {fail: 2 rows}\nrules: [{id: a, column: v, min: 4, action: reject}]')).toMatchObject({
      code: 'BUDGET_EXCEEDED',
    })
  })

  test('warns above one percent unless said', async () => {
    expect(await warnings('rules: [{id: a, column: v, min: 2, action: reject}]')).toEqual([])
    expect(await warnings('rules: [{id: a, column: v, min: 3, action: reject}]')).toEqual([
      '2 of 100 rows (2.00 %) were rejected; the budget warns above 1%',
    ])
  })
})

describe('min_output', () => {
  test('is one row unless said, and the error names the rule that stopped most', async () => {
    expect(await failure('rules: [{id: a, column: v, min: 20}, {id: seen-enough, column: v, min: 1000}]')).toMatchObject({
      code: 'TOO_FEW_ROWS',
      message: '0 of 100 rows came out; min_output asks for 1 row. Rule "seen-enough" alone stopped 81 of them',
    })
    expect(await failure('min_output: 0 rows\nrules: [{id: a, column: v, min: 1000}]')).toBeNull()
    expect(await failure('min_output: 50%\nrules: [{id: a, column: v, min: 52}]')).toMatchObject({ code: 'TOO_FEW_ROWS' })
    expect(await failure('min_output: 50%\nrules: [{id: a, column: v, min: 51}]')).toBeNull()
  })

  test('says so when no rows came in', async () => {
    const clean = await runRules(project, 'min_output: 0 rows\nrules: [{id: a, column: v, min: 1000}]', HUNDRED)
    await expect(runRules(project, 'rules: [{id: a, column: v, min: 1}]', clean.dataset)).rejects.toMatchObject({
      code: 'TOO_FEW_ROWS',
      message: 'no rows came in, so none came out; min_output asks for 1 row',
    })
    const none = await runRules(project, 'min_output: 0 rows\nrules: [{id: a, column: v, min: 1}]', clean.dataset)
    expect(none.result.rows).toEqual({ in: 0, out: 0, rejected: 0, filtered: 0, duplicates: 0 })
    expect(none.output).toEqual(['v'])
  })
})

describe('the input', () => {
  const run = (inputFile: string): Promise<unknown> => {
    const config = `rules: [{id: a, column: v, min: 1}]\ninput_file: '${inputFile}'`
    return runRules(project, config, { stage: 'x', dataset: 'output', files: [] }, { inputs: {} }).then(
      () => null,
      (error: unknown) => error,
    )
  }

  test('must be there, and be one file', async () => {
    mkdirSync(join(project.projectDir, 'folder'))
    expect(await run('nothing.csv')).toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: 'the input file nothing.csv does not exist',
    })
    expect(await run('folder')).toMatchObject({ code: 'FILE_NOT_FOUND', message: 'folder is a folder, not a CSV file' })
    expect(await run('data/*.csv')).toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: 'data/*.csv is a pattern and not the name of one file',
    })
  })

  test('must be said', async () => {
    await expect(
      runRules(project, 'rules: []', { stage: 'x', dataset: 'output', files: [] }, { inputs: {} }),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(runRules(project, 'rules: []', { stage: 'x', dataset: 'output', files: [] })).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
    })
  })

  test('may be abandoned', async () => {
    await expect(
      runRules(project, 'rules: [{id: a, column: v, min: 1}]', HUNDRED, { signal: AbortSignal.abort() }),
    ).rejects.toThrow('aborted')
  })
})
