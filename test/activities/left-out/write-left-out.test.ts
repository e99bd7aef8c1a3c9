import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Database } from '../../../activities/duckdb.ts'
import { writeLeftOut } from '../../../activities/left-out/write-left-out.ts'
import { openTestDatabase } from '../vocabulary/evaluate.ts'

let database: Database
let connection: DuckDBConnection
let outDir: string
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'onclock-left-out-'))
  connection = await database.connect()
})
afterEach(async () => {
  connection.closeSync()
  await rm(outDir, { recursive: true })
})

const ROWS = `SELECT * FROM (VALUES
  ('7506832682593094928', E'a "b",\\nc', 'data/in.csv', 3, 4, 77, NULL, [{'rule': 'r1', 'column': 'text', 'value': 'x', 'message': 'is short'}, {'rule': 'r1', 'column': 'id', 'value': NULL, 'message': 'is odd'}, {'rule': 'r2', 'column': NULL, 'value': NULL, 'message': 'is all wrong'}], 1),
  (NULL, NULL, 'data/in.csv', 5, 7, 99, E'1;"2\\t' || chr(1), [{'rule': 'malformed', 'column': NULL, 'value': NULL, 'message': 'has 1 field instead of 2'}], NULL)
) t(id, text, __file, __record, __line, __byte, __raw, __violations, __kept_record)`

const context = () => ({ outDir, runId: '20261124_120000', stageNumber: 2 })
const columns = ['id', 'text']

describe('writeLeftOut', () => {
  test('writes a CSV for people and JSON lines for programs', async () => {
    const files = await writeLeftOut(connection, { kind: 'rejected', query: ROWS, columns, context: context() })
    expect(files.map(({ dataset, file, publicName, format, rows }) => ({ dataset, file, publicName, format, rows }))).toEqual([
      {
        dataset: 'rejected',
        file: 'stage2_rejected_20261124_120000.csv',
        publicName: 'stage2_rejected_20261124_120000.csv',
        format: 'csv',
        rows: 2,
      },
      {
        dataset: 'rejected',
        file: 'stage2_rejected_20261124_120000.jsonl',
        publicName: 'stage2_rejected_20261124_120000.jsonl',
        format: 'jsonl',
        rows: 2,
      },
    ])
    expect(await readFile(join(outDir, 'stage2_rejected_20261124_120000.csv'), 'utf8')).toBe(
      'id,text,_file,_record,_line,_rule,_message,_raw\n' +
        '7506832682593094928,"a ""b"",\nc",data/in.csv,3,4,r1; r2,text is short; id is odd; is all wrong,\n' +
        ',,data/in.csv,5,7,malformed,has 1 field instead of 2,"1;""2\t␁"\n',
    )
    const lines = (await readFile(join(outDir, 'stage2_rejected_20261124_120000.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        file: 'data/in.csv',
        record: 3,
        line: 4,
        byte: 77,
        cells: { id: '7506832682593094928', text: 'a "b",\nc' },
        action: 'reject',
        violations: [
          { rule: 'r1', column: 'text', value: 'x', message: 'is short' },
          { rule: 'r1', column: 'id', value: null, message: 'is odd' },
          { rule: 'r2', column: null, value: null, message: 'is all wrong' },
        ],
      },
      {
        file: 'data/in.csv',
        record: 5,
        line: 7,
        byte: 99,
        raw: '1;"2\t\u0001',
        action: 'reject',
        violations: [{ rule: 'malformed', column: null, value: null, message: 'has 1 field instead of 2' }],
      },
    ])
  })

  test('shows control characters by their symbols in the CSV, and the raw text only where there is one', async () => {
    const query = `SELECT 'a' || chr(0) || 'b' || chr(127) AS id, 'c' || chr(9) || chr(10) || 'é' AS text, 'f' AS __file, 1 AS __record, 2 AS __line,
      3 AS __byte, NULL::VARCHAR AS __raw, [{'rule': 'r', 'column': NULL::VARCHAR, 'value': NULL::VARCHAR, 'message': 'm'}] AS __violations`
    const [csv, jsonl] = await writeLeftOut(connection, { kind: 'rejected', query, columns, context: context() })
    const text = await readFile(join(outDir, csv?.file ?? ''), 'utf8')
    expect(text).toBe('id,text,_file,_record,_line,_rule,_message\na␀b␡,"c\t\né",f,1,2,r,m\n')
    expect(csv?.seal?.bytes).toBe(Buffer.byteLength(text))
    const line = await readFile(join(outDir, jsonl?.file ?? ''), 'utf8')
    expect(JSON.parse(line)).toMatchObject({ cells: { id: 'a\u0000b\u007f', text: 'c\t\né' } })
    expect((await readdir(outDir)).length).toBe(2)
  })

  test('names the record that was kept beside a duplicate', async () => {
    const query = `SELECT * FROM (${ROWS}) WHERE __kept_record IS NOT NULL`
    await writeLeftOut(connection, { kind: 'duplicates', query, columns, context: context() })
    const csv = await readFile(join(outDir, 'stage2_duplicates_20261124_120000.csv'), 'utf8')
    expect(csv).toContain('_file,_record,_line,_kept_record,_rule,_message\n')
    expect(csv).toContain(',data/in.csv,3,4,1,')
    const line = await readFile(join(outDir, 'stage2_duplicates_20261124_120000.jsonl'), 'utf8')
    expect(JSON.parse(line)).toMatchObject({ action: 'duplicate', kept_record: 1 })
  })

  test('writes nothing when there is nothing to write', async () => {
    const query = `SELECT * FROM (${ROWS}) WHERE FALSE`
    expect(await writeLeftOut(connection, { kind: 'filtered', query, columns, context: context() })).toEqual([])
    expect(await readdir(outDir)).toEqual([])
  })

  test('writes a row in the same bytes, whether or not another one could not be split', async () => {
    const lineOf = async (kind: 'rejected' | 'duplicates', query: string): Promise<string | undefined> => {
      const [, file] = await writeLeftOut(connection, { kind, query, columns, context: context() })
      return (await readFile(join(outDir, file?.file ?? ''), 'utf8')).split('\n')[0]
    }
    for (const kind of ['rejected', 'duplicates'] as const) {
      expect(await lineOf(kind, `SELECT * FROM (${ROWS}) WHERE __raw IS NULL`)).toBe(await lineOf(kind, ROWS))
    }
  })
})
