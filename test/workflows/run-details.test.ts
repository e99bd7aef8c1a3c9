import { describe, expect, it } from 'vitest'
import { runDetails } from '../../workflows/run-details.ts'
import { RunState } from '../../workflows/run-state.ts'
import { planOf, plannedStage } from '../activities/store/stored-samples.ts'

const at = '2024-12-01T14:30:22.000Z'

function stateOf(count: number): RunState {
  return new RunState(planOf(Array.from({ length: count }, (_, index) => plannedStage(`s${index + 1}`))))
}

describe('runDetails', () => {
  it('has a line for each stage with its balance', () => {
    const state = stateOf(2)
    state.ended('s1', {
      status: 'completed',
      reason: null,
      attempt: 1,
      started_at: at,
      duration_ms: 1234,
      rows: { in: 19382, out: 19084, rejected: 298, filtered: 0, duplicates: 0 },
      warnings: [],
    })
    state.started('s2', at)
    const text = runDetails(state.progress())
    expect(text).toContain('- **s1** completed · 19,382 in = 19,084 out + 298 rejected · 1.2 s\n')
    expect(text).toContain('- **s2** running · first run')
  })

  it('keeps a message of several lines on the line of its stage', () => {
    const state = stateOf(1)
    state.failed('s1', { error: { code: 'STAGE_FAILED', message: 'a\nb' }, attempts: 3, at })
    expect(runDetails(state.progress())).toContain('`STAGE_FAILED` a b')
  })

  it('stays small for a thousand stages', () => {
    const text = runDetails(stateOf(1000).progress())
    expect(text.length).toBeLessThan(20_000)
    expect(text).toContain('and 1000 more stages')
  })
})

describe('RunState', () => {
  it('closes what never started as skipped and what was running as cancelled', () => {
    const state = stateOf(3)
    state.started('s1', at)
    state.ended('s1', {
      status: 'completed',
      reason: null,
      attempt: 1,
      started_at: at,
      duration_ms: 1,
      rows: null,
      warnings: ['w'],
    })
    state.started('s2', at)
    state.stopped('the run was cancelled')
    const closing = state.closing(at, null)
    expect(closing.stages.map((stage) => stage.status)).toEqual(['completed', 'cancelled', 'skipped'])
    expect(closing.warnings).toEqual(['s1: w'])
  })
})
