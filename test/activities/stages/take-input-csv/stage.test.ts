import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IntakeBench, lastOutDir, openIntakeBench, runIntake } from './run-intake.ts'

const OUT = 'intake_20260102_030405.csv'
const REJECTED = 'stage1_rejected_20260102_030405'
const DUPLICATES = 'stage1_duplicates_20260102_030405'
const lenient = { budget: { fail: '100%' }, min_output: '0 rows' }

let bench: IntakeBench
beforeAll(async () => {
  bench = await openIntakeBench()
})
afterAll(() => bench.close())

describe('take_input_csv without columns', () => {
  test('trims cells, drops exact duplicates, keeps the order', async () => {
    const run = await runIntake(bench, 'a,b\n 3 ,x\n1,"y,\t"\n3,x\n2,\u00a0\n')
    expect(run.rows).toEqual({ in: 4, out: 3, rejected: 0, filtered: 0, duplicates: 1 })
    expect(await run.text(OUT)).toBe('a,b\n3,x\n1,"y,"\n2,\n')
    expect(await run.lines(`${DUPLICATES}.jsonl`)).toEqual([
      expect.objectContaining({ file: 'input.csv', record: 3, line: 4, byte: 18, kept_record: 1, cells: { a: '3', b: 'x' } }),
    ])
    expect(run.metadata['cleaned_cells']).toEqual({ a: 1, b: 2 })
  })

  test('names its output after output_file and the run', async () => {
    const run = await runIntake(bench, 'a,b\n1,2\n', { output_file: 'data/stage1_output.csv' })
    expect(run.outputs.map(({ dataset, publicName, format, rows }) => [dataset, publicName, format, rows])).toEqual([
      ['output', 'stage1_output_20260102_030405.csv', 'csv', 1],
      ['output', undefined, 'parquet', 1],
    ])
  })

  test('leaves nothing but its outputs behind', async () => {
    const run = await runIntake(bench, 'a,b\n1,2\n1,2\nx\n', lenient)
    expect((await readdir(run.outDir)).toSorted()).toEqual(run.outputs.map(({ file }) => file).toSorted())
  })

  test('keeps whitespace and duplicates when told to', async () => {
    const run = await runIntake(bench, 'a,b\n 1,x\n 1,x\n', { trim: false, duplicates: 'keep' })
    expect(await run.text(OUT)).toBe('a,b\n 1,x\n 1,x\n')
  })

  test('rows that differ in case, in spaces inside or in an empty cell are no duplicates', async () => {
    const run = await runIntake(bench, 'a,b\nx,1\nX,1\nx y,1\nx  y,1\nx,\n,x\n')
    expect(run.rows).toMatchObject({ out: 6, duplicates: 0 })
  })

  test('logs what it found with the lines that pin it', async () => {
    const run = await runIntake(bench, 'a;b\n1;2\n')
    expect(run.logged.join('\n')).toContain(`encoding: utf-8, delimiter: ';', quote: '"', header: true`)
    expect(run.metadata['pin_with']).toEqual(['encoding: utf-8', `delimiter: ';'`, `quote: '"'`, 'header: true'])
  })

  test('ignores what the original put into every config', async () => {
    const run = await runIntake(bench, 'a,b\n1,2\n', { execution_id: 'x', execution_output_dir: 'y' })
    expect(run.rows?.out).toBe(1)
  })

  test('an empty cell in a table of one column survives being read again', async () => {
    const first = await runIntake(bench, 'a\nx\n""\ny\n')
    const again = await runIntake(bench, await first.text(OUT))
    expect(again.rows).toMatchObject({ in: 3, out: 3 })
    expect(await again.text(OUT)).toBe(await first.text(OUT))
  })
})

describe('take_input_csv with columns', () => {
  const columns = {
    id: { type: 'id', required: true },
    status: { clean: ['trim', 'lower'], in: ['claim', 'opinion'] },
    views: { type: 'integer', min: 0, required: true, null_tokens: ['n/a'] },
  }

  test('reports everything that is wrong with a row, and rejects it once', async () => {
    const run = await runIntake(bench, 'id,status,views\n1, Claim ,5\n,lie,-3\n3,opinion,n/a\n4,claim,1.5\n5,claim,7\n', {
      columns,
      ...lenient,
    })
    expect(run.rows).toEqual({ in: 5, out: 2, rejected: 3, filtered: 0, duplicates: 0 })
    expect(await run.text(OUT)).toBe('id,status,views\n1,claim,5\n5,claim,7\n')
    const rejected = await run.lines(`${REJECTED}.jsonl`)
    expect(
      rejected.map(({ record, violations }) => [record, (violations as { rule: string }[]).map(({ rule }) => rule)]),
    ).toEqual([
      [2, ['id.required', 'status.in', 'views.min']],
      [3, ['views.required']],
      [4, ['views.type']],
    ])
    expect(rejected[1]).toMatchObject({ cells: { id: '3', status: 'opinion', views: 'n/a' }, line: 4, action: 'reject' })
    expect(run.metadata['rejected_by_rule']).toEqual({
      'id.required': 1,
      'status.in': 1,
      'views.min': 1,
      'views.required': 1,
      'views.type': 1,
    })
  })

  test('puts malformed records and broken rules into one file, in the order of the source', async () => {
    const run = await runIntake(bench, 'id,status,views\n1,claim,5\n2,claim\n3,claim,-1\n4,"claim,9\n5,claim,6\n', {
      columns,
      ...lenient,
    })
    expect((await run.table(`${REJECTED}.csv`)).slice(1).map((row) => row.slice(-5))).toEqual([
      ['2', '3', 'too_few_fields', 'has 2 fields where 3 are expected', '2,claim'],
      ['3', '4', 'views.min', 'views is below 0', ''],
      ['4', '5', 'unclosed_quote', 'opens a quote that is not closed', '4,"claim,9'],
    ])
    expect((await run.lines(`${REJECTED}.jsonl`))[0]).toMatchObject({ raw: '2,claim', record: 2, line: 3, byte: 26 })
  })

  test('a column that the header lacks is named, with what was meant', async () => {
    await expect(runIntake(bench, 'id,state\n1,2\n', { columns: { status: {}, id: {} } })).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      message: 'the input has no column "status"',
      hint: expect.stringMatching(/Did you mean "state"\? Its header: id, state/),
    })
  })

  test('a first row that was taken for a header is not quoted', async () => {
    await expect(runIntake(bench, 'private,words\nof,people\n', { columns: { status: {} } })).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      message: 'the input has no column "status"',
      hint: expect.stringMatching(/^(?!.*private).*header: false/),
    })
  })

  test('keeps identifiers to the last digit', async () => {
    const run = await runIntake(bench, 'id,status,views\n7506832682593094928,claim,1\n007,claim,2\n', { columns })
    expect(await run.table(OUT)).toEqual([
      ['id', 'status', 'views'],
      ['7506832682593094928', 'claim', '1'],
      ['007', 'claim', '2'],
    ])
  })
})

