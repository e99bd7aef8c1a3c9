import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS, type ErrorCode } from '../../pipeline/errors.ts'
import type { RunRecord, StageEntry } from '../../pipeline/record.ts'
import { eventually, processesWith } from '../support/process-table.ts'
import { makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, VIDEOS } from './support/samples.ts'

/** Each function has half of its output written when it goes wrong. */
const TYPESCRIPT = `import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
const half = (config) => writeFileSync(config.output_file, 'video_id,sta')
export function good(config) { writeFileSync(config.output_file, 'video_id\\n75\\n'); return true }
export function gives_false(config) { half(config); return false }
export function throws(config) { half(config); throw new TypeError('no such city') }
export function exits(config) { half(config); process.exit(3) }
export function loops(config) { half(config); spawn('sleep', [config.seconds]); for (;;); }
export async function waits(config) { half(config); spawn('sleep', [config.seconds]); await new Promise(() => undefined) }
export function fills_memory(config) {
  half(config)
  const kept = []
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, at) => at * 1.5))
}
`
const PYTHON = `import os, subprocess, sys, time
def half(config):
    with open(config["output_file"], "w") as file:
        file.write("video_id,sta")
def gives_false(config):
    half(config)
    return False
def throws(config):
    half(config)
    raise ValueError("no such city")
def exits(config):
    half(config)
    os._exit(5)
def fills_memory(config):
    half(config)
    raise MemoryError
def loops(config):
    half(config)
    subprocess.Popen(["sleep", config["seconds"]])
    while True:
        time.sleep(1)
`

const GOOD = 'module: stages/own.ts, function: good'
/** The intake, and then a stage of one's own that stands here as it is written in the YAML. */
const pipelineWith = (stage: string): string =>
  `${PIPELINE.slice(0, PIPELINE.indexOf('    - name: keep'))}    - {name: own, input: clean, retry: {maximum_attempts: 1}, ${stage}}\n`

let project: TestProject
beforeAll(async () => {
  const files = {
    'data/videos.csv': VIDEOS,
    'stages/own.ts': TYPESCRIPT,
    'src/own.py': PYTHON,
    'src/import_fails.py': `raise RuntimeError("no licence")\n`,
    'stages/import-fails.ts': `throw new Error('no licence')\nexport const run = () => true\n`,
    'stages/import-waits.ts': `await new Promise(() => setInterval(() => undefined, 1000))\nexport const run = () => true\n`,
  }
  project = await makeProject(files, { warm: true, env: { ONCLOCK_STAGE_MEMORY_MB: '64' } })
})
afterAll(() => project.dispose())

interface Ended {
  readonly code: number | null
  readonly stderr: string
  readonly record: RunRecord
  readonly own: StageEntry | undefined
}

async function ended(args: readonly string[]): Promise<Ended> {
  const { stdout, stderr, code } = await project.onclock([...args, '--json'])
  const record = JSON.parse(stdout) as RunRecord
  return { code, stderr, record, own: record.stages[1] }
}

async function runWith(stage: string): Promise<Ended> {
  await project.write('config/own.yaml', pipelineWith(stage))
  return ended(['run', 'own'])
}

/** What must hold of every run that a stage stopped: what was finished is whole, and nothing of the stage is left. */
async function expectFailed(stage: string, code: ErrorCode, message: RegExp): Promise<Ended> {
  const run = await runWith(stage)
  const id = run.record.run_id
  expect(run.code, run.stderr).toBe(ERRORS[code].exit)
  expect(run.own).toMatchObject({ status: 'failed', attempts: 1, outputs: [], error: { code } })
  expect(run.own?.error?.message).toMatch(message)
  expect(run.record).toMatchObject({
    status: 'failed',
    error: { code, message: expect.stringMatching(/^stage "own" failed: /) as string },
  })
  expect(run.record.stages[0]).toMatchObject({ status: 'completed', rows: { in: 6, out: 3 } })
  expect(await project.record(id)).toEqual(run.record)
  expect((await project.filesOf(id)).filter((name) => name.includes('own') || name.includes('stage2'))).toEqual([])
  expect(await project.attemptsOf(id, 'own')).toEqual([])
  expect(await project.read(`data/output/execution_${id}/clean_${id}.csv`)).toContain('7500000000000000005,opinion,1000\n')
  return run
}

