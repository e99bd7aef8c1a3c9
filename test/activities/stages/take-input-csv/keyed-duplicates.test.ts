import { RowHash } from '../../../../activities/cells/row-hash.ts'
import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Intake, type IntakeBench, openIntakeBench, runIntake } from './run-intake.ts'
import { takeInput } from '../../../../activities/stages/take-input-csv/stage.ts'
import { takeInputCsvSchema } from '../../../../activities/stages/take-input-csv/config.ts'
import { stageContext, temporaryProject } from '../../../support/stage-project.ts'

const OUT = 'intake_20260102_030405.csv'
const DUPLICATES = 'stage1_duplicates_20260102_030405'

let bench: IntakeBench
beforeAll(async () => void (bench = await openIntakeBench()))
afterAll(() => bench.close())

const VIDEOS = 'id,views,day\na,9,2024-01-02\nb,1,2024-01-01\na,10,2024-01-01\n,5,\na,,2024-01-03\n,5,x\nb,1,2024-01-01\n'

/** Records that stay, and by record that went the one that was kept instead. */
async function split(run: Intake): Promise<{ stays: string[]; went: Record<string, number> }> {
  const lines = run.rows?.duplicates === 0 ? [] : await run.lines(`${DUPLICATES}.jsonl`)
  const went = lines.map(({ record, kept_record: kept }) => [JSON.stringify(record), Number(kept)] as const)
  return { stays: (await run.table(OUT)).slice(1).map((row) => row.join(' ')), went: Object.fromEntries(went) }
}

