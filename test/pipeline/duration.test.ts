import { describe, expect, it } from 'vitest'
import { DURATION_PATTERN, formatDuration, parseDuration } from '../../pipeline/duration.ts'

describe('parseDuration', () => {
  it.each([
    ['1h30m', 5_400_000],
    ['90s', 90_000],
    ['500ms', 500],
    ['2d', 172_800_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['1.5h', 5_400_000],
    ['0s', 0],
    ['5m', 300_000],
    ['5m5ms', 300_005],
  ])('reads %s as %i ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
    expect(text).toMatch(DURATION_PATTERN)
  })

  it.each(['', '90', '1 h', 's', '-5s', '1m1h', '1w', 'PT1H', '1h ', '1.h', '1e3s'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull()
    expect(text).not.toMatch(DURATION_PATTERN)
  })
})

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [180.4, '180ms'],
    [1000, '1s'],
    [4213, '4.2s'],
    [9960, '10s'],
    [65_000, '1m 5s'],
    [60_000, '1m'],
    [3_600_000, '1h'],
    [5_400_000, '1h 30m'],
    [3_605_000, '1h'],
    [90_061_000, '1d 1h'],
    [59_999, '1m'],
  ])('writes %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })
})
