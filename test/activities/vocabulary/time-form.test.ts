import { describe, expect, test } from 'vitest'
import { formatFault } from '../../../activities/vocabulary/time-form.ts'

describe('formatFault', () => {
  test.each([
    ['%d.%m.%Y', 'date'],
    ['%-d/%-m/%y', 'date'],
    ['%Y-%j', 'date'],
    ['%d %b %Y %I:%M %p', 'datetime'],
    ['%Y-%m-%dT%H:%M:%S%z', 'datetime'],
    ['%d%%%m%%%Y', 'date'],
  ] as const)('finds nothing wrong with %s for a %s', (format, type) => {
    expect(formatFault(format, type)).toBeNull()
  })

  test.each([
    ['dd.mm.yyyy', 'date', 'it has no year (%Y or %y)'],
    ['%d.%m', 'date', 'it has no year (%Y or %y)'],
    ['%Y', 'date', 'it has no month and day (%m, %b or %B, and %d)'],
    ['%Q', 'date', '"%Q" is not understood'],
    ['%d.%m.%Y %', 'date', 'it ends with a %'],
    ['%d.%m.%Y %I:%M', 'datetime', '%I (hours up to 12) and %p (AM or PM) go together'],
    ['%d.%m.%Y %z', 'date', 'a date has no time zone'],
  ] as const)('says what is wrong with %s for a %s', (format, type, words) => {
    expect(formatFault(format, type)).toContain(words)
  })
})
