import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase, sqlText } from '../../../../activities/duckdb.ts'
import type { Dataset } from '../../../../activities/stage.ts'
import { openRuleProject, type RuleProject, runRules } from './run-rules.ts'

/** More than one row group for each of several threads: where DuckDB lets blocks of rows overtake one another, they do. */
const ROWS = 600_000

let project: RuleProject
let database: Database
let input: Dataset
beforeAll(async () => {
  project = await openRuleProject()
  database = await openDatabase({ spillDir: join(project.projectDir, 'spill'), threads: 4 })
  const path = join(project.projectDir, 'in.parquet')
  const connection = await database.connect()
  await connection.run(`COPY (
      SELECT range AS n, range % 7 AS a, (range * 7919) % 400009 AS k, 'word' || range || ' and more words ' || range % 100 AS t FROM range(${ROWS})
    ) TO ${sqlText(path)} (FORMAT parquet)`)
  connection.closeSync()
  const file = { dataset: 'output', format: 'parquet' as const, path, public_name: 'in', rows: ROWS, bytes: 0, sha256: '' }
  input = { stage: 'x', dataset: 'output', files: [file] }
}, 60_000)
afterAll(async () => {
  database.close()
  await project.close()
})

test.each(['flag', 'warn'])(
  'rows keep their order on several threads, with a rule that does %s',
  async (action) => {
    const yaml = `rules: [{id: r, column: a, not_in: [3]}, {id: u, unique: {by: k}}, {id: f, column: n, max: ${ROWS - 10}, action: ${action}}]`
    const run = await runRules({ ...project, database }, yaml, input)
    expect(run.result.rows?.duplicates).toBeGreaterThan(50_000)
    const path = (format: string): string => sqlText(run.dataset.files.find((file) => file.format === format)?.path ?? '')
    const connection = await database.connect()
    const wrong = await connection.runAndReadAll(`SELECT
      (SELECT count(*) FROM (SELECT n::BIGINT AS n, lag(n::BIGINT) OVER (ORDER BY file_row_number) AS before FROM read_parquet(${path('parquet')}, file_row_number = true)) WHERE before >= n),
      (SELECT count(*) FROM (SELECT n, lag(n) OVER () AS before FROM read_csv(${path('csv')}, parallel = false)) WHERE before >= n)`)
    connection.closeSync()
    expect(wrong.getRowsJson()[0]?.map(Number)).toEqual([0, 0])
  },
  60_000,
)

test('rows that are left out keep their order on several threads', async () => {
  // Lists of values that DuckDB would like to join, and kinds that are told apart by the rule.
  const many = Array.from({ length: 90 }, (_, value) => value * 7)
  const yaml = `
budget: {fail: 50%}
rules:
  - {id: r, column: a, not_in: [3]}
  - {id: s, column: k, min: 200000, not_in: [${many.join(', ')}]}
  - {id: b, column: n, not_in: [5, 6, 7, 8, 9, 10, 11, 12, 13], action: reject}
  - {id: c, column: n, not_in: [15, 16, 17, 18, 19, 20, 21, 22], action: flag}
  - {id: d, column: t, length: {max: 100}}
  - {id: e, column: t, length: {max: 101}}
  - {id: f, column: t, length: {max: 102}}`
  const run = await runRules({ ...project, database }, yaml, input)
  expect(run.result.rows?.filtered).toBeGreaterThan(300_000)
  for (const format of ['csv', 'jsonl']) {
    const text = await run.read('filtered', format)
    const records = Array.from(text.matchAll(format === 'csv' ? /,in,(\d+),/g : /"record":(\d+)/g), ([, record]) =>
      Number(record),
    )
    expect(records).toHaveLength(run.result.rows?.filtered ?? 0)
    expect(records.every((record, index) => index === 0 || record > (records[index - 1] ?? 0))).toBe(true)
  }
}, 60_000)

test('an abort ends the work within seconds, in the middle of a statement', async () => {
  const controller = new AbortController()
  let abortedAt = 0
  const progress = ({ doing }: { doing?: string }): void => {
    if (doing !== 'applying the rules') return
    setTimeout(() => {
      abortedAt = performance.now()
      controller.abort(new Error('cancelled by the test'))
    }, 300)
  }
  const slow = Array.from(
    { length: 20 },
    (_, index) => `{id: r${index}, column: t, repeats: {of: letters, in_each: word, max: ${90 + index}}}`,
  )
  const run = runRules({ ...project, database }, `rules: [${slow.join(', ')}]`, input, { signal: controller.signal, progress })
  await expect(run).rejects.toThrow('cancelled by the test')
  expect(performance.now() - abortedAt).toBeLessThan(5000)
}, 60_000)
