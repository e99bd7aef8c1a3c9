import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlText } from '../../../activities/duckdb.ts'
import { intake, openRuleProject, type RuleProject, runRules } from './rule-based-filtering/run-rules.ts'

let project: RuleProject
beforeAll(async () => void (project = await openRuleProject()))
afterAll(() => project.close())

const COLUMNS = `columns:
  n: {type: integer}
  d: {type: decimal}
  flag: {type: boolean}
  day: {type: date}
  at: {type: datetime}
  took: {type: duration}
  part: {type: percent}
  id: {type: id}`

const CSV = `n,d,flag,day,at,took,part,id,note
007,1.10,true,2024-02-29,2024-02-29T10:00:00+02:00,01:05,3 %,7506832682593094928,"a ""b"", c"
12345.0,12345.0,TRUE,2024-03-01,2024-03-01 10:00,90s,03.50%,0012,"two
lines"
+5,.5,No,2023-01-01,2023-01-01T00:00:00Z,1h30m,0%,9223372036854775807,
9223372036854775807,1e3,f,1970-01-01,1970-01-01,0s,100%,7.5E+18,NULL
-0,5.,y,9999-12-31,9999-12-31 23:59:59.123456,2d,1%,-1,é 🚀
`

const RULES = `
rules:
  - {id: n, column: n, min: -1, action: flag}
  - {id: d, column: d, max: 12345}
  - {id: day, column: day, min: 1970-01-01}
  - {id: at, column: at, min: 1970-01-01}
  - {id: took, column: took, max: 2d}
  - {id: sum, expr: n + d > 0 OR n = 0}
  - {id: id, unique: {by: id}}`

describe('a cell leaves as it came in', () => {
  test('through two stages, whatever type it was checked for', async () => {
    const clean = await intake(project, COLUMNS, CSV)
    expect(await readFile(clean.files.find(({ format }) => format === 'csv')?.path ?? '', 'utf8')).toBe(CSV)
    const run = await runRules(project, RULES.replace(', action: flag', ''), clean)
    expect(await run.read('output', 'csv')).toBe(CSV)
  })

  test('from the CSV of the stage before as from its Parquet copy', async () => {
    const clean = await intake(project, COLUMNS, CSV)
    const csvAlone = { ...clean, files: clean.files.filter(({ format }) => format === 'csv') }
    const rules = `rules:
      - {id: n, column: n, min: 0, action: flag}
      - {id: d, column: d, max: 1000}`
    const [typed, untyped] = [await runRules(project, rules, clean), await runRules(project, rules, csvAlone)]
    expect(await untyped.read('output', 'csv')).toBe(await typed.read('output', 'csv'))
    expect(typed.result.rows).toEqual(untyped.result.rows)
    const cellsOf = async (run: typeof typed): Promise<unknown[]> =>
      (await run.read('filtered', 'jsonl'))
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { cells: unknown }).cells)
    expect(await cellsOf(untyped)).toEqual(await cellsOf(typed))
    expect((await cellsOf(typed))[0]).toMatchObject({ n: '12345.0', flag: 'TRUE', part: '03.50%' })
  })

  test('while rules take it for the value that it is', async () => {
    const clean = await intake(project, COLUMNS, CSV)
    const rules = `rules:
      - {id: n, column: n, equals: 7, action: warn}
      - {id: flag, column: flag, equals: true, action: warn}
      - {id: part, column: part, equals: 0.03, action: warn}
      - {id: took, column: took, equals: 65, action: warn}
      - {id: at, column: at, equals: '2024-02-29T08:00:00Z', action: warn}`
    const run = await runRules(project, rules, clean)
    expect(run.rules.map(({ id, broken }) => [id, broken])).toEqual([
      ['n', 4],
      ['flag', 2],
      ['part', 4],
      ['took', 4],
      ['at', 4],
    ])
  })

  test('and the types go along to the stage after the next', async () => {
    const clean = await intake(project, COLUMNS, CSV)
    const one = await runRules(project, 'rules: [{id: a, column: n, min: 0, action: flag}]', clean)
    const copy = one.dataset.files.find(({ format }) => format === 'parquet')?.path ?? ''
    const connection = await project.database.connect()
    const types = await connection.runAndReadAll(
      `SELECT DISTINCT column_type FROM (DESCRIBE SELECT COLUMNS('^[^_]') FROM ${sqlText(copy)})`,
    )
    connection.closeSync()
    expect(types.getRows()).toEqual([['VARCHAR']])
    const two = await runRules(project, 'rules: [{id: b, expr: n + d > 14 AND NOT flag}]', one.dataset)
    expect(two.output).toHaveLength(2)
  })
})
