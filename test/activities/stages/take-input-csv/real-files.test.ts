import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IntakeBench, openIntakeBench, runIntake } from './run-intake.ts'

const data = process.env['ONCLOCK_TEST_DATA'] ?? ''
const OUT = 'intake_20260102_030405.csv'
const REJECTED = 'stage1_rejected_20260102_030405.jsonl'
const run = promisify(execFile)

/** The intake of the default pipeline for TikTok exports. */
const tiktok = {
  columns: {
    video_id: { type: 'id', required: true },
    claim_status: { clean: ['trim', 'lower'], in: ['claim', 'opinion'], required: true },
    author_ban_status: { clean: ['trim', 'lower'], in: ['active', 'under review', 'banned'], required: true },
    video_transcription_text: { clean: ['trim'], required: true },
    video_view_count: { type: 'integer', min: 0, required: true },
    video_like_count: { type: 'integer', min: 0, required: true },
  },
  budget: { warn: '1%', fail: '5%' },
}

let bench: IntakeBench
beforeAll(async () => {
  bench = await openIntakeBench()
})
afterAll(() => bench.close())

// Needs the folder that ONCLOCK_TEST_DATA names; skipped without it.
describe.skipIf(data === '')('take_input_csv on real files [needs ONCLOCK_TEST_DATA]', () => {
  test('the TikTok claims: 19,382 = 19,084 + 298', async () => {
    const intake = await runIntake(bench, null, { ...tiktok, input_file: join(data, 'tiktok/claims.csv') })
    expect(intake.rows).toEqual({ in: 19_382, out: 19_084, rejected: 298, filtered: 0, duplicates: 0 })
    expect(intake.warnings).toEqual([expect.stringContaining('1.54 %')])
    const source = parse(await readFile(join(data, 'tiktok/claims.csv')))
    const complete = source.slice(1).filter((row) => row[1] !== '')
    expect((await intake.table(OUT)).slice(1)).toEqual(complete.map((row) => row.map((cell) => cell.trim())))
  })

  test('the reviews: semicolons, Windows-1252, 1,101 rows', async () => {
    const intake = await runIntake(bench, null, {
      columns: { rating: { type: 'integer', min: 1, max: 5 } },
      input_file: join(data, 'reviews/input.csv'),
    })
    expect(intake.metadata['dialect']).toMatchObject({ encoding: 'windows-1252', delimiter: ';' })
    expect(intake.rows).toMatchObject({ in: 1_101, out: 1_101 })
    const text = await intake.text(OUT)
    expect([text.match(/’/g)?.length, text.includes('€'), /[\u0080-\u009f]/.test(text)]).toEqual([44, true, false])
  })
})

interface Truth {
  readonly data_records: number
  readonly damaged: readonly { readonly record: number; readonly line: number; readonly kind: string; readonly level: string }[]
}

/** What the generator calls damage of a value and intake finds without a rule. */
const STRUCTURAL_VALUES = new Set(['second_header', 'nul_character'])

describe.skipIf(data === '')('take_input_csv on generated damage [needs ONCLOCK_TEST_DATA and python3]', () => {
  test.each([
    [11, []],
    [12, ['--crlf', '--bom', '--delimiter', ';', '--unclosed-quote']],
    [13, ['--delimiter', '\\t', '--no-final-newline', '--long', '0.001']],
    [14, ['--delimiter', '|', '--newline', '0.3']],
  ])('finds every malformed record and keeps every other, seed %i %j', { timeout: 60_000 }, async (seed, flags) => {
    const out = join(bench.dir, `generated-${seed}.csv`)
    const args = ['--rows', '6000', '--malformed', '0.05', '--seed', String(seed), '--out', out, ...flags]
    await run('python3', [join(data, 'generate_claims.py'), ...args])
    const truth = JSON.parse(await readFile(`${out}.truth.json`, 'utf8')) as Truth
    const intake = await runIntake(bench, null, { input_file: out, duplicates: 'keep', budget: { fail: '100%' } })
    const expected = truth.damaged.filter(({ kind, level }) => level === 'structure' || STRUCTURAL_VALUES.has(kind))
    const rejected = await intake.lines(REJECTED)
    expect(rejected.map(({ record, line }) => [record, line])).toEqual(expected.map(({ record, line }) => [record, line]))
    expect(intake.rows).toMatchObject({ in: truth.data_records, out: truth.data_records - expected.length })
  })
})
