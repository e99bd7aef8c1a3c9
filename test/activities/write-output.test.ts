import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFile } from 'node:fs/promises'
import { sqlText } from '../../activities/duckdb.ts'
import { lookAtCsv } from '../../activities/csv/look-at-csv.ts'
import { type IntakeBench, type Intake, openIntakeBench, runIntake } from './stages/take-input-csv/run-intake.ts'
import { openRuleProject, runRules } from './stages/rule-based-filtering/run-rules.ts'

const OUT = 'intake_20260102_030405.csv'
let bench: IntakeBench
beforeAll(async () => void (bench = await openIntakeBench()))
afterAll(() => bench.close())

const CELLS = 'id,text\n1,"a;b"\n2,"say ""hi"""\n3,\n4,"two\nlines"\n'

describe('output:', () => {
  test.each([
    [{ delimiter: 'semicolon' }, 'id;text\n1;"a;b"\n2;"say ""hi"""\n3;\n4;"two\nlines"\n'],
    [{ delimiter: 'tab' }, 'id\ttext\n1\ta;b\n2\t"say ""hi"""\n3\t\n4\t"two\nlines"\n'],
    [{ bom: true }, '\ufeffid,text\n1,a;b\n2,"say ""hi"""\n3,\n4,"two\nlines"\n'],
    [{ line_end: 'crlf' }, 'id,text\r\n1,a;b\r\n2,"say ""hi"""\r\n3,\r\n4,"two\nlines"\r\n'],
    [{ quote: 'all' }, '"id","text"\n"1","a;b"\n"2","say ""hi"""\n"3",""\n"4","two\nlines"\n'],
    [
      { quote: 'all', bom: true, delimiter: '|', line_end: 'crlf' },
      '\ufeff"id"|"text"\r\n"1"|"a;b"\r\n"2"|"say ""hi"""\r\n"3"|""\r\n"4"|"two\nlines"\r\n',
    ],
  ] as const)('%j writes it so, and it reads back to the same cells', async (output, expected) => {
    const run = await runIntake(bench, CELLS, { output })
    expect(await run.text(OUT)).toBe(expected)
    const again = await runIntake(bench, expected)
    expect(again.rows).toEqual(run.rows)
    expect(await again.text(OUT)).toBe(await (await runIntake(bench, CELLS)).text(OUT))
    expect((await lookAtCsv(join(run.outDir, OUT), OUT, { pins: {}, expectedColumns: [] })).columns).toEqual(['id', 'text'])
  })

  const FORMULAS = `id,text,n\n1,=1+1,-5\n2,-5,1\n3,+1.5e3,1\n4,-1+2,1\n5,"@SUM(1)",1\n6,a=b,1\n7,-3 %,1\n8,'=x,1\n9,-,1\n`

  test('formula_guard marks formulas and leaves numbers alone, in the file for people only', async () => {
    const run = await runIntake(bench, FORMULAS, { output: { formula_guard: true }, columns: { n: { type: 'integer' } } })
    expect((await run.table(OUT)).slice(1).map(([, text, n]) => `${text} ${n}`)).toEqual([
      "'=1+1 -5",
      '-5 1',
      '+1.5e3 1',
      "'-1+2 1",
      "'@SUM(1) 1",
      'a=b 1',
      '-3 % 1',
      "'=x 1",
      "'- 1",
    ])
    expect(run.metadata['guarded_cells']).toEqual({ text: 4 })
    expect((await copyOf(run, 'text')).slice(0, 4)).toEqual(['=1+1', '-5', '+1.5e3', '-1+2'])
    expect((await runIntake(bench, FORMULAS)).metadata).not.toHaveProperty('guarded_cells')
  })

  test('formula_guard marks tabs, carriage returns and names of columns', async () => {
    const run = await runIntake(bench, '=a,b\n"\t=1",x\n"\r@y",z\n', { trim: false, output: { formula_guard: true } })
    expect(await run.text(OUT)).toBe(`'=a,b\n'\t=1,x\n"'\r@y",z\n`)
  })

  test('of rule_based_filtering is the same', async () => {
    const project = await openRuleProject()
    try {
      const rules = `
rules: [{id: a, column: id, min: 0}]
output: {delimiter: semicolon, bom: true, formula_guard: true}`
      const run = await runRules(project, rules, 'id,t\n1,=x\n2,y\n')
      expect(await run.read('output', 'csv')).toBe(`\ufeffid;t\n1;'=x\n2;y\n`)
      expect(run.result.metadata['guarded_cells']).toEqual({ t: 1 })
      const next = await runRules(project, 'rules: [{id: b, column: t, matches: "^="}]', run.dataset)
      expect(await next.read('output', 'csv')).toBe('id,t\n1,=x\n')
    } finally {
      await project.close()
    }
  })
})

describe('output_file: x.parquet', () => {
  const columns = { id: { type: 'id' }, n: { type: 'integer' }, day: { type: 'date' }, part: { type: 'percent' } }

  test('gives one Parquet file for people, its columns in their types', async () => {
    const run = await runIntake(bench, 'id,n,day,part\n007,0012,2024-02-29,3 %\n8,,,\n', { columns, output_file: 'x.parquet' })
    const [file, ...copies] = run.outputs
    expect(file).toMatchObject({ publicName: 'x_20260102_030405.parquet', format: 'parquet', rows: 2 })
    expect(copies.map(({ publicName }) => publicName)).toEqual([undefined])
    expect(await rowsIn(join(run.outDir, file?.file ?? ''))).toEqual([
      ['007', '12', '2024-02-29', 0.03],
      ['8', null, null, null],
    ])
    expect(file?.seal?.bytes).toBe((await readFile(join(run.outDir, file?.file ?? ''))).length)
  })

  test('is read by the next stage through its copy, cells as they came in', async () => {
    const run = await runIntake(bench, 'id,n,day,part\n007,0012,2024-02-29,3 %\n', { columns, output_file: 'x.parquet' })
    const files = run.outputs.map(({ dataset, file, publicName, format, rows }) => ({
      dataset,
      format,
      rows,
      path: join(run.outDir, file),
      public_name: publicName ?? '',
      bytes: 0,
      sha256: '',
    }))
    const next = await runIntake(bench, null, {}, { input: { stage: 'x', dataset: 'output', files } })
    expect(next.rows).toMatchObject({ in: 1, out: 1 })
    expect(await next.text(OUT)).toBe('id,n,day,part\n007,0012,2024-02-29,3 %\n')
  })
})

async function copyOf(run: Intake, column: string): Promise<unknown[]> {
  const copy = run.outputs.find(({ format }) => format === 'parquet')
  return (await rowsIn(join(run.outDir, copy?.file ?? ''), column)).flat()
}

async function rowsIn(path: string, select = '*'): Promise<readonly (readonly unknown[])[]> {
  const connection = await bench.database.connect()
  try {
    return (await connection.runAndReadAll(`SELECT ${select} FROM ${sqlText(path)}`)).getRowsJson()
  } finally {
    connection.closeSync()
  }
}
