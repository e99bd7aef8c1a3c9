import { describe, expect, it } from 'vitest'
import { slotOf, slotRunId } from '../../pipeline/schedule-slot.ts'

describe('the slot of a scheduled run', () => {
  it('is at the end of its workflow ID', () => {
    expect(slotOf('shop:main.nightly-2026-11-23T23:13:31Z')?.toISOString()).toBe('2026-11-23T23:13:31.000Z')
  })

  it.each(['20261124_020000', 'main.nightly', 'a-2026-13-45T99:00:00Z', 'a-2026-11-23T23:13:31Z-b'])('is not in %s', (id) => {
    expect(slotOf(id)).toBeNull()
  })

  it('makes the ID of the run, on the clock of the pipeline', () => {
    const slot = new Date('2026-11-24T02:00:00Z')
    expect(slotRunId(slot, 'nightly', 'UTC')).toBe('20261124_020000_nightly')
    expect(slotRunId(slot, 'nightly', 'Asia/Tokyo')).toBe('20261124_110000_nightly')
  })
})
