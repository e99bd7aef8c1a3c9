import { describe, expect, it } from 'vitest'
import { runExit } from '../../../client/follow/finish-run.ts'
import type { RunRecord, RunStatus, StageEntry } from '../../../pipeline/record.ts'
import { recordOf, stageEntry } from '../records.ts'

const failedBy = (...codes: string[]): StageEntry[] =>
  codes.map((code, index) => stageEntry(`s${index}`, { status: 'failed', error: { code, message: 'x' } }))

describe('runExit', () => {
  it.each<[string, number, Partial<RunRecord>]>([
    ['completed', 0, { status: 'completed' }],
    ['completed with a stage that may fail', 0, { status: 'completed', stages: failedBy('BUDGET_EXCEEDED') }],
    ['stopped by its data', 3, { status: 'failed', stages: failedBy('BUDGET_EXCEEDED') }],
    ['stopped by its data twice', 3, { status: 'failed', stages: failedBy('BUDGET_EXCEEDED', 'RULE_FAILED') }],
    ['stopped by its data and by something else', 1, { status: 'failed', stages: failedBy('BUDGET_EXCEEDED', 'STAGE_FAILED') }],
    ['stopped by a missing interpreter', 5, { status: 'failed', stages: failedBy('NO_PYTHON') }],
    ['stopped by a bug', 70, { status: 'failed', stages: failedBy('ROWS_NOT_CONSERVED') }],
    ['stopped by an error of the author', 1, { status: 'failed', stages: failedBy('MY_ERROR') }],
    ['failed without a stage to blame', 1, { status: 'failed', error: { code: 'RUN_TIMED_OUT', message: 'x' } }],
  ])('of a run %s is %i', (_what, exit, change) => {
    expect(runExit(recordOf(change))).toBe(exit)
  })

  it.each<RunStatus>(['cancelled', 'terminated', 'timed_out'])('of a run that was %s is 1', (status) => {
    expect(runExit(recordOf({ status }))).toBe(1)
  })

  it('leaves a stage that may fail out of account', () => {
    const stages = failedBy('STAGE_FAILED', 'BUDGET_EXCEEDED')
    const warnings = ['s0 failed (STAGE_FAILED); the run goes on without it']
    expect(runExit(recordOf({ status: 'failed', stages, warnings }))).toBe(3)
  })
})