describe('take_input_csv stops', () => {
  const dirty = `a,b\n${'1,2\n'.repeat(8)}x\ny\n`

  test('when more is rejected than the budget allows, and leaves the rejected rows for people', async () => {
    await expect(runIntake(bench, dirty, { duplicates: 'keep' })).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
      message: '2 of 10 rows (20.00 %) were rejected; the budget allows 10%',
      hint: expect.stringContaining(`${REJECTED}.csv`),
    })
    const files = await readdir(lastOutDir(bench))
    expect(files.toSorted()).toEqual([`${REJECTED}.csv`, `${REJECTED}.jsonl`])
    expect(await readFile(join(lastOutDir(bench), `${REJECTED}.csv`), 'utf8')).toContain('too_few_fields')
  })

  test('by a number of rows', async () => {
    await expect(runIntake(bench, dirty, { budget: { fail: '1 row' } })).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    const run = await runIntake(bench, dirty, { budget: { warn: '1 row', fail: '2 rows' } })
    expect(run.warnings).toEqual([expect.stringContaining('2 of 10 rows')])
  })

  test('when a header is all there is', async () => {
    await expect(runIntake(bench, 'a,b\n')).rejects.toMatchObject({ code: 'TOO_FEW_ROWS', message: /header alone/ })
    expect((await runIntake(bench, 'a,b\n', { min_output: '0 rows' })).rows).toMatchObject({ in: 0, out: 0 })
  })

  test('when fewer rows come out than min_output asks for', async () => {
    await expect(runIntake(bench, 'a,b\n1,2\n', { min_output: '2 rows' })).rejects.toMatchObject({ code: 'TOO_FEW_ROWS' })
  })

  test('without an input', async () => {
    await expect(runIntake(bench, null, { input_file: undefined })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(runIntake(bench, null, { input_file: 'nowhere.csv' })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })

  test('with no value of the file in its error', async () => {
    const secret = 'Zanzibar-secret'
    const error: unknown = await runIntake(bench, `a,b\n${secret},1\n${secret}\n`, { columns: { b: { type: 'date' } } }).catch(
      (thrown: unknown) => thrown,
    )
    expect(JSON.stringify([String(error), error])).not.toContain(secret)
  })
})

describe('take_input_csv on the rows of another stage', () => {
  test('keeps the place of each row in the original source', async () => {
    const first = await runIntake(bench, 'a,b\n\n1,x\n2,y\n1,x\n3,z\n')
    const files = first.outputs.map((file) => ({
      dataset: 'output',
      path: join(first.outDir, file.file),
      public_name: file.publicName ?? '',
      format: file.format,
      rows: file.rows,
      bytes: 0,
      sha256: '',
    }))
    const output = {
      stage: 'first',
      dataset: 'output',
      files: files.filter(({ public_name: name, format }) => name === OUT || format === 'parquet'),
    }
    const run = await runIntake(bench, null, { columns: { a: { type: 'integer', max: 2 } }, ...lenient }, { input: output })
    expect(run.rows).toEqual({ in: 3, out: 2, rejected: 1, filtered: 0, duplicates: 0 })
    expect(await run.lines(`${REJECTED}.jsonl`)).toEqual([expect.objectContaining({ file: 'input.csv', record: 4, line: 6 })])
  })
})

describe('the schema of take_input_csv', () => {
  test.each([
    [{ delimeter: ';' }],
    [{ delimiter: 'ab' }],
    [{ delimiter: '\n' }],
    [{ encoding: 'klingon' }],
    [{ columns: { a: { typ: 'integer' } } }],
    [{ columns: { a: { type: 'integr' } } }],
    [{ budget: { fail: 5 } }],
    [{ min_output: '5' }],
    [{ duplicates: true }],
  ])('refuses %j', async (config) => {
    await expect(runIntake(bench, 'a,b\n1,2\n', config)).rejects.toThrow()
  })

  test.each([
    ['tab', 'a\tb\n1\t2\n'],
    ['semicolon', 'a;b\n1;2\n'],
    ['\t', 'a\tb\n1\t2\n'],
  ])('takes the delimiter %j', async (delimiter, text) => {
    expect(await (await runIntake(bench, text, { delimiter })).text(OUT)).toBe('a,b\n1,2\n')
  })
})
