import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../pipeline/json.ts'
import { checkLines } from '../../../client/views/check-lines.ts'
import { pageOf } from './page-of.ts'

describe('checkLines', () => {
  test.each([
    [
      { id: 'a', measure: 'rows', value: 1200, unit: 'count', fail: { min: 1 }, status: 'passed' },
      '  ✔ a  rows is 1,200  fail min 1',
    ],
    [
      {
        id: 'a',
        measure: 'null_share',
        column: 'text',
        value: 0.0123,
        unit: 'share',
        warn: { max: '1%' },
        fail: { max: '5%' },
        status: 'warn',
      },
      '  ! a  null_share of text is 1.23 %  warn max 1% · fail max 5%',
    ],
    [
      { id: 'a', measure: 'freshness', column: 'day', value: 180_000, unit: 'seconds', warn: { max: '2d' }, status: 'fail' },
      '  ✖ a  freshness of day is 2d 2h  warn max 2d',
    ],
    [
      { id: 'a', measure: 'references', column: 'x', value: 2, share: 0.5, unit: 'rows', warn: { max: '1 row' }, status: 'warn' },
      '  ! a  references of x is 2 (50 %)  warn max 1 row',
    ],
    [
      {
        id: 'a',
        measure: 'sum',
        column: 'v',
        value: 3,
        unit: 'number',
        against: 'last run',
        compared: null,
        runs: 0,
        warn: { change: '5%' },
        status: 'passed',
      },
      '  ✔ a  sum of v is 3  warn change 5% · against last run: no earlier run',
    ],
    [
      { id: 'a', measure: 'mean', column: 'v', value: null, unit: 'number', warn: { min: 1 }, status: 'warn' },
      '  ! a  mean of v is not there  warn min 1',
    ],
  ])('says of %j how it went', (entry: JsonObject, line) => {
    expect(checkLines({ checks: [entry] }, pageOf())).toEqual([line])
  })

  test('says nothing where there are none', () => {
    expect(checkLines({ rules: [] }, pageOf())).toEqual([])
  })
})
