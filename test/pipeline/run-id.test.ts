import { describe, expect, it } from 'vitest'
import { isRunId, isRunIdPart, isTimezone, newRunId, nextRunId } from '../../pipeline/run-id.ts'

describe('newRunId', () => {
  it.each([
    ['2026-11-24T02:03:04Z', 'UTC', '20261124_020304'],
    ['2026-11-24T02:03:04.999Z', 'Europe/Berlin', '20261124_030304'],
    ['2026-07-01T23:30:00Z', 'Europe/Berlin', '20260702_013000'],
    ['2026-01-01T00:00:00Z', 'America/New_York', '20251231_190000'],
    ['2026-01-01T00:00:00Z', 'Asia/Kathmandu', '20260101_054500'],
  ])('writes %s on the clock of %s as %s', (date, timezone, id) => {
    expect(newRunId(new Date(date), timezone)).toBe(id)
  })

  it('writes midnight as 000000', () => {
    expect(newRunId(new Date('2026-03-01T00:00:00Z'), 'UTC')).toBe('20260301_000000')
  })
})

describe('nextRunId', () => {
  it.each([
    ['20261124_020304', '20261124_020304_2'],
    ['20261124_020304_2', '20261124_020304_3'],
    ['20261124_020304_9', '20261124_020304_10'],
    ['20261124_020304_99', '20261124_020304_100'],
    ['20261124_020000_nightly', '20261124_020000_nightly_2'],
    ['20261124_020000_nightly_2', '20261124_020000_nightly_3'],
  ])('takes after %s the ID %s', (id, next) => {
    expect(nextRunId(id)).toBe(next)
    expect(isRunId(next)).toBe(true)
  })
})

describe('isRunId', () => {
  it.each([
    ['20261124_020304', true],
    ['20261124_020304_2', true],
    ['20261124_020000_night-ly', true],
    ['20261124', false],
    ['20261124_0203041', false],
    ['20261124_020304_', false],
    ['20261124_020304_a b', false],
    ['latest', false],
  ])('says of %s: %s', (text, is) => {
    expect(isRunId(text)).toBe(is)
  })
})

describe('isRunIdPart', () => {
  it('takes letters, digits, _ and - only', () => {
    expect(isRunIdPart('nightly_2-b')).toBe(true)
    expect(isRunIdPart('night.ly')).toBe(false)
    expect(isRunIdPart('')).toBe(false)
  })
})

describe('isTimezone', () => {
  it('knows IANA names', () => {
    expect(isTimezone('Europe/Berlin')).toBe(true)
    expect(isTimezone('Europe/Berln')).toBe(false)
    expect(isTimezone('')).toBe(false)
  })
})
