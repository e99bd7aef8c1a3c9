import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Intake, type IntakeBench, openIntakeBench, runIntake } from './run-intake.ts'

const OUT = 'intake_20260102_030405.csv'
const REJECTED = 'stage1_rejected_20260102_030405'
const lenient = { budget: { warn: '100%', fail: '100%' }, min_output: '0 rows' }

let bench: IntakeBench
beforeAll(async () => void (bench = await openIntakeBench()))
afterAll(() => bench.close())

const outputOf = async (text: string, config: { readonly [key: string]: unknown }): Promise<string> =>
  (await runIntake(bench, text, config)).text(OUT)

/** Rules by record of the rows that were left out. */
async function rejectedBy(run: Intake): Promise<Record<string, string[]>> {
  const lines = run.rows?.rejected === 0 ? [] : await run.lines(`${REJECTED}.jsonl`)
  return Object.fromEntries(
    lines.map(({ record, violations }) => [JSON.stringify(record), (violations as { rule: string }[]).map(({ rule }) => rule)]),
  )
}

describe('columns of other names', () => {
  test('get the name of the config, in the output and in what is left out', async () => {
    const columns = { video_id: { from: ['Video ID', 'id'], required: true }, views: { type: 'integer' } }
    const run = await runIntake(bench, 'views,id,note\n1,a,x\nnone,b,y\n', { columns, ...lenient })
    expect(await run.text(OUT)).toBe('views,video_id,note\n1,a,x\n')
    expect((await run.lines(`${REJECTED}.jsonl`))[0]).toMatchObject({ cells: { views: 'none', video_id: 'b', note: 'y' } })
    expect((await run.table(`${REJECTED}.csv`))[0]?.slice(0, 3)).toEqual(['views', 'video_id', 'note'])
    expect(run.metadata['columns']).toEqual([
      { name: 'views', type: 'integer' },
      { name: 'video_id', type: 'text', from: 'id' },
      { name: 'note', type: 'text' },
    ])
  })

  test('are found in the output of the same stage again', async () => {
    const columns = { a: { from: 'A x' }, b: { from: 'B x' } }
    const text = await outputOf('A x,B x\n1,2\n', { columns })
    expect(text).toBe('a,b\n1,2\n')
    expect(await outputOf(text, { columns })).toBe(text)
  })

  test('may have another name in each of several files', async () => {
    const { dir } = bench
    await writeFile(join(dir, 'part1.csv'), 'id,v\n1,a\n1,b\n')
    await writeFile(join(dir, 'part2.csv'), 'v,Video ID\nc,2\nd,1\n')
    const columns = { video_id: { from: ['Video ID', 'id'] } }
    const config = { input_file: 'part*.csv', columns, duplicates: { by: 'video_id', keep: 'last' } }
    const run = await runIntake(bench, null, config)
    expect(await run.text(OUT)).toBe('video_id,v\n2,c\n1,d\n')
    const gone = await run.table('stage1_duplicates_20260102_030405.csv')
    expect(gone.slice(1).map((row) => row.at(-1))).toEqual(
      Array.from({ length: 2 }, () => 'has the same video_id as record 2 of part2.csv'),
    )
    const first = await runIntake(bench, null, { ...config, duplicates: { by: 'video_id' } })
    expect((await first.table('stage1_duplicates_20260102_030405.csv')).slice(1).map((row) => row.at(-1))).toEqual([
      'has the same video_id as record 1',
      'has the same video_id as record 1 of part1.csv',
    ])
  })

  test('may be swapped', async () => {
    expect(await outputOf('a,b\n1,2\n', { columns: { a: { from: 'b' }, b: { from: 'a' } } })).toBe('b,a\n1,2\n')
  })

  test('are compared letter by letter unless loose is asked for', async () => {
    const columns = { video_id: {}, views: { from: 'View Count' } }
    await expect(runIntake(bench, 'Video-ID,view count\n1,2\n', { columns })).rejects.toMatchObject({ code: 'COLUMN_MISSING' })
    expect(await outputOf('Video-ID,view  count\n1,2\n', { columns, column_names: 'loose' })).toBe('video_id,views\n1,2\n')
  })

  test.each([
    ['id,ID 2\n1,2\n', { columns: { x: { from: ['id', 'ID 2'] } } }, 'several columns that "x" may mean: "id" and "ID 2"'],
    ['old,new\n1,2\n', { columns: { new: { from: 'old' } } }, 'two columns would be called "new"'],
    ['a b,A_B\n1,2\n', { columns: { ab: {} }, column_names: 'loose' }, 'several columns that "ab" may mean'],
    ['Ab,c\n1,2\n', { columns: { a_b: {}, 'A b': {} }, column_names: 'loose' }, 'both mean "Ab"'],
    ['X,c\n1,2\n', { columns: { x: { optional: true } } }, 'two columns would be called "X" and "x"'],
  ])('are refused in %j with %j', async (text, config, message) => {
    await expect(runIntake(bench, text, config)).rejects.toMatchObject({
      code: 'COLUMN_UNEXPECTED',
      message: expect.stringContaining(message),
    })
  })

  test('are named when they are missing', async () => {
    await expect(runIntake(bench, 'b\n1\n2\n', { columns: { b: {}, a: { from: ['x', 'y'] } } })).rejects.toMatchObject({
      message: 'the input has no column "a" (from x, y)',
    })
  })
})