describe('a stage that goes wrong fails the run, spoils nothing, and says how it ended:', () => {
  it.each<readonly [what: string, stage: string, code: ErrorCode, message: RegExp]>([
    ['TypeScript that returns false', 'module: stages/own.ts, function: gives_false', 'STAGE_FAILED', /returned false/],
    ['TypeScript that throws', 'module: stages/own.ts, function: throws', 'STAGE_FAILED', /TypeError in stages\/own\.ts:6/],
    ['TypeScript that exits', 'module: stages/own.ts, function: exits', 'STAGE_EXITED', /with exit code 3 before it returned/],
    ['TypeScript without end of memory', 'module: stages/own.ts, function: fills_memory', 'STAGE_OUT_OF_MEMORY', /more memory/],
    [
      'Python that returns False',
      'module: src.own, function: gives_false',
      'STAGE_FAILED',
      /src\.own\.gives_false returned False/,
    ],
    ['Python that throws', 'module: src.own, function: throws', 'STAGE_FAILED', /ValueError in src\/own\.py:10/],
    ['Python that exits', 'module: src.own, function: exits', 'STAGE_EXITED', /with exit code 5/],
    ['Python without memory', 'module: src.own, function: fills_memory', 'STAGE_OUT_OF_MEMORY', /ran out of memory/],
    [
      'Python that throws at import',
      'module: src.import_fails',
      'STAGE_MODULE_INVALID',
      /RuntimeError in src\/import_fails\.py:1/,
    ],
    ['a command that fails', `command: 'echo half > "$ONCLOCK_OUTPUT_FILE"; exit 9'`, 'COMMAND_FAILED', /exit code 9/],
    ['a command that is not there', `command: [no-such-command]`, 'COMMAND_FAILED', /not found.*no-such-command/],
  ])('%s', async (_, stage, code, message) => {
    const { stderr } = await expectFailed(stage, code, message)
    expect(stderr).toContain(`ERROR   [own] ${code}: `)
  })

  it.each([
    ['TypeScript that never lets go', 'module: stages/own.ts, function: loops', '86401'],
    ['TypeScript that waits', 'module: stages/own.ts, function: waits', '86402'],
    ['Python', 'module: src.own, function: loops', '86403'],
    ['a command', `command: 'echo half > "$ONCLOCK_OUTPUT_FILE"; sleep 86404'`, '86404'],
  ])('%s that never returns is ended by its time limit, with all that it started', async (_, stage, seconds) => {
    const run = await expectFailed(
      `timeout: 2s, heartbeat_timeout: 2s, config: {seconds: '${seconds}'}, ${stage}`,
      'STAGE_TIMED_OUT',
      /longer than the timeout/,
    )
    expect(run.own?.error?.hint).toContain('`timeout:`')
    expect(run.own?.duration_ms).toBeLessThan(10_000)
    // The worker hears of it by the answer to a heartbeat.
    expect(await eventually(() => processesWith(`sleep ${seconds}`).length === 0, 10_000)).toBe(true)
  })
})

describe('once the stage is mended', () => {
  it('the run goes on from there: what was finished is taken over', async () => {
    const { record } = await expectFailed('module: src.own, function: gives_false', 'STAGE_FAILED', /returned False/)
    await project.write('config/own.yaml', pipelineWith(GOOD))
    const again = await ended(['resume', record.run_id])
    expect(again.code, again.stderr).toBe(0)
    expect(again.record).toMatchObject({ run_id: record.run_id, status: 'completed' })
    expect(again.record.stages.map(({ status }) => status)).toEqual(['reused', 'completed'])
    expect(again.own?.outputs.map(({ path, rows }) => [path, rows])).toEqual([[`own_${record.run_id}.csv`, 1]])
  })
})

describe('what is needed and not there', () => {
  it('a Python interpreter: exit code 5, with the setting that names one', async () => {
    const text = pipelineWith('module: src.own').replace('name: videos', 'name: videos\n  config: {python: no-such-python}')
    await project.write('config/own.yaml', text)
    const { code, own } = await ended(['run', 'own'])
    expect(code).toBe(ERRORS.NO_PYTHON.exit)
    expect(own?.error).toMatchObject({
      code: 'NO_PYTHON',
      message: expect.stringContaining('no-such-python') as string,
      hint: expect.stringContaining('config.python') as string,
    })
  })

  it.each([
    ['a TypeScript file', 'module: stages/gone.ts', /own\.yaml:\d+:\d+.*stages\/gone\.ts/],
    ['a Python module', 'module: src.gone', /own\.yaml:\d+:\d+.*src\.gone/],
    ['a built-in stage', 'module: take_input_cvs', /own\.yaml:\d+:\d+[\s\S]*take_input_csv/],
    ['a function of the module', 'module: stages/own.ts, function: gone', /own\.yaml:\d+:\d+.*exports no function "gone"/],
    ['a module that can be imported', 'module: stages/import-fails.ts', /own\.yaml:\d+:\d+.*no licence/],
  ])('%s: nothing starts', async (_, stage, message) => {
    await project.write('config/own.yaml', pipelineWith(stage))
    const before = await project.runDirs()
    const { code, stdout, stderr } = await project.onclock(['run', 'own'])
    expect(code, stderr).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(await project.runDirs()).toEqual(before)
  })
})