describe('duplicates by key', () => {
  test.each([
    [{ by: 'id' }, ['a 9 2024-01-02', 'b 1 2024-01-01', ' 5 ', ' 5 x'], { 3: 1, 5: 1, 7: 2 }],
    [{ by: 'id', keep: 'last' }, [' 5 ', 'a  2024-01-03', ' 5 x', 'b 1 2024-01-01'], { 1: 5, 2: 7, 3: 5 }],
    // As numbers: 10 is more than 9. An empty value is never preferred.
    [{ by: ['id'], order_by: ['-views'] }, ['b 1 2024-01-01', 'a 10 2024-01-01', ' 5 ', ' 5 x'], { 1: 3, 5: 3, 7: 2 }],
    [{ by: ['id'], order_by: 'views' }, ['a 9 2024-01-02', 'b 1 2024-01-01', ' 5 ', ' 5 x'], { 3: 1, 5: 1, 7: 2 }],
    [{ by: ['id'], keep: 'last', order_by: 'day' }, [' 5 ', 'a  2024-01-03', ' 5 x', 'b 1 2024-01-01'], { 1: 5, 2: 7, 3: 5 }],
    [{ by: ['id', 'day'] }, ['a 9 2024-01-02', 'b 1 2024-01-01', 'a 10 2024-01-01', ' 5 ', 'a  2024-01-03', ' 5 x'], { 7: 2 }],
  ])('%j', async (duplicates, stays, went) => {
    const run = await runIntake(bench, VIDEOS, { duplicates })
    expect(await split(run)).toEqual({ stays, went })
    expect(run.rows).toMatchObject({ in: 7, out: stays.length, duplicates: Object.keys(went).length })
    expect((await readdir(run.outDir)).toSorted()).toEqual(run.outputs.map(({ file }) => file).toSorted())
  })

  test('are named with their rule and the record that stays', async () => {
    const run = await runIntake(bench, VIDEOS, { duplicates: { by: ['id', 'views'], keep: 'last' } })
    expect((await run.table(`${DUPLICATES}.csv`)).map((row) => row.slice(4))).toEqual([
      ['_record', '_line', '_kept_record', '_rule', '_message'],
      ['2', '3', '7', 'duplicate_key', 'has the same id, views as record 7'],
      ['4', '5', '6', 'duplicate_key', 'has the same id, views as record 6'],
    ])
  })

  test('are looked at through steps, by the names and the forms of the output', async () => {
    const columns = { key: { from: 'K' }, n: { type: 'integer', group: '.' } }
    const text = 'K;n\nÄ b;1.000\nä  B;2\nc;1000\nC ;3\n'
    const by = await runIntake(bench, text, { columns, duplicates: { by: 'key', as: ['fold', 'squeeze'] } })
    expect((await split(by)).went).toEqual({ 2: 1, 4: 3 })
    const byNumber = await runIntake(bench, text, { columns, duplicates: { by: 'n' } })
    expect((await split(byNumber)).went).toEqual({ 3: 1 })
  })

  test('rejected rows are no duplicates and keep nobody away', async () => {
    const config = { columns: { v: { type: 'integer' } }, duplicates: { by: 'k', keep: 'last' }, budget: { fail: '100%' } }
    const run = await runIntake(bench, 'k,v\na,1\na,2\na,x\n', config)
    expect(run.rows).toEqual({ in: 3, out: 1, rejected: 1, filtered: 0, duplicates: 1 })
    expect((await split(run)).stays).toEqual(['a 2'])
  })

  test.each([{ by: 'nope' }, { by: 'id', order_by: '-nope' }, { by: 'id', order_by: 'idd' }])(
    '%j names no column',
    async (duplicates) => {
      await expect(runIntake(bench, VIDEOS, { duplicates })).rejects.toMatchObject({
        code: 'COLUMN_MISSING',
        message: expect.stringMatching(
          /^duplicates\.(?:by|order_by) names the column "(?:nope|idd)", which the output does not have/,
        ),
      })
    },
  )

  test.each(['first', 'last'] as const)('keep: %s finds rows of the same hash that are not the same', async (keep) => {
    const rows = Array.from({ length: 200 }, (_, row) => `${row % 150},${row}`)
    const projectDir = temporaryProject({ 'input.csv': `k,v\n${rows.join('\n')}\n` })
    const context = stageContext(projectDir, { database: () => Promise.resolve(bench.database), stage: 's', stageNumber: 1 })
    const config = takeInputCsvSchema.parse({ input_file: 'input.csv', duplicates: { by: 'k', keep } })
    const result = await takeInput(config, context, {
      sql: (cells, attempt) => (attempt === 0 ? `hash(${cells.join(', ')}) & 7` : `hash(${cells.join(', ')})`),
      bytes: (attempt) => new RowHash(attempt),
    })
    expect(result.rows).toMatchObject({ in: 200, out: 150, duplicates: 50 })
  })

  test.each([{ by: 'k' }, { by: 'k', keep: 'last' }, { by: 'k', order_by: '-v' }])(
    '%j keeps the order of an input of many slices, and agrees with counting',
    async (duplicates) => {
      const count = 200_000
      const rows = Array.from({ length: count }, (_, row) => ({ k: (row * 7919) % 120_000, v: (row * 31) % 1000 }))
      const text = `k,v,filler\n${rows.map(({ k, v }) => `${k},${v},${'x'.repeat(150)}${k}`).join('\n')}\n`
      const best = new Map<number, number>()
      for (const [row, { k, v }] of rows.entries()) {
        const other = best.get(k)
        const wins =
          other === undefined || duplicates.keep === 'last' || (duplicates.order_by !== undefined && v > (rows[other]?.v ?? 0))
        if (wins) best.set(k, row)
      }
      const run = await runIntake(bench, text, { columns: { v: { type: 'integer' } }, duplicates })
      const kept = [...best.values()].toSorted((a, b) => a - b).map((row) => `${rows[row]?.k},${rows[row]?.v}`)
      const lines = (await run.text(OUT)).trimEnd().split('\n').slice(1)
      expect(lines.map((line) => line.slice(0, line.indexOf(',x')))).toEqual(kept)
      expect(run.rows).toMatchObject({ in: count, out: kept.length, duplicates: count - kept.length })
      expect(run.outputs.filter(({ format }) => format === 'parquet').length).toBeGreaterThan(1)
    },
    60_000,
  )
})
