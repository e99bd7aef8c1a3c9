import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { CertainRows } from '../../../../activities/stages/take-input-csv/certain-rows.ts'
import { type Intake, type IntakeBench, openIntakeBench, runIntake } from './run-intake.ts'

let bench: IntakeBench
beforeAll(async () => {
  bench = await openIntakeBench()
})
afterAll(() => bench.close())
afterEach(() => vi.restoreAllMocks())

/** What comes of an input, in all bytes but for those of the Parquet copies, whose cells are those of the CSV. */
async function outcome(run: () => Promise<Intake>): Promise<unknown> {
  try {
    const { rows, outputs, metadata, warnings, text } = await run()
    const named = outputs.filter(({ publicName }) => publicName !== undefined)
    const files = await Promise.all(named.map(async ({ file }) => [file, await text(file)]))
    return { rows, metadata, warnings, files }
  } catch (error) {
    return { failed: String(error) }
  }
}

const cell = fc.oneof(
  fc.constantFrom('', ' ', 'a', ' a ', 'A', 'é', '\u00a0a', 'a\u3000', '😀', '#', '-', 'n/a', '"', 'a,b', 'x\ny', '\t', '0x1F'),
  fc.constantFrom(
    '1',
    '-1',
    '007',
    '1.5',
    '.5',
    '5.',
    '-0.5',
    '12345.0',
    '1e3',
    '+5',
    '9007199254740993',
    '7.5E+18',
    '１',
    '1_000',
  ),
  fc.string({ maxLength: 6 }),
)
const lines = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 25 })
const bound = fc.constantFrom<number | string>(0, 1, -1, 5, 100, '2', 0.5)
const column = fc.record(
  {
    type: fc.constantFrom('integer', 'decimal', 'id', 'text', 'enum', 'date'),
    required: fc.boolean(),
    clean: fc.subarray(['trim', 'lower', 'nfc', 'visible', 'upper', 'squeeze'] as const),
    null_tokens: fc.constantFrom(['-'], ['n/a', '']),
    in: fc.constantFrom(['a', 'é', '1'], ['A']),
    min: bound,
    below: bound,
  },
  { requiredKeys: [] },
)
const configs = fc.record(
  {
    columns: fc.record({ a: column, id: column }, { requiredKeys: [] }),
    trim: fc.boolean(),
    null_tokens: fc.constantFrom(['-'], ['#']),
    duplicates: fc.constantFrom('remove', 'keep'),
  },
  { requiredKeys: [] },
)

describe('rows that are certain to be sound', () => {
  test('come to the same as those that the database looks at, whatever the cells and the columns say', async () => {
    let certain = 0
    await fc.assert(
      fc.asyncProperty(
        lines,
        configs,
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom('"', 'none'),
        async (rows, config, lineEnd, quote) => {
          const quoted = (text: string) => (/[",\r\n]/.test(text) && quote !== 'none' ? `"${text.replaceAll('"', '""')}"` : text)
          const text = [['a', 'id', 'c'], ...rows].map((row) => row.map(quoted).join(',') + lineEnd).join('')
          const limits = { budget: { warn: '100%', fail: '100%' }, min_output: '0 rows', header: true, delimiter: ',', quote }
          const run = () => outcome(() => runIntake(bench, text, { ...limits, encoding: 'utf-8', ...config }))
          const doubtful = vi.spyOn(CertainRows.prototype, 'doubtful')
          const quick = await run()
          certain += doubtful.mock.results.length
          vi.restoreAllMocks()
          vi.spyOn(CertainRows, 'of').mockReturnValue(null)
          const slow = await run()
          vi.restoreAllMocks()
          expect(quick).toEqual(slow)
        },
      ),
      { numRuns: 150 },
    )
    expect(certain).toBeGreaterThan(20)
  }, 120_000)
})
