import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../pipeline/record.ts'
import { embeddedStatus } from '../../worker/embedded.ts'
import { finished, makeProject, type TestProject } from './support/project.ts'
import { PIPELINE, VIDEOS } from './support/samples.ts'

let project: TestProject

beforeAll(async () => {
  project = await makeProject({ 'config/main.yaml': PIPELINE, 'data/videos.csv': VIDEOS }, { warm: true })
})
afterAll(() => project.dispose())

const impossible = PIPELINE.replace('min: 1000}', 'min: 1000000}')

async function failedRun(pipeline: string): Promise<RunRecord> {
  await project.write('config/main.yaml', pipeline)
  const { stdout, code } = await project.onclock(['run', '--json'])
  expect(code).not.toBe(0)
  return JSON.parse(stdout) as RunRecord
}

async function resume(
  args: readonly string[],
): Promise<{ readonly record: RunRecord; readonly code: number | null; readonly stderr: string }> {
  const { stdout, stderr, code } = await project.onclock(['resume', ...args, '--json'])
  return { record: JSON.parse(stdout || '{}') as RunRecord, code, stderr }
}

describe('onclock resume', () => {
  it('goes on under the same ID once the rule is mended, and repeats no finished work', async () => {
    const failed = await failedRun(impossible)
    expect(failed.error?.code).toBe('TOO_FEW_ROWS')
    await project.write('config/main.yaml', PIPELINE)

    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/reuse\s+clean\s+take_input_csv\s+unchanged, \d+ files verified/)
    expect(plan.stdout).toMatch(
      /run\s+keep\s+rule_based_filtering\s+failed before with TOO_FEW_ROWS; config changed: rules\[0\]\.min 1000000 → 1000/,
    )

    const { record, code } = await resume([failed.run_id])
    expect(code).toBe(0)
    expect(record.run_id).toBe(failed.run_id)
    expect(record.status).toBe('completed')
    expect(record.stages.map((stage) => stage.status)).toEqual(['reused', 'completed'])
    expect(record.stages[0]?.started_at).toBe(failed.stages[0]?.started_at)
    expect(record.stages[1]?.rows?.out).toBe(2)
  })

  it('runs a stage again whose meaning changed, and says what changed', async () => {
    const failed = await failedRun(impossible)
    await project.write('config/main.yaml', PIPELINE.replace('fail: 60%', 'fail: 70%'))
    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/run\s+clean\s+take_input_csv\s+config changed: budget\.fail/)
    expect(plan.stdout).toMatch(/run\s+keep/)
  })

  it('takes a comment or another order of keys for what they are: nothing', async () => {
    const failed = await failedRun(impossible)
    await project.write(
      'config/main.yaml',
      PIPELINE.replace('{type: id, required: true}', '{required: true, type: id}   # the key'),
    )
    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/reuse\s+clean/)
  })

  it('sees a replaced input', async () => {
    const failed = await failedRun(impossible)
    await project.write('config/main.yaml', PIPELINE)
    await project.write('data/videos.csv', `${VIDEOS}7500000000000000006,claim,2000\n`)
    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/run\s+clean\s+take_input_csv\s+input sha256 differs \(data\/videos\.csv\)/)
    const { record } = await resume([failed.run_id])
    expect(record.stages.map((stage) => stage.status)).toEqual(['completed', 'completed'])
    expect(record.stages[1]?.rows?.out).toBe(3)
    await project.write('data/videos.csv', VIDEOS)
  })

  it('does not trust an output that was touched', async () => {
    const failed = await failedRun(impossible)
    await project.write('config/main.yaml', PIPELINE)
    const path = `data/output/execution_${failed.run_id}/clean_${failed.run_id}.csv`
    await project.write(path, 'tampered\n')
    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/run\s+clean\s+take_input_csv\s+output missing or altered/)
  })

  it('refuses a run that is completed, and one that does not exist', async () => {
    await project.write('config/main.yaml', PIPELINE)
    const { stdout } = await project.onclock(['run', '--json'])
    const { run_id: id } = JSON.parse(stdout) as RunRecord
    const completed = await project.onclock(['resume', id])
    expect(completed.code).toBe(2)
    expect(completed.stderr).toContain('completed')
    expect(completed.stderr).toContain(`onclock run --reuse ${id}`)
    expect((await project.onclock(['resume', id, '--from', 'keep'])).stderr).toContain(`--reuse ${id} --from keep`)
    expect((await project.onclock(['resume', '19990101_000000'])).code).toBe(4)
  })

  it('runs a stage that --from names again, with all that depends on it', async () => {
    const failed = await failedRun(impossible)
    await project.write('config/main.yaml', PIPELINE)
    const { record, code } = await resume([failed.run_id, '--from', 'clea'])
    expect(code).toBe(0)
    expect(record.stages.map(({ status, reason }) => [status, reason])).toEqual([
      ['completed', 'asked for by --from'],
      ['completed', '--from clean'],
    ])
    const unknown = await project.onclock(['resume', failed.run_id, '--from', 'nothing'])
    expect(unknown.code).toBe(2)
  })

  it('takes other parameters, keeps the rest, and leaves out what the pipeline no longer has', async () => {
    const withParams = impossible.replace(
      '  stages:',
      '  params: {least: {type: integer}, old: {type: text, default: a}}\n  stages:',
    )
    await project.write('config/main.yaml', withParams.replace('min: 1000000', 'min: "${params.least}"'))
    const { stdout } = await project.onclock(['run', '--set', 'least=1000000', '--set', 'old=b', '--json'])
    const failed = JSON.parse(stdout) as RunRecord
    expect(failed.error?.code).toBe('TOO_FEW_ROWS')
    await project.write(
      'config/main.yaml',
      withParams.replace('min: 1000000', 'min: "${params.least}"').replace(', old: {type: text, default: a}', ''),
    )
    const plan = await project.onclock(['resume', failed.run_id, '--set', 'least=900', '--plan'])
    expect(plan.stdout).toContain('config changed: rules[0].min 1000000 → 900')
    const { record, code, stderr } = await resume([failed.run_id, '--set', 'least=900'])
    expect(stderr).toContain('--set old is not taken over')
    expect(code).toBe(0)
    expect(record.params).toEqual({ least: 900 })
  })

  it('goes on with a run that its own time limit stopped', async () => {
    const slow = PIPELINE.replace('  stages:', '  execution: {timeout: 4s}\n  stages:').concat(
      "    - {name: nap, command: 'test -e rested || sleep 60'}\n",
    )
    const failed = await failedRun(slow)
    expect(failed.status).toBe('timed_out')
    await project.write('rested', '')
    const plan = await project.onclock(['resume', failed.run_id, '--plan'])
    expect(plan.stdout).toMatch(/run\s+nap\s+command\s+not finished before: the run took longer than execution.timeout/)
    const { record, code } = await resume([failed.run_id])
    expect(code).toBe(0)
    expect(record.stages.map(({ status }) => status)).toEqual(['reused', 'reused', 'completed'])
  })

  it('refuses to change what a run does that is still going', async () => {
    await project.write(
      'config/main.yaml',
      PIPELINE.concat("    - {name: nap, command: 'while ! test -e gate; do sleep 0.1; done'}\n"),
    )
    const { stdout } = await project.onclock(['run', '--detach', '--json'])
    const { run_id: id } = JSON.parse(stdout) as { run_id: string }
    await expect.poll(async () => (await project.onclock(['show', id, '--json'])).code, { timeout: 30_000 }).toBe(0)
    expect(await project.onclock(['resume', id, '--from', 'clean'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is still going') as string,
    })
    expect((await project.onclock(['run', '--reuse', id])).code).toBe(2)
    expect((await project.onclock(['diff', id, id])).code).toBe(2)
    await project.write('gate', '')
    expect((await project.onclock(['watch', id])).code).toBe(0)
  })
})

