import { describe, expect, it } from 'vitest'
import { CRON_PATTERN, cronFault } from '../../pipeline/cron.ts'

describe('cronFault', () => {
  it.each(['0 2 * * *', '*/5 * * * *', '0,30 8-18/2 1 JAN-MAR mon-FRI', '0 0 ? * 7', '@daily', '5  4 * * sun'])(
    'accepts %s',
    (cron) => {
      expect(cron).toMatch(CRON_PATTERN)
      expect(cronFault(cron)).toBeNull()
    },
  )

  it.each([
    ['60 * * * *', 'minute "60" is not within 0 to 59'],
    ['0 24 * * *', 'hour "24" is not within 0 to 23'],
    ['0 0 0 * *', 'day of month "0" is not within 1 to 31'],
    ['0 0 1 FOO *', 'month "FOO" is not within 1 to 12'],
    ['0 0 * * 8', 'day of week "8" is not within 0 to 7'],
    ['*/0 * * * *', 'minute "*/0" is not within 0 to 59'],
    ['30-10 * * * *', 'minute "30-10" is not within 0 to 59'],
    ['1--2 * * * *', 'minute "1--2" is not within 0 to 59'],
    ['0-x * * * *', 'minute "0-x" is not within 0 to 59'],
  ])('says of %s: %s', (cron, words) => {
    expect(cron).toMatch(CRON_PATTERN)
    expect(cronFault(cron)).toBe(words)
  })

  it.each(['0 2 * *', '0 2 * * * *', '@often', '', 'daily at 2'])('has a form that %j lacks', (cron) => {
    expect(cron).not.toMatch(CRON_PATTERN)
  })
})
