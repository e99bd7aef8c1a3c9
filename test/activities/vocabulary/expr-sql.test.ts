import type { DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../../activities/duckdb.ts'
import { parseExpr } from '../../../activities/vocabulary/expr-sql.ts'
import { openTestDatabase } from './evaluate.ts'

let database: Database
let connection: DuckDBConnection
beforeAll(async () => {
  database = await openTestDatabase()
  connection = await database.connect()
})
afterAll(() => {
  connection.closeSync()
  database.close()
})

describe('parseExpr', () => {
  test.each([
    ['(likes + comments) / nullif(views, 0) > 0.1', ['likes', 'comments', 'views']],
    [`a LIKE 'x%' AND NOT b IS NULL OR c IN ('p', 'q')`, ['a', 'b', 'c']],
    [`CASE WHEN a THEN 1 ELSE 2 END = 1`, ['a']],
    [`TRY_CAST(a AS DOUBLE) BETWEEN 1 AND 2`, ['a']],
    [`d >= DATE '2024-01-31'`, ['d']],
    [`coalesce("a b", 'it''s') <> ')'`, ['a b']],
    [`lower(a) = 'x' -- and so on`, ['a']],
    [`"#" = '1'`, ['#']],
    [`date_diff('day', d, now) < 3`, ['d', 'now']],
    [`contains(url_decode(a), b)`, ['a', 'b']],
    [`CASE WHEN json_valid(a) THEN json_type(a) = 'OBJECT' AND json_extract_string(a, '$.k') = 'v' ELSE FALSE END`, ['a']],
  ])('lets %s through', async (text, columns) => {
    const result = await parseExpr(connection, text)
    expect(result).toMatchObject({ expr: { columns } })
  })

  test.each([
    ['(SELECT max(x) FROM t)', 'subquery'],
    ['a IN (SELECT 1)', 'subquery'],
    ['EXISTS (SELECT 1)', 'subquery'],
    [`a = (FROM read_csv('/etc/passwd'))`, 'subquery'],
    [`read_text('/etc/passwd') = a`, 'must not read files (read_text)'],
    [`read_csv('x')`, 'must not read files'],
    ['a > now()', 'must not read the clock (now)'],
    ['d = current_date', 'must not read the clock (current_date)'],
    ['d < current_timestamp', 'must not read the clock'],
    ['d < today()', 'must not read the clock'],
    ['random() < 0.5', 'must not be random (random)'],
    [`uuid() = a`, 'must not be random'],
    [`getenv('HOME') = a`, 'uses the function getenv, which is not offered'],
    [`getvariable('x') = a`, 'uses the function getvariable, which is not offered'],
    ['sum(a) > 1', 'uses the function sum, which is not offered'],
    ['count(*) > 1', 'is not offered'],
    ['row_number() OVER () = 1', 'window function'],
    ['a = ?', 'parameter'],
    ['a = $1', 'parameter'],
    ['#1 = 2', 'column by its position'],
    ['*', 'a *'],
    ['COLUMNS(*) > 1', 'a *'],
    ['CAST(a AS INTEGER) > 1', 'must not CAST'],
    ['a::int > 1', 'must not CAST'],
    ['a.b > 1', 'reads "a.b", a table and a column'],
    ['__row = 1', 'not a column'],
    ['list_filter([a], lambda x: x > 1)', 'not offered'],
    ['a[1] = 1', 'lists or structs'],
    [`a COLLATE NOCASE = 'x'`, 'collation'],
    ['a >', 'cannot be read as SQL'],
    ['', 'cannot be read as SQL'],
    ['1, 2', 'uses the function row, which is not offered'],
    [`1) FROM read_csv('/etc/passwd') WHERE (1`, 'must be one expression'],
    ['1) WHERE (a > 1', 'must be one expression'],
    ['1); DROP TABLE x; SELECT (1', 'be read as SQL'],
    ['1) UNION SELECT (2', 'must be one expression'],
    ['1) LIMIT (1', 'must be one expression'],
    ['main.lower(a) = 1', 'not offered'],
  ])('refuses %s', async (text, message) => {
    const result = await parseExpr(connection, text)
    expect('fault' in result ? result.fault.message : 'let through').toContain(message)
  })

  test('suggests a function', async () => {
    expect(await parseExpr(connection, 'lenght(a) > 1')).toEqual({
      fault: { message: 'uses the function lenght, which is not offered', hint: 'Did you mean "length"?' },
    })
  })
})
