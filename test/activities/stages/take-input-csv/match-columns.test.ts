import { describe, expect, test } from 'vitest'
import { takeInputCsvSchema } from '../../../../activities/stages/take-input-csv/config.ts'
import { matchColumns } from '../../../../activities/stages/take-input-csv/match-columns.ts'

const configOf = (more: object) => takeInputCsvSchema.parse({ columns: { a: {}, b: {}, c: { optional: true } }, ...more })

describe('column_order: required', () => {
  const config = configOf({ column_order: 'required' })

  test.each([[['a', 'b', 'c']], [['a', 'b']], [['x', 'a', 'y', 'b', 'z']]])(
    'lets the order of the config pass, with others between them: %j',
    (header) => {
      const { output } = matchColumns(header, config)
      expect(output.filter(({ position }) => position !== null).map(({ name }) => name)).toEqual(header)
    },
  )

  test.each([
    [['b', 'a'], 'the input has the column "b" before "a"'],
    [['a', 'c', 'b'], 'the input has the column "c" before "b"'],
  ])('stops at another order: %j', (header, message) => {
    expect(() => matchColumns(header, config)).toThrow(expect.objectContaining({ code: 'COLUMN_UNEXPECTED', message }))
  })

  test('is not the default', () => {
    expect(matchColumns(['b', 'a'], configOf({})).output.map(({ name }) => name)).toEqual(['b', 'a', 'c'])
  })
})
