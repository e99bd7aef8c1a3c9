import fc from 'fast-check'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assertConserved } from '../../../../activities/conservation.ts'
import { openRuleProject, type RuleProject, runRules } from './run-rules.ts'

let project: RuleProject
beforeAll(async () => {
  project = await openRuleProject()
})
afterAll(() => project.close())

const cell = fc.oneof(
  fc.constantFrom(
    '',
    '',
    'a',
    'A',
    'ä',
    '5',
    '10',
    '007',
    '1.5',
    ' x ',
    'free money',
    '🔥🔥',
    'a,b',
    'say "hi"',
    'two\nlines',
    'r\rx',
    '7506832682593094928',
    '2024-01-31',
    '\u00a0',
    '#',
  ),
  fc.integer({ min: -20, max: 20 }).map(String),
)
const row = fc.tuple(cell, cell, cell)
const action = fc.constantFrom('', ', action: reject', ', action: filter', ', action: flag', ', action: warn')
const check = fc.constantFrom(
  'column: a, min: 5',
  'column: b, required: true',
  'columns: [a, b], not_contains: [free money, a]',
  'column: c, matches: "^[a-z0-9]*$"',
  'column: c, length: {max: 4}',
  'unique: {by: a, as: [trim, lower]}',
  'unique: {by: [b, c], keep: last}',
  'unique: {by: c, order_by: -a}',
  'any: [{column: a, in: [5, 10, a]}, {column: b, above: {column: c}}]',
  'not: {column: a, contains: {words: [a, x], at_least: 1}}',
  `expr: "coalesce(a, '') <> coalesce(b, '')"`,
  'when: {column: a, required: true}, column: b, nulls: fail, not_equals: x',
  'column: b, repeats: {of: letters, max: 1}',
  'column: c, type: integer',
  'column: a, max: {column: b, plus: 3}',
)
const rules = fc.array(fc.tuple(check, action), { minLength: 1, maxLength: 6 })

const quoted = (text: string): string => (/[",\r\n]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text)
const csvOf = (rows: readonly (readonly string[])[]): string =>
  `a,b,c,n\n${rows.map((cells, index) => [...cells.map(quoted), String(index)].join(',')).join('\n')}\n`

/** The places of rows by the column `n`, which numbers them. */
const numbers = (csv: string): number[] => parse(csv, { columns: true }).map((record) => Number((record as { n: string }).n))

describe('rows', () => {
  test('are all accounted for, in order, whatever the table and the rules', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), rules, async (rows, chosen) => {
        const yaml = `budget: {fail: 100%}\nmin_output: 0 rows\nrules:\n${chosen.map(([text, then], index) => `  - {id: r${index}, ${text}${then}}`).join('\n')}`
        const run = await runRules(project, yaml, csvOf(rows))
        const counted = run.result.rows
        if (counted === null) throw new Error('no account')
        assertConserved(counted)
        expect(counted.in).toBe(rows.length)
        const kept = numbers(await run.read('output', 'csv'))
        const left = await Promise.all(
          (['rejected', 'filtered', 'duplicates'] as const).map(async (kind) => {
            if (counted[kind] === 0) return []
            const found = numbers(await run.read(kind, 'csv'))
            const lines = (await run.read(kind, 'jsonl'))
              .trimEnd()
              .split('\n')
              .map((line) => JSON.parse(line) as { record: number; cells: { n: string } })
            expect(lines.map(({ cells }) => Number(cells.n))).toEqual(found)
            expect(lines.map(({ record }) => record - 1)).toEqual(found)
            return found
          }),
        )
        for (const part of [kept, ...left]) expect(part).toEqual(part.toSorted((a, b) => a - b))
        expect([...kept, ...left.flat()].toSorted((a, b) => a - b)).toEqual(rows.map((_, index) => index))
        expect(run.rules.reduce((sum, { stopped }) => sum + stopped, 0)).toBe(left.flat().length)
        for (const { stopped, broken, alone } of run.rules.filter((_, index) => !/unique/.test(chosen[index]?.[0] ?? ''))) {
          expect(stopped <= broken && broken <= alone).toBe(true)
        }
        // Cells that come through are what they were.
        const cells = parse(await run.read('output', 'csv'))
          .slice(1)
          .map((record) => record.slice(0, 3))
        expect(cells).toEqual(kept.map((index) => rows[index]))
      }),
      { numRuns: 60 },
    )
  }, 120_000)

  test('that a stage lets through, it lets through again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), rules, async (rows, chosen) => {
        const yaml = `budget: {fail: 100%}\nmin_output: 0 rows\nrules:\n${chosen.map(([text, then], index) => `  - {id: r${index}, ${text}${then.replace('flag', 'filter')}}`).join('\n')}`
        const once = await runRules(project, yaml, csvOf(rows))
        const twice = await runRules(project, yaml, once.dataset)
        expect(await twice.read('output', 'csv')).toBe(await once.read('output', 'csv'))
      }),
      { numRuns: 25 },
    )
  }, 120_000)
})

describe('assertConserved', () => {
  test('lets a balance through', () => {
    expect(() => assertConserved({ in: 10, out: 4, rejected: 3, filtered: 2, duplicates: 1 })).not.toThrow()
  })

  test.each([
    { in: 10, out: 4, rejected: 3, filtered: 2, duplicates: 0 },
    { in: 10, out: 5, rejected: 3, filtered: 2, duplicates: 1 },
    { in: 0, out: 1, rejected: -1, filtered: 0, duplicates: 0 },
    { in: Number.NaN, out: 0, rejected: 0, filtered: 0, duplicates: 0 },
  ])('refuses %j', (rows) => {
    expect(() => assertConserved(rows)).toThrow(expect.objectContaining({ code: 'ROWS_NOT_CONSERVED' }) as Error)
  })
})
