import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { createModuleRunners } from '../../../activities/modules/module-runners.ts'
import type { Dataset, OwnModule, StageContext } from '../../../activities/stage.ts'
import { eventually } from '../../support/process-table.ts'
import { datasetOf, fixtureProject, ownModule, stageContext, temporaryFolder, write } from '../../support/stage-project.ts'

const runners = createModuleRunners({ graceMs: 1_500 })
const likes = join(fixtureProject, 'data/likes.csv')

const run = (module: Partial<OwnModule> & { readonly module: string }, context: StageContext) =>
  runners.typescript.run(ownModule('typescript', module.module, module), context)

async function withLikes(more: Partial<StageContext> = {}) {
  return stageContext(fixtureProject, { inputs: { input: await datasetOf(likes) }, ...more })
}

async function datasetFrom(text: string, name = 'clean'): Promise<Dataset> {
  const folder = temporaryFolder()
  write(folder, { 'a.csv': text })
  return datasetOf(join(folder, 'a.csv'), name)
}

const written = (context: StageContext, file: string): string => readFileSync(join(context.outDir, file), 'utf8')

describe('a one-to-one stage', () => {
  test('writes a row for each it reads, and both are counted', async () => {
    const context = stageContext(fixtureProject, { inputs: { input: await datasetFrom('id,likes\n1,2\n2,\n3,4\n') } })
    const result = await run(
      { module: 'ts/score.ts', config: { weights: { likes: 2 }, digits: 0, output_file: 'data/scored.csv' } },
      context,
    )
    expect(written(context, 'scored_20261124_020000.csv')).toBe('id,likes,score\n1,2,4\n2,,0\n3,4,8\n')
    expect(result.rows).toEqual({ in: 3, out: 3, rejected: 0, filtered: 0, duplicates: 0 })
    expect(context.lines).toEqual(['info: digits: 0'])
    expect(context.told.at(-1)).toEqual({ rows: 3, rowsTotal: 3 })
  })

  test('fails when it drops a row without saying so', async () => {
    await expect(run({ module: 'ts/choose.ts', function: 'forgetful' }, await withLikes())).rejects.toMatchObject({
      code: 'ROWS_UNACCOUNTED',
      retryable: false,
      message: 'stage "score": 1 rows are unaccounted for: 4 in, 3 out',
    })
  })

  test('may not leave rows out', async () => {
    await expect(run({ module: 'ts/shapes.ts', function: 'rejectsInOneToOne' }, await withLikes())).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      message: expect.stringContaining(`declare rows: 'filter'`),
    })
  })

  test('with a reader of its own is held to the records of the file', async () => {
    const inputs = { input: await datasetFrom('id\n1\n2\n') }
    const result = await run({ module: 'ts/shapes.ts', function: 'ownReader' }, stageContext(fixtureProject, { inputs }))
    expect(result.rows).toMatchObject({ in: 2, out: 2 })
    // A quoted line end: the reader by lines makes one row too many.
    await expect(run({ module: 'ts/shapes.ts', function: 'ownReader' }, await withLikes())).rejects.toMatchObject({
      code: 'ROWS_UNACCOUNTED',
      message: expect.stringContaining('1 rows more came out than went in'),
    })
  })

  test('without a row in its input writes the header alone', async () => {
    const context = stageContext(fixtureProject, { inputs: { input: await datasetFrom('id,likes\n') } })
    const result = await run({ module: 'ts/score.ts', config: { weights: {} } }, context)
    expect(result.rows).toMatchObject({ in: 0, out: 0 })
    expect(written(context, 'score_20261124_020000.csv')).toBe('id,likes\n')
  })
})

