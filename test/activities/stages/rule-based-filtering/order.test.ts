import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase, sqlText } from '../../../../activities/duckdb.ts'
import { openRuleProject, runRules } from './run-rules.ts'

/** More than one row group for each of several threads: where DuckDB lets blocks of rows overtake one another, they do. */
const ROWS = 600_000

test('rows keep their order on several threads, whatever the rules', async () => {
  const project = await openRuleProject()
  const database = await openDatabase({ spillDir: join(project.projectDir, 'spill'), threads: 4 })
  const connection = await database.connect()
  try {
    const path = join(project.projectDir, 'in.parquet')
    await connection.run(
      `COPY (SELECT range AS n, range % 7 AS a, (range * 7919) % 400009 AS k FROM range(${ROWS})) TO ${sqlText(path)} (FORMAT parquet)`,
    )
    const files = [{ dataset: 'output', format: 'parquet' as const, path, public_name: 'in', rows: ROWS, bytes: 0, sha256: '' }]
    const yaml = `rules: [{id: r, column: a, not_in: [3]}, {id: u, unique: {by: k}}, {id: f, column: n, max: ${ROWS - 10}, action: FLAG}]`
    for (const action of ['flag', 'warn']) {
      const run = await runRules({ ...project, database }, yaml.replace('FLAG', action), { stage: 'x', dataset: 'output', files })
      const output = run.dataset.files.find(({ format }) => format === 'parquet')?.path ?? ''
      const csv = run.dataset.files.find(({ format }) => format === 'csv')?.path ?? ''
      const wrong = await connection.runAndReadAll(`
        SELECT (SELECT count(*) FROM (SELECT n, lag(n) OVER (ORDER BY file_row_number) AS before FROM read_parquet(${sqlText(output)}, file_row_number = true)) WHERE before >= n),
          (SELECT count(*) FROM (SELECT n, lag(n) OVER () AS before FROM read_csv(${sqlText(csv)}, parallel = false)) WHERE before >= n)`)
      expect(wrong.getRowsJson()[0]?.map(Number)).toEqual([0, 0])
      expect(run.result.rows?.duplicates).toBeGreaterThan(50_000)
    }
  } finally {
    connection.closeSync()
    database.close()
    await project.close()
  }
}, 120_000)
