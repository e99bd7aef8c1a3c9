import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CellBatch } from '../../../activities/cells/cell-batch.ts'
import { RecordCutter } from '../../../activities/cells/cut-records.ts'
import { ParquetFile } from '../../../activities/cells/parquet-file.ts'
import { allRows } from '../../../activities/cells/row-range.ts'
import { type Database, openDatabase, sqlText } from '../../../activities/duckdb.ts'
import { temporaryFolder } from '../../support/stage-project.ts'

let database: Database
beforeAll(async () => {
  database = await openDatabase({ spillDir: temporaryFolder() })
})
afterAll(() => database.close())

function batchOf(lines: readonly string[], width: number): CellBatch {
  const text = lines.map((line) => `${line}\n`).join('')
  const batch = new CellBatch(width, Buffer.from(`${text}?`))
  const cutter = new RecordCutter({ delimiter: 0x2c, quoted: true, width, headerText: null, ours: true })
  batch.used = cutter.cut(batch, 0, Buffer.byteLength(text), { record: 0, line: 1, byte: 0 })
  return batch
}

async function rowsOf(query: string): Promise<unknown> {
  const connection = await database.connect()
  const rows = (await connection.runAndReadAll(query)).getRowsJson()
  connection.closeSync()
  return rows
}

test('a file of several batches reads as the cells, places and metadata that were put into it', async () => {
  const path = join(temporaryFolder(), 'x.parquet')
  const file = await ParquetFile.create(path, {
    columns: ['a', 'B "b"', 'ü'],
    constant: '__file',
    numbers: ['__record', '__byte'],
    metadata: { key: 'value ü' },
  })
  const first = batchOf(['1,"x ""y"", z",ä', ',,', '7506832682593094928,"""","line\nline"'], 3)
  const second = batchOf(['2,b,c', '3,,d', '4,e,f'], 3)
  first.offsets.set([0, 2 ** 40, 2 ** 52])
  await file.add(first, allRows(3), { constant: 'one.csv', numbers: [first.records, first.offsets] })
  const some = { rows: Int32Array.of(0, 2), count: 2 }
  await file.add(second, some, { constant: 'two.csv', numbers: [new Float64Array(3).fill(Number.NaN), second.offsets] })
  await file.add(second, { rows: Int32Array.of(), count: 0 }, { constant: 'none.csv', numbers: [] })
  await file.close()
  expect(await rowsOf(`FROM read_parquet(${sqlText(path)})`)).toEqual([
    ['1', 'x "y", z', 'ä', 'one.csv', '1', '0'],
    [null, null, null, 'one.csv', '2', String(2 ** 40)],
    ['7506832682593094928', '"', 'line\nline', 'one.csv', '3', String(2 ** 52)],
    ['2', 'b', 'c', 'two.csv', null, '0'],
    ['4', 'e', 'f', 'two.csv', null, String(second.offsets[2])],
  ])
  expect(await rowsOf(`SELECT decode(key), decode(value) FROM parquet_kv_metadata(${sqlText(path)})`)).toEqual([
    ['key', 'value ü'],
  ])
  expect(await rowsOf(`SELECT num_rows, num_row_groups FROM parquet_file_metadata(${sqlText(path)})`)).toEqual([['5', '2']])
})

test.each([0, 1, 7, 8, 9, 1000])('tells empty cells from others in a column of %i rows', async (count) => {
  const path = join(temporaryFolder(), 'x.parquet')
  const file = await ParquetFile.create(path, { columns: ['n', 'm'], constant: '__file', numbers: [] })
  const texts = Array.from({ length: count }, (_, row) => (row % 3 === 0 ? '' : String(row)))
  const batch = batchOf(
    texts.map((text) => `${text},x`),
    2,
  )
  await file.add(batch, allRows(count), { constant: 'f', numbers: [] })
  await file.close()
  expect(await rowsOf(`SELECT n FROM read_parquet(${sqlText(path)})`)).toEqual(texts.map((text) => [text === '' ? null : text]))
})