describe('extra columns', () => {
  const columns = { b: { type: 'integer' } }

  test('are dropped from the output, and kept with the rows that are rejected', async () => {
    const run = await runIntake(bench, 'a,b,c\n1,2,3\n4,x,6\n', { columns, extra_columns: 'drop', ...lenient })
    expect(await run.text(OUT)).toBe('b\n2\n')
    expect((await run.lines(`${REJECTED}.jsonl`))[0]).toMatchObject({ cells: { a: '4', b: 'x', c: '6' } })
    expect(run.metadata['dropped_columns']).toEqual(['a', 'c'])
  })

  test('that are dropped make no difference between duplicates', async () => {
    expect((await runIntake(bench, 'a,b\n1,2\n3,2\n', { columns, extra_columns: 'drop' })).rows).toMatchObject({ duplicates: 1 })
  })

  test('stop the stage where they are to be rejected, and are named', async () => {
    await expect(runIntake(bench, 'a,b,c\n1,2,3\n', { columns, extra_columns: 'reject' })).rejects.toMatchObject({
      code: 'COLUMN_UNEXPECTED',
      message: 'the input has 2 columns that the config does not name: "a", "c"',
    })
    expect((await runIntake(bench, 'b\n1\n', { columns, extra_columns: 'reject' })).rows?.out).toBe(1)
  })

  test('come behind the others in the order of the config', async () => {
    const config = { columns: { c: {}, n: { optional: true }, a: {} }, column_order: 'config' }
    expect(await outputOf('a,b,c\n1,2,3\n', config)).toBe('c,n,a,b\n3,,1,2\n')
    expect(await outputOf('a,b,c\n1,2,3\n', { columns: config.columns })).toBe('a,b,c,n\n1,2,3,\n')
  })
})

describe('empty cells and cells out of bounds', () => {
  test('get the default, and are counted', async () => {
    const columns = {
      n: { type: 'integer', required: true, default: 0, null_tokens: ['-'] },
      m: { optional: true, default: 'x' },
    }
    const run = await runIntake(bench, 'n,k\n1,a\n-,b\n ,c\n', { columns })
    expect(await run.text(OUT)).toBe('n,k,m\n1,a,x\n0,b,x\n0,c,x\n')
    expect(run.metadata).toMatchObject({ defaulted_cells: { n: 2, m: 3 }, cleaned_cells: { n: 2 }, made_columns: ['m'] })
  })

  test('are clamped to min and max, and counted', async () => {
    const columns = {
      n: { type: 'integer', min: 0, max: 100, clamp: true },
      p: { type: 'percent', max: 1, clamp: true },
      t: { type: 'duration', min: 90, clamp: true },
      d: { type: 'date', min: '2024-01-01', max: '2024-12-31', clamp: true },
    }
    const rows = ['-1,50%,10s,2023-12-31', '101,101 %,2m,2025-01-01', '100,100%,90s,2024-12-31', '0,,01:29,2024-01-01', 'x,1,1,1']
    const run = await runIntake(bench, `n,p,t,d\n${rows.join('\n')}\n`, { columns, ...lenient })
    expect(await run.text(OUT)).toBe(
      'n,p,t,d\n0,50%,90s,2024-01-01\n100,100%,2m,2024-12-31\n100,100%,90s,2024-12-31\n0,,90s,2024-01-01\n',
    )
    expect(run.metadata['clamped_cells']).toEqual({ n: 2, p: 1, t: 2, d: 2 })
    expect(await rejectedBy(run)).toEqual({ 5: ['n.type', 'p.type', 't.type', 'd.type'] })
  })

  test('are rejected as ever without clamp', async () => {
    const run = await runIntake(bench, 'n\n-1\n1\n', { columns: { n: { type: 'integer', min: 0 } }, ...lenient })
    expect(await rejectedBy(run)).toEqual({ 1: ['n.min'] })
  })
})

