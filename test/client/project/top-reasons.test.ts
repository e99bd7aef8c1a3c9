import { describe, expect, it } from 'vitest'
import { topReasons } from '../../../client/project/top-reasons.ts'

describe('topReasons', () => {
  it('takes the rules of an intake, the commonest first', () => {
    expect(topReasons({ rejected_by_rule: { 'a.required': 2, 'b.type': 7, 'c.min': 0 } })).toEqual([
      { rule: 'b.type', rows: 7, what: 'rejected' },
      { rule: 'a.required', rows: 2, what: 'rejected' },
    ])
  })

  it('takes what each rule stopped in the funnel, not what it alone would stop', () => {
    const rules = [
      { id: 'seen-enough', action: 'filter', stopped: 3, broken: 9, alone: 1 },
      { id: 'known', action: 'reject', stopped: 4, broken: 4, alone: 4 },
      { id: 'idle', action: 'filter', stopped: 0, broken: 5, alone: 0 },
    ]
    expect(topReasons({ rules })).toEqual([
      { rule: 'known', rows: 4, what: 'rejected' },
      { rule: 'seen-enough', rows: 3, what: 'filtered' },
    ])
  })

  it('takes the rules of a stage of one’s own', () => {
    const rules = [{ rule: 'too-short', action: 'filter', rows: 4 }]
    expect(topReasons({ rules })).toEqual([{ rule: 'too-short', rows: 4, what: 'filtered' }])
  })

  it('finds none in metadata of another shape', () => {
    expect(topReasons({ rules: 'x', rejected_by_rule: [1], other: { a: 1 } })).toEqual([])
  })
})
