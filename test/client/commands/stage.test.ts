import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, temporaryProject, write } from '../../support/stage-project.ts'
import { typed } from '../typed.ts'

const CSV = 'id,views\n1,10\n2,x\n1,10\n'

describe('stage run', () => {
  it('prints the metadata of one stage as JSON, and its files lie where told', async () => {
    const folder = temporaryFolder()
    write(folder, { 'in.csv': CSV, 'c.yaml': 'input_file: in.csv\ncolumns: {views: {type: integer}}\nbudget: {fail: 50%}\n' })
    const { exit, out } = await typed(folder, ['stage', 'run', 'take_input_csv', '--config', 'c.yaml', '--out', 'out'])
    expect(exit).toBe(0)
    const metadata = JSON.parse(out) as { rows: unknown; outputs: { path: string }[] }
    expect(metadata.rows).toEqual({ in: 3, out: 1, rejected: 1, filtered: 0, duplicates: 1 })
    for (const { path } of metadata.outputs) expect(existsSync(join(folder, 'out', path))).toBe(true)
  })

  it('answers each line of stdin with one line in the same order, errors included', async () => {
    const folder = temporaryFolder()
    write(folder, { 'a.csv': CSV, 'b.csv': 'n\n1\n' })
    const stdin = ['{"input_file":"a.csv"}', '', '{"input_file":"none.csv"}', 'not json', '{"input_file":"b.csv"}'].join('\n')
    const { exit, out } = await typed(folder, ['stage', 'run', 'take_input_csv', '--config', '-', '--out', 'out'], { stdin })
    expect(exit, 'the highest of the answers').toBe(4)
    const answers = out
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as {
            rows?: { in: number }
            error?: { code: string; message: string }
            outputs?: { path: string; dataset: string; format: string }[]
          },
      )
    expect(answers.map(({ rows, error }) => rows?.in ?? error?.code)).toEqual([
      3,
      'CONFIG_INVALID',
      'FILE_NOT_FOUND',
      'CONFIG_INVALID',
      1,
    ])
    expect(answers[1]?.error?.message).toBe('line 2: it is blank; each line is a config as JSON')
    expect(answers[3]?.error?.message).toMatch(/^line 4: this is not JSON: /)
    const texts = answers.flatMap(({ outputs = [] }) =>
      outputs
        .filter(({ dataset, format }) => dataset === 'output' && format === 'csv')
        .map(({ path }) => readFileSync(join(folder, 'out', path), 'utf8')),
    )
    expect(texts).toEqual(['id,views\n1,10\n2,x\n', 'n\n1\n'])
  })

  it('ends with 0 when every line of stdin had a result', async () => {
    const folder = temporaryFolder()
    write(folder, { 'a.csv': CSV })
    const stdin = '{"input_file":"a.csv"}\n{"input_file":"a.csv","header":true}\n'
    const { exit, out } = await typed(folder, ['stage', 'run', 'take_input_csv', '--config', '-', '--out', 'out'], { stdin })
    expect([exit, out.trim().split('\n').length]).toEqual([0, 2])
  })

  it('tells a fault of JSON as such, with its line', async () => {
    const folder = temporaryFolder()
    write(folder, { 'c.json': '{"input_file": "in.csv",\n "header" true}' })
    const { exit, err } = await typed(folder, ['stage', 'run', 'take_input_csv', '--config', 'c.json', '--out', 'out'])
    expect(exit).toBe(2)
    expect(err).toMatch(/c\.json, line 2: this is not JSON: Unexpected token 't'/)
  })

  it('ends with the code of what is wrong', async () => {
    const folder = temporaryFolder()
    write(folder, { 'c.json': '{"input_file": "in.csv", "colums": {}}' })
    const run = (module: string, config: string) => typed(folder, ['stage', 'run', module, '--config', config, '--out', 'out'])
    expect(await run('take_input_csv', 'c.json')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('Did you mean "columns"?') as string,
    })
    expect(await run('take_input_cvs', 'c.json')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('Did you mean "take_input_csv"?') as string,
    })
    expect(await run('take_input_csv', 'none.json')).toMatchObject({ exit: 4 })
  })
})

describe('stage ls and show', () => {
  it('list the built-in stages and the project’s own', async () => {
    const folder = temporaryFolder()
    write(folder, { 'stages/score.ts': '', 'stages/score.test.js': '' })
    const { out } = await typed(folder, ['stage', 'ls', '--json'])
    const modules = (JSON.parse(out) as { module: string }[]).map(({ module }) => module)
    expect(modules).toEqual(expect.arrayContaining(['take_input_csv', 'rule_based_filtering', 'stages/score.ts']))
    expect(modules).not.toContain('stages/score.test.js')
  })

  it('show every key of a config with its meaning and default', async () => {
    const { exit, out } = await typed(temporaryFolder(), ['stage', 'show', 'src.01_take_input_csv'])
    expect(exit).toBe(0)
    expect(out).toMatch(/^take_input_csv {2}also src\.01_take_input_csv\n/)
    expect(out).toMatch(/^ {2}duplicates +Rows that equal [^]*\(remove \| keep or a mapping;\s+default remove\)/m)
  })
})

describe('stage new', () => {
  it('writes a stage that can be shown, and a test that passes', async () => {
    const folder = temporaryProject({ 'package.json': '{"type": "module"}' })
    const { exit, out } = await typed(folder, ['stage', 'new', 'score'])
    expect(exit).toBe(0)
    expect(out).toBe('stages/score.ts\nstages/score.test.js\n')
    expect((await typed(folder, ['stage', 'show', 'stages/score.ts'])).out).toMatch(
      /column +The column that must have a value \(text; required\)/,
    )
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', 'stages/'], { cwd: folder })
    expect(stdout).toContain('# pass 1')
    expect(await typed(folder, ['stage', 'new', 'score'])).toMatchObject({
      exit: 2,
      err: expect.stringContaining('--yes') as string,
    })
  }, 60_000)

  it('refuses a name that cannot be a file', async () => {
    expect((await typed(temporaryFolder(), ['stage', 'new', '../x'])).exit).toBe(2)
  })
})
