import { describe, expect, it } from 'vitest'
import { clockChanges } from '../../../client/temporal/clock-changes.ts'

describe('clockChanges', () => {
  it('finds the hour at which the clocks of a zone go back and forward', () => {
    const found = clockChanges('Europe/Berlin', new Date('2026-06-01T10:20:00Z')).map((time) => time.toISOString())
    expect(found).toEqual(['2026-10-25T01:00:00.000Z', '2027-03-28T01:00:00.000Z'])
  })

  it.each(['UTC', 'Asia/Tokyo'])('finds none in %s', (zone) => {
    expect(clockChanges(zone, new Date('2026-06-01T00:00:00Z'))).toEqual([])
  })
})
