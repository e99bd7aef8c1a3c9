import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase, sqlText } from '../../activities/duckdb.ts'
import { loadDataset } from '../../activities/load-dataset.ts'
import { stageContext, temporaryFolder } from '../support/stage-project.ts'

let database: Database
beforeAll(async () => {
  database = await openDatabase({ spillDir: join(temporaryFolder(), 'spill') })
})
afterAll(() => database.close())

test('a dataset of several Parquet files is read in their order, numbered on from file to file', async () => {
  const connection = await database.connect()
  const folder = temporaryFolder()
  const files = []
  for (const [name, rows] of [
    ['b', 3],
    ['none', 0],
    ['a', 2],
  ] as const) {
    const path = join(folder, `${name}.parquet`)
    await connection.run(`COPY (SELECT '${name}' || range AS cell FROM range(${rows})) TO ${sqlText(path)} (FORMAT parquet)`)
    files.push({ dataset: 'output', path, public_name: name, format: 'parquet' as const, rows, bytes: 0, sha256: '' })
  }
  const context = stageContext(folder, { inputs: { input: { stage: 'other', dataset: 'output', files } } })
  const loaded = await loadDataset(connection, context, { inputFile: undefined, name: 'test' })
  const reader = await connection.runAndReadAll(`SELECT cell, __file, __record::INTEGER, __row::INTEGER FROM ${loaded.table}`)
  connection.closeSync()
  expect(loaded.records).toBe(5)
  expect(reader.getRows()).toEqual([
    ['b0', 'b', 1, 0],
    ['b1', 'b', 2, 1],
    ['b2', 'b', 3, 2],
    ['a0', 'a', 4, 3],
    ['a1', 'a', 5, 4],
  ])
})