describe('a filter stage', () => {
  test('writes what it leaves out, with the place in its input and the rule', async () => {
    const context = await withLikes()
    const result = await run({ module: 'ts/choose.ts' }, context)
    expect(result.rows).toEqual({ in: 4, out: 2, rejected: 1, filtered: 1, duplicates: 0 })
    expect(result.outputs.map(({ dataset, file, rows }) => [dataset, file, rows])).toEqual([
      ['output', 'score_20261124_020000.csv', 2],
      ['filtered', 'stage2_filtered_20261124_020000.csv', 1],
      ['filtered', 'stage2_filtered_20261124_020000.jsonl', 1],
      ['rejected', 'stage2_rejected_20261124_020000.csv', 1],
      ['rejected', 'stage2_rejected_20261124_020000.jsonl', 1],
    ])
    expect(parse(written(context, 'stage2_rejected_20261124_020000.csv'), { columns: true })).toEqual([
      {
        id: '3',
        text: '',
        likes: 'x',
        _file: 'clean_output.csv',
        _record: '3',
        _line: '5',
        _rule: 'likes-are-a-number',
        _message: 'is not a number',
      },
    ])
    // The second record begins on line 4 (the first has a line end in it); the copy of a row has the place of the last one read.
    expect(JSON.parse(written(context, 'stage2_filtered_20261124_020000.jsonl'))).toEqual({
      file: 'clean_output.csv',
      record: 2,
      line: 4,
      byte: readFileSync(likes).indexOf('2,"say'),
      cells: { id: '2', text: 'say "hi"', likes: '3' },
      action: 'filter',
      violations: [{ rule: 'liked', column: null, value: null, message: null }],
    })
    expect(result.metadata['rules']).toEqual([
      { rule: 'likes-are-a-number', action: 'reject', rows: 1 },
      { rule: 'liked', action: 'filter', rows: 1 },
    ])
  })

  test.each([
    [{ forget: 2 }, '2 rows are unaccounted for: 4 in, 1 out + 1 rejected + 0 filtered'],
    [
      { stop_at: 3 },
      '2 rows are unaccounted for: 4 in, 1 out + 0 rejected + 1 filtered; the stage read 3 of the 4 rows of its input',
    ],
    [{ double: true }, '4 rows more came out than went in: 4 in, 6 out + 1 rejected + 1 filtered'],
  ])('fails when the numbers do not add up: %j', async (config, message) => {
    await expect(run({ module: 'ts/choose.ts', config }, await withLikes())).rejects.toMatchObject({
      code: 'ROWS_UNACCOUNTED',
      message: `stage "score": ${message}`,
    })
  })
})

describe('a free stage', () => {
  test('joins inputs, writes further outputs and files of its own, and keeps no balance', async () => {
    const inputs = {
      videos: await datasetFrom('id,likes\n1,2\n2,3\n'),
      moods: await datasetFrom('id,mood\n2,glad\n', 'sentiment'),
    }
    const context = stageContext(fixtureProject, { inputs })
    const result = await run({ module: 'ts/shapes.ts', function: 'join' }, context)
    expect(result.rows).toBeNull()
    expect(result.outputs.map(({ dataset, file, rows }) => [dataset, file, rows])).toEqual([
      ['output', 'score_20261124_020000.csv', 1],
      ['notes', 'notes.txt', null],
      ['unknown', 'score_unknown_20261124_020000.csv', 1],
    ])
    expect(written(context, 'score_20261124_020000.csv')).toBe('id,likes,mood\n2,3,glad\n')
    expect(context.told[0]).toEqual({ doing: 'reading moods' })
  })

  test('is told which input is not bound', async () => {
    const inputs = { videos: await datasetFrom('id\n1\n') }
    await expect(
      run({ module: 'ts/shapes.ts', function: 'join' }, stageContext(fixtureProject, { inputs })),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'the stage "score" needs the input "moods"',
    })
  })

  test('says when it did not read all of its input', async () => {
    const context = stageContext(fixtureProject, { inputs: { input: await datasetFrom('id\n1\n2\n') } })
    const result = await run({ module: 'ts/shapes.ts', function: 'cells' }, context)
    expect(result.warnings).toEqual(['the stage read 0 of the 2 rows of its input'])
  })
})

describe('what a stage writes', () => {
  test('is RFC 4180, each kind of cell as text', async () => {
    const context = stageContext(fixtureProject)
    await run({ module: 'ts/shapes.ts', function: 'cells' }, context)
    expect(written(context, 'score_20261124_020000.csv')).toBe(
      'text,empty,none,number,big,truth,when\n"a ""b"",\n c",,,1.5,7506832682593094928,true,2026-11-24T02:00:00.000Z\n',
    )
  })

  test.each([
    ['new-column', 'row 2 of the output has a column that the first row had not: "surprise"'],
    ['object', 'row 2 of the output holds a value of type object in column "text"'],
  ])('is refused when it would lose something: %s', async (next, message) => {
    await expect(
      run({ module: 'ts/shapes.ts', function: 'cells', config: { next } }, stageContext(fixtureProject)),
    ).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      message: expect.stringContaining(message),
    })
  })
})

