import { RowHash } from '../../../../activities/cells/row-hash.ts'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase, sqlText } from '../../../../activities/duckdb.ts'
import type { Progress, StageContext } from '../../../../activities/stage.ts'
import { takeInputCsvSchema } from '../../../../activities/stages/take-input-csv/config.ts'
import { takeInput } from '../../../../activities/stages/take-input-csv/stage.ts'
import { stageContext, temporaryFolder, type TestContext } from '../../../support/stage-project.ts'

const ROWS = 300_000
/** Rows that repeat the one a hundred thousand before, and rows without a number. */
const isCopy = (row: number): boolean => row > 200_000 && row % 1000 === 7
const isBad = (row: number): boolean => row % 5000 === 11

let database: Database
let projectDir: string
let text: string
beforeAll(async () => {
  projectDir = temporaryFolder()
  database = await openDatabase({ spillDir: join(projectDir, 'spill'), threads: 4 })
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const n = isCopy(row) ? row - 100_000 : row
    return `${isBad(row) ? 'none' : n},"a text, of some length, number ${n}",${n % 3 === 0 ? ' padded ' : 'plain'},${'x'.repeat(90)}`
  })
  text = `n,text,word,filler\n${lines.join('\n')}\n`
}, 60_000)
afterAll(() => database.close())

function contextOf(more: Partial<StageContext> = {}): TestContext {
  projectDir = temporaryFolder()
  writeFileSync(join(projectDir, 'input.csv'), text)
  return stageContext(projectDir, { database: () => Promise.resolve(database), stage: 'clean', stageNumber: 1, ...more })
}

const config = takeInputCsvSchema.parse({ input_file: 'input.csv', columns: { n: { type: 'integer' } } })

async function tables(): Promise<unknown[]> {
  const connection = await database.connect()
  const reader = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()')
  connection.closeSync()
  return reader.getRows()
}

/** Has sixteen bits. */
class PoorHash extends RowHash {
  override hash(view: DataView, from: number, to: number): void {
    super.hash(view, from, to)
    this.high = 0
    this.low &= 0xffff
  }
}

describe('an input of many slices', () => {
  test('keeps its order, finds duplicates of rows long gone, and tells how far it is', async () => {
    const context = contextOf()
    const result = await takeInput(config, context)
    const rows = Array.from({ length: ROWS }, (_, row) => row)
    const bad = rows.filter(isBad)
    const copies = rows.filter((row) => isCopy(row) && !isBad(row))
    expect(result.rows).toEqual({
      in: ROWS,
      out: ROWS - bad.length - copies.length,
      rejected: bad.length,
      filtered: 0,
      duplicates: copies.length,
    })
    const parquet = result.outputs
      .filter(({ format }) => format === 'parquet')
      .map(({ file }) => sqlText(join(context.outDir, file)))
    const kept = rows.filter((row) => !isBad(row) && !isCopy(row)).map(String)
    const connection = await database.connect()
    const copied = await connection.runAndReadAll(`SELECT n, __record::INTEGER FROM read_parquet([${parquet.join(', ')}])`)
    connection.closeSync()
    expect(copied.getRows()).toEqual(kept.map((n) => [n, Number(n) + 1]))
    const csv = readFileSync(join(context.outDir, result.outputs[0]?.file ?? ''), 'utf8')
      .trimEnd()
      .split('\n')
    expect(csv.slice(1).map((line) => line.slice(0, line.indexOf(',')))).toEqual(kept)
    const file = result.outputs.find(({ dataset, format }) => dataset === 'duplicates' && format === 'jsonl')?.file ?? ''
    const named = readFileSync(join(context.outDir, file), 'utf8').trimEnd().split('\n')
    expect(named.map((line) => JSON.parse(line) as { record: number; kept_record: number })).toMatchObject(
      copies.map((row) => ({ record: row + 1, kept_record: row - 100_000 + 1 })),
    )
    expect(result.metadata['cleaned_cells']).toEqual({
      word: rows.filter((row) => (isCopy(row) ? row - 100_000 : row) % 3 === 0).length,
    })
    expectProgress(context.told)
    expect(await tables()).toEqual([])
  }, 60_000)

  test('is taken in again by another hash when rows that differ have the same one', async () => {
    const attempts: number[] = []
    const context = contextOf()
    const result = await takeInput(config, context, {
      sql: (cells) => `hash(${cells.join(', ')})`,
      bytes(attempt) {
        attempts.push(attempt)
        return attempt === 0 ? new PoorHash() : new RowHash(attempt)
      },
    })
    expect(new Set(attempts)).toEqual(new Set([0, 1]))
    expect(result.rows).toEqual((await takeInput(config, contextOf())).rows)
    const files = readdirSync(context.outDir)
    expect(files.toSorted()).toEqual(result.outputs.map(({ file }) => file).toSorted())
  }, 60_000)

  test.each([0.3, 0.9])(
    'stops within seconds when it is aborted at %d of the file, and leaves nothing in memory',
    async (share) => {
      const controller = new AbortController()
      let abortedAt = 0
      const progress = ({ bytes = 0, bytesTotal = 1 }: Progress): void => {
        if (abortedAt > 0 || bytes < share * bytesTotal) return
        abortedAt = performance.now()
        controller.abort(new Error('cancelled by the test'))
      }
      await expect(takeInput(config, contextOf({ signal: controller.signal, progress }))).rejects.toThrow('cancelled by the test')
      expect(performance.now() - abortedAt).toBeLessThan(3000)
      expect(await tables()).toEqual([])
    },
    60_000,
  )
})

function expectProgress(told: readonly Progress[]): void {
  const reading = told.filter(({ doing }) => doing === 'reading')
  expect(reading.length).toBeGreaterThan(5)
  for (const [index, { bytes = 0, rows = 0 }] of reading.entries()) {
    expect(bytes).toBeGreaterThanOrEqual(reading[index - 1]?.bytes ?? 0)
    expect(rows).toBeGreaterThanOrEqual(reading[index - 1]?.rows ?? 0)
  }
  expect(reading.at(-1)).toMatchObject({ rows: ROWS, bytes: text.length, bytesTotal: text.length })
}
