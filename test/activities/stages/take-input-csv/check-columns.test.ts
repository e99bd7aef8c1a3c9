import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { checkIntakeConfig } from '../../../../activities/stages/take-input-csv/check-config.ts'
import { takeInputCsvSchema } from '../../../../activities/stages/take-input-csv/config.ts'

const issuesOf = (config: unknown) => checkIntakeConfig(takeInputCsvSchema.parse(config), tmpdir())

describe('checkIntakeConfig', () => {
  test.each<[unknown, (string | number)[], string]>([
    [{ decimal: ',', group: ',' }, ['group'], 'cannot be the decimal mark too'],
    [{ group: '.' }, ['group'], 'cannot be the decimal mark too'],
    [
      { decimal: ',', group: '.', columns: { n: { type: 'decimal', decimal: '.' } } },
      ['columns', 'n', 'decimal'],
      'decimal mark too',
    ],
    [{ columns: { n: { decimal: ',' } } }, ['columns', 'n', 'decimal'], 'integer, decimal or percent; the column has no type'],
    [
      { columns: { n: { type: 'percent', units: true } } },
      ['columns', 'n', 'units'],
      'integer or decimal; the column is of the type percent',
    ],
    [{ columns: { d: { type: 'text', format: '%Y-%m-%d' } } }, ['columns', 'd', 'format'], 'date or datetime'],
    [{ columns: { d: { type: 'date', format: 'dd.mm.yyyy' } } }, ['columns', 'd', 'format'], 'it has no year'],
    [{ columns: { d: { type: 'date', format: ['%Y-%m-%d', '%Q'] } } }, ['columns', 'd', 'format', 1], '"%Q" is not understood'],
    [
      { columns: { b: { type: 'boolean', true_words: ['ja'], false_words: ['JA'] } } },
      ['columns', 'b', 'false_words'],
      '"ja" cannot mean both',
    ],
    [{ columns: { b: { type: 'boolean', true_words: ['FALSE'] } } }, ['columns', 'b', 'true_words'], '"false" cannot mean both'],
    [{ columns: { a: { required: true, optional: true } } }, ['columns', 'a', 'optional'], 'would lose every row'],
    [{ columns: { n: { type: 'integer', default: 'none' } } }, ['columns', 'n', 'default'], '"none" is not of the type integer'],
    [{ columns: { n: { type: 'integer', default: 1.5 } } }, ['columns', 'n', 'default'], '"1.5" is not of the type integer'],
    [{ columns: { n: { type: 'text', clamp: true, min: 1 } } }, ['columns', 'n', 'clamp'], 'is for columns of the type integer'],
    [{ columns: { n: { type: 'integer', clamp: true } } }, ['columns', 'n', 'clamp'], 'needs min or max'],
    [{ columns: { n: { type: 'integer', clamp: true, min: 0.5 } } }, ['columns', 'n', 'min'], 'is not of the type integer'],
    [
      { columns: { n: { type: 'integer', clamp: true, max: { column: 'm' } } } },
      ['columns', 'n', 'max'],
      'the same for all rows',
    ],
    [{ columns: { a: { from: ['x', 'x'] } } }, ['columns', 'a', 'from', 1], '"x" is named twice'],
    [{ columns: { a: { from: 'x' }, b: { from: 'x' } } }, ['columns', 'b', 'from', 0], '"x" is what "a" comes from'],
    [{ columns: { a: {}, A: {} } }, ['columns', 'A'], 'differ in case alone'],
    [{ columns: { __file: { from: 'x' } } }, ['columns', '__file'], 'no column can be called'],
    [{ output_file: 'x.parquet', output: { bom: true } }, ['output'], 'is about CSV'],
  ])('finds the fault in %j', async (config, path, words) => {
    expect(await issuesOf(config)).toEqual([expect.objectContaining({ path, message: expect.stringContaining(words) })])
  })

  test.each([
    { decimal: ',', group: '.', columns: { n: { type: 'decimal', decimal: '.', group: 'none' } } },
    { decimal: ',', columns: { n: { type: 'text' }, d: { type: 'date', format: '%d.%m.%Y' } } },
    { columns: { n: { type: 'percent', clamp: true, min: 0.05, max: '10%', default: '7%' } } },
    {
      columns: { n: { type: 'duration', clamp: true, min: 90, max: '2h' }, d: { type: 'date', clamp: true, min: '2024-01-01' } },
    },
    { columns: { a: { from: 'b' }, b: { from: 'a' } } },
    { columns: { a: { required: true, optional: true, default: 'x' } } },
    { output_file: 'x.csv', output: { bom: true } },
  ])('finds none in %j', async (config) => {
    expect(await issuesOf(config)).toEqual([])
  })
})

describe('the schema', () => {
  test.each([
    { decimal: ';' },
    { group: 'x' },
    { units: 'K' },
    { extra_columns: 'remove' },
    { column_order: 'file' },
    { column_names: 'any' },
    { duplicates: { keep: 'first' } },
    { duplicates: { by: [] } },
    { duplicates: { by: 'a', keep: 'none' } },
    { output: { delimiter: '"' } },
    { output: { line_end: '\n' } },
    { columns: { a: { from: [] } } },
    { columns: { a: { default: '' } } },
    { columns: { a: { format: [] } } },
  ])('refuses %j', (config) => {
    expect(takeInputCsvSchema.safeParse(config).success).toBe(false)
  })

  test('gives the same when what it gave is read again', () => {
    const config = {
      decimal: 'comma',
      group: ' ',
      output: { delimiter: 'tab' },
      duplicates: { by: 'a', order_by: '-b' },
      columns: { a: { from: 'x', type: 'date', format: '%d.%m.%Y', default: 1 }, b: { type: 'boolean', true_words: [1, true] } },
    }
    const once = takeInputCsvSchema.parse(config)
    expect(takeInputCsvSchema.parse(once)).toEqual(once)
    expect(once).toMatchObject({ decimal: ',', group: 'space', output: { delimiter: '\t' } })
  })
})
