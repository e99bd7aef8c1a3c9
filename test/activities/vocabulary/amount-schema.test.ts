import { describe, expect, test } from 'vitest'
import { isOver, isUnder, parseAmount } from '../../../activities/vocabulary/amount-schema.ts'

describe('isOver', () => {
  test.each([
    ['29%', 29, 100, false],
    ['29%', 30, 100, true],
    ['0.29%', 29, 10_000, false],
    ['0.29%', 30, 10_000, true],
    ['33.3 %', 333, 1000, false],
    ['0%', 0, 0, false],
    ['0%', 1, 5, true],
    ['5 rows', 5, 10, false],
    ['5 rows', 6, 10, true],
  ])('%s, %d of %d', (amount, count, total, over) => {
    expect(isOver(parseAmount(amount), count, total)).toBe(over)
  })
})

describe('isUnder', () => {
  test.each([
    ['57%', 57, 100, false],
    ['57%', 56, 100, true],
    ['1 row', 0, 0, true],
  ])('%s, %d of %d', (amount, count, total, under) => {
    expect(isUnder(parseAmount(amount), count, total)).toBe(under)
  })
})
