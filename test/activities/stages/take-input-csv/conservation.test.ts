import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IntakeBench, openIntakeBench, runIntake } from './run-intake.ts'

const OUT = 'intake_20260102_030405.csv'
const lenient = { budget: { fail: '100%' }, min_output: '0 rows' }
const REFUSED = new Set(['INPUT_UNREADABLE', 'COLUMN_MISSING'])

/** How many times the usual number of inputs is tried. */
const TIMES = Number(process.env['ONCLOCK_FUZZ_TIMES'] ?? '1')

let bench: IntakeBench
beforeAll(async () => {
  bench = await openIntakeBench()
})
afterAll(() => bench.close())

/** Bytes that matter to a CSV reader, thrown together. */
const dirt = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('a', 'b', '1', '2.5', ' ', 'word', 'é', '😀', '-') },
      { weight: 8, arbitrary: fc.constantFrom(',', ';', '\t', '|', '"', '""', "'", '\\', '\n', '\r\n', '\r', '\n\n') },
      { weight: 1, arbitrary: fc.constantFrom('\0', '\u00a0', '\ufeff', '\u0085') },
    ),
    { maxLength: 80 },
  )
  .map((pieces) => Buffer.from(pieces.join('')))

const dirtyRows = fc
  .tuple(
    fc.constantFrom(',', ';', '\t'),
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.array(fc.array(fc.constantFrom('x', '7', '', ' y', 'q"q', 'a,b', 'l\nl', 'é'), { minLength: 1, maxLength: 4 }), {
      maxLength: 30,
    }),
    fc.boolean(),
  )
  .map(([delimiter, eol, rows, quoteAll]) => {
    const cell = (text: string): string => (quoteAll || /[",;\t\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
    return Buffer.from([['k', 'l', 'm'], ...rows].map((row) => row.map(cell).join(delimiter)).join(eol))
  })

async function intake(bytes: Buffer): Promise<Awaited<ReturnType<typeof runIntake>> | null> {
  try {
    return await runIntake(bench, bytes, lenient)
  } catch (error) {
    if (error instanceof Error && 'code' in error && REFUSED.has(String(error.code))) return null
    throw error
  }
}

describe('take_input_csv, whatever the bytes', () => {
  test.each([
    ['a jumble of separators', dirt, 30],
    ['rows of any width', dirtyRows, 30],
    ['random bytes', fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)), 20],
  ])('accounts for every row: %s', { timeout: 120_000 }, async (_, bytes, numRuns) => {
    await fc.assert(
      fc.asyncProperty(bytes, async (input) => {
        const run = await intake(input)
        if (run === null) return
        const rows = run.rows
        expect(rows).not.toBeNull()
        if (rows === null) return
        expect(rows.in).toBe(rows.out + rows.rejected + rows.duplicates)
        expect(await run.table(OUT).then((table) => table.length)).toBe(rows.out + 1)
      }),
      { numRuns: numRuns * TIMES },
    )
  })

  test('gives the same bytes for the same input, and changes nothing in its own output', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(dirtyRows, async (input) => {
        const first = await intake(input)
        if (first === null || first.rows?.out === 0) return
        const text = await first.text(OUT)
        expect(await (await intake(input))?.text(OUT)).toBe(text)
        const again = await runIntake(bench, text, { ...lenient, delimiter: ',', header: true })
        expect(again.rows).toMatchObject({ in: first.rows?.out, rejected: 0, duplicates: 0 })
        expect(await again.text(OUT)).toBe(text)
      }),
      { numRuns: 12 * TIMES },
    )
  })
})