describe('what a stage reads', () => {
  test.each([
    ['blank lines, a BOM and CRLF', '\uFEFFid,b\r\n1,2\r\n\r\n3,""\r\n', 'id,b\n1,2\n3,\n'],
    ['one column with empty cells', 'id\n1\n""\n3\n', 'id\n1\n""\n3\n'],
    ['a column called __proto__', '__proto__,b\n1,2\n', '__proto__,b\n1,2\n'],
    ['quoted quotes, commas and line ends', 'a,b\n"x ""y"", z","1\n2"\n', 'a,b\n"x ""y"", z","1\n2"\n'],
  ])('comes through: %s', async (_name, text, expected) => {
    const context = stageContext(fixtureProject, { inputs: { input: await datasetFrom(text) } })
    await run({ module: 'ts/shapes.ts', function: 'source' }, context)
    expect(written(context, 'score_20261124_020000.csv')).toBe(expected)
  })

  test.each([
    ['a short record', 'a,b\n1,2\n3\n', 'record 2 (line 3) has 1 fields, the header 2'],
    ['a column twice', 'a,b,a\n1,2,3\n', 'the column "a" twice'],
    ['broken quotes', 'a,b\n1,"x\n2,y\n', 'its quotes are broken'],
    ['an empty file', '', 'it is empty'],
  ])('is refused: %s', async (_name, text, message) => {
    const context = stageContext(fixtureProject, { inputs: { input: await datasetFrom(text) } })
    await expect(run({ module: 'ts/shapes.ts', function: 'source' }, context)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringContaining(message),
    })
  })

  test('may be a file named by input_file, which is then an input of the record', async () => {
    const context = stageContext(fixtureProject)
    const result = await run({ module: 'ts/choose.ts', config: { input_file: 'data/likes.csv' } }, context)
    expect(result.rows).toMatchObject({ in: 4, out: 2 })
    expect(result.inputs).toMatchObject([{ path: 'data/likes.csv' }])
  })

  test('is asked for when there is none', async () => {
    await expect(run({ module: 'ts/shapes.ts', function: 'source' }, stageContext(fixtureProject))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('input: STAGE'),
    })
  })
})

describe('the config of a defined stage', () => {
  test('is checked again when the stage runs, with all its faults', async () => {
    const wrong = run({ module: 'ts/score.ts', config: { weights: { a: 'x' }, digit: 2, 'x-note': 'free' } }, await withLikes())
    await expect(wrong).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/digit: unknown key "digit".*weights\.a: /),
    })
  })

  test('is what the schema makes of it', async () => {
    const context = stageContext(fixtureProject)
    await run({ module: 'ts/shapes.ts', function: 'transformed', config: { day: '2026-01-02' } }, context)
    expect(context.lines).toEqual(['info: 2026-01-02T00:00:00.000Z 5'])
  })
})

describe('stopping a defined stage', () => {
  test.each([
    ['watches', ['info: waiting', 'info: tidied up'], 0],
    ['ignores', ['info: waiting, false'], 1_400],
  ])('gives one that %s its signal some seconds', async (name, lines, atLeastMs) => {
    const abort = new AbortController()
    const context = stageContext(fixtureProject, { signal: abort.signal })
    const running = run({ module: 'ts/shapes.ts', function: name }, context)
    running.catch(() => undefined)
    expect(await eventually(() => context.lines.length > 0)).toBe(true)
    await sleep(20)
    const asked = Date.now()
    const reason = new Error('the worker stops')
    abort.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(context.lines.slice(0, lines.length)).toEqual(lines)
    expect(Date.now() - asked).toBeGreaterThanOrEqual(atLeastMs)
    expect(Date.now() - asked).toBeLessThan(3_000)
  })

  test('fails an attempt that returns false', async () => {
    await expect(run({ module: 'ts/shapes.ts', function: 'returnsFalse' }, stageContext(fixtureProject))).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      message: expect.stringContaining('returned false'),
    })
  })
})
