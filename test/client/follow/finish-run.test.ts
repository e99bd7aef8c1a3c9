import { describe, expect, it } from 'vitest'
import type { CommandContext } from '../../../client/command.ts'
import type { FollowEnd } from '../../../client/follow/follow-run.ts'
import { finishRun, runExit } from '../../../client/follow/finish-run.ts'
import type { RunRecord, RunStatus, StageEntry } from '../../../pipeline/record.ts'
import { temporaryFolder } from '../../support/stage-project.ts'
import { recordOf, stageEntry } from '../records.ts'
import { storedRun } from '../stored-run.ts'

const failedBy = (...codes: string[]): StageEntry[] =>
  codes.map((code, index) => stageEntry(`s${index}`, { status: 'failed', error: { code, message: 'x' } }))

describe('runExit', () => {
  it.each<[string, number, Partial<RunRecord>]>([
    ['completed', 0, { status: 'completed' }],
    ['failed by a rule, as its own error says', 3, { status: 'failed', error: { code: 'RULE_FAILED', message: 'x' } }],
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
})

describe('a file that is not there', () => {
  const error = { code: 'FILE_NOT_FOUND', message: 'data/x.csv does not exist' }
  const record = recordOf({
    status: 'failed',
    error: { ...error, message: `stage "s" failed: ${error.message}` },
    stages: [stageEntry('s', { status: 'failed', error })],
  })

  it.each([
    ['that the command line named makes it 4', ['7', 'data/x.csv'], 4],
    ['that the YAML named makes it 1', [], 1],
    ['while another was named makes it 1', ['x.csv', 'data'], 1],
  ])('%s', (_what, named, exit) => {
    expect(runExit(record, named)).toBe(exit)
  })
})

describe('finishRun', () => {
  const runId = '20241201_143022'
  const contextOf = (projectDir: string): CommandContext => ({
    cwd: projectDir,
    projectDir,
    env: {},
    stdin: process.stdin,
    json: false,
    quiet: false,
    verbose: false,
    yes: false,
    profile: undefined,
    terminal: false,
    note: () => undefined,
    live: { draw: () => undefined, clear: () => undefined },
    onInterrupt: () => new AbortController().signal,
  })
  const finish = (end: FollowEnd, projectDir = temporaryFolder()) =>
    finishRun(contextOf(projectDir), { runId, ui: null }, end, 130)

  it('says how to watch and cancel a run that was left', async () => {
    const { exit, notes } = await finish({ kind: 'stopped', runId: `${runId}_2` })
    expect(exit).toBe(130)
    expect(notes?.join('\n')).toMatch(
      /run 20241201_143022_2 goes on[^]*onclock watch 20241201_143022_2[^]*onclock cancel 20241201_143022_2/,
    )
  })

  it.each([
    ['timeout', 'NOT_FINISHED', 'onclock watch'],
    ['server-ended', 'NOT_FINISHED', 'onclock watch'],
    ['no-worker', 'NO_WORKER', 'onclock worker'],
  ] as const)('after %s fails with %s and says what to do', async (kind, code, hint) => {
    await expect(finish({ kind, runId: null })).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) as string })
  })

  it('takes the outcome from the record on file', async () => {
    const folder = temporaryFolder()
    await storedRun(folder, runId, { status: 'failed', error: { code: 'BUDGET_EXCEEDED', message: 'too many' } })
    const result = await finish({ kind: 'ended', runId: null, status: 'failed', failure: new Error('x') }, folder)
    expect(result).toMatchObject({ exit: 3, json: { run_id: runId, status: 'failed' } })
  })

  it('closes the record of a run that was terminated from outside', async () => {
    const folder = temporaryFolder()
    await storedRun(folder, runId)
    const result = await finish({ kind: 'ended', runId, status: 'terminated', failure: new Error('x') }, folder)
    expect(result).toMatchObject({ exit: 1, json: { status: 'terminated' } })
  })

  it('gives code and hint of a run that failed before it had a record', async () => {
    const failure = Object.assign(new Error('no such file'), { type: 'FILE_NOT_FOUND', details: [{ hint: 'Look again.' }] })
    await expect(finish({ kind: 'ended', runId: null, status: 'failed', failure })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      hint: 'Look again.',
      message: expect.stringContaining('no such file') as string,
    })
  })
})