const SCORE = `import { defineStage, z } from 'onclock'
export default defineStage({
  config: z.object({}),
  rows: 'one-to-one',
  async run({ input, output }) {
    for await (const row of input.rows()) await output.write({ ...row, score: '1' })
  },
})
`
const WITH_OWN = PIPELINE.concat(`    - {name: score, module: stages/score.ts, input: keep, config: {}}
    - {name: wait, command: [sh, wait.sh], input: score, config: {output_file: data/waited.csv}}
`)

describe('a run of which everything was killed, and whose history is gone', () => {
  it('is resumed from its directory: what is finished and unchanged is reused, an edited stage runs', async () => {
    const lost = await makeProject({
      'config/main.yaml': WITH_OWN,
      'data/videos.csv': VIDEOS,
      'stages/score.ts': SCORE,
      'wait.sh': 'touch waiting; sleep 60\n',
    })
    try {
      const child = lost.start(['run', '--json'])
      const ended = finished(child, { timeoutMs: 120_000 }).catch(() => null)
      await expect.poll(() => existsSync(join(lost.dir, 'waiting')), { timeout: 60_000 }).toBe(true)
      const status = await embeddedStatus(lost.dir)
      if (!status.running) throw new Error('nothing is running')
      child.kill('SIGKILL')
      for (const pid of [status.pid, status.worker.pid, status.server.pid]) if (pid !== null) process.kill(pid, 'SIGKILL')
      await ended
      const own = join(lost.dir, '.onclock')
      for (const name of readdirSync(own)) if (name.startsWith('temporal.db')) rmSync(join(own, name))
      await lost.write('stages/score.ts', SCORE.replace("'1'", "'2'"))
      await lost.write('wait.sh', 'cp "$ONCLOCK_INPUT_FILE" "$ONCLOCK_OUTPUT_FILE"\n')
      const { stdout, stderr, code } = await lost.onclock(['resume', '--json'])
      expect(code, stderr).toBe(0)
      const record = JSON.parse(stdout) as RunRecord
      expect(record.stages.map(({ name, status, reason }) => [name, status, reason?.replace(/\d+ files/, 'n files')])).toEqual([
        ['clean', 'reused', 'unchanged, n files verified'],
        ['keep', 'reused', 'unchanged, n files verified'],
        ['score', 'completed', 'module changed'],
        ['wait', 'completed', expect.stringContaining('file wait.sh changed')],
      ])
    } finally {
      await lost.dispose()
    }
  })
})