describe('numbers, dates and switches of a locale', () => {
  const columns = {
    n: { type: 'integer', units: true },
    d: { type: 'decimal', required: true, min: 0.5 },
    p: { type: 'percent' },
    day: { type: 'date', format: ['%d.%m.%Y', '%d.%m.%y'], max: '2024-12-31' },
    at: { type: 'datetime', format: '%d.%m.%Y %H:%M %z' },
    b: { type: 'boolean', true_words: ['ja'], false_words: ['nein'] },
    t: {},
  }
  const locale = { decimal: ',', group: '.', columns }

  test('leave in their normal form; everything else leaves as it came', async () => {
    const rows = [
      ['1,4M', '1.234,5', '3,5 %', '1.2.2024', '29.02.2024 10:00 +0100', 'Ja', '1.234,5'],
      ['1.234', '0,5', '3%', '31.12.24', '01.03.2024 00:30 +0100', 'nein', '1,5'],
      ['9.223.372.036.854.775.807', '123456789012345678,9', '', '', '', '', ''],
    ]
    const text = `n;d;p;day;at;b;t\n${rows.map((row) => row.join(';')).join('\n')}\n`
    const run = await runIntake(bench, text, locale)
    expect((await run.table(OUT)).slice(1)).toEqual([
      ['1400000', '1234.5', '3.5 %', '2024-02-01', '2024-02-29T09:00:00Z', 'true', '1.234,5'],
      ['1234', '0.5', '3%', '2024-12-31', '2024-02-29T23:30:00Z', 'false', '1,5'],
      ['9223372036854775807', '123456789012345678.9', '', '', '', '', ''],
    ])
    expect(run.metadata['rewritten_cells']).toEqual({ n: 3, d: 3, p: 1, day: 2, at: 2, b: 2 })
    expect(run.metadata['cleaned_cells']).toEqual({})
  })

  test('are all named that are not in the form', async () => {
    const text = 'n;d;p;day;at;b;t\n541.2K;1.23,4;3.5 %;2024-02-01;29.02.2024 10:00;yes;x\n1K;0,4;;1.1.2025;;;\n;;;;;;\n'
    const run = await runIntake(bench, text, { ...locale, ...lenient })
    expect(await rejectedBy(run)).toEqual({
      1: ['n.type', 'd.type', 'p.type', 'day.type', 'at.type', 'b.type'],
      2: ['d.min', 'day.max'],
      3: ['d.required'],
    })
    expect((await run.lines(`${REJECTED}.jsonl`))[0]).toMatchObject({ cells: { n: '541.2K', d: '1.23,4', day: '2024-02-01' } })
  })

  test('are the values that the next stage and checks of other columns see', async () => {
    const checked = { a: { type: 'integer', group: '.' }, b: { type: 'decimal', decimal: ',', max: { column: 'a' } } }
    const run = await runIntake(bench, 'a;b\n1.000;999,5\n1.000;1000,5\n', { columns: checked, ...lenient })
    expect(await rejectedBy(run)).toEqual({ 2: ['b.max'] })
    const files = run.outputs
      .filter(({ dataset }) => dataset === 'output')
      .map(({ dataset, file, publicName, format, rows }) => {
        const path = join(run.outDir, file)
        return { dataset, format, rows, path, public_name: publicName ?? '', bytes: 0, sha256: '' }
      })
    const next = await runIntake(
      bench,
      null,
      { columns: { a: { min: 1000 }, b: { equals: 999.5 } } },
      { input: { stage: 's', dataset: 'output', files } },
    )
    expect(next.rows).toMatchObject({ in: 1, out: 1 })
  })

  test('are clamped and filled in their normal form', async () => {
    const one = { n: { type: 'integer', units: true, max: 1_000_000, clamp: true, default: 7 } }
    const run = await runIntake(bench, 'n,k\n1.4M,1\n,2\n1K,3\n', { columns: one })
    expect(await run.text(OUT)).toBe('n,k\n1000000,1\n7,2\n1000,3\n')
    expect(run.metadata).toMatchObject({ clamped_cells: { n: 1 }, defaulted_cells: { n: 1 }, rewritten_cells: { n: 1 } })
  })

  test('that are the same value are duplicates', async () => {
    const run = await runIntake(bench, 'n,k\n1K,1\n1000,1\n', { columns: { n: { type: 'integer', units: true } } })
    expect(run.rows).toMatchObject({ out: 1, duplicates: 1 })
  })
})
