import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectRuns, readRunRecord } from '../../activities/store/project-runs.ts'
import { embeddedStatus } from '../../worker/embedded.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import { finished, makeProject, type TestProject } from './support/project.ts'
import { VIDEOS } from './support/samples.ts'

/** Three stages: the middle one takes seconds, so that a kill meets it at work. */
const PIPELINE = `pipeline:
  name: slow
  defaults: {heartbeat_timeout: 3s, retry: {maximum_attempts: 3, initial_interval: 200ms}}
  stages:
    - name: clean
      module: take_input_csv
      config: {input_file: data/videos.csv, budget: {fail: 60%}, columns: {views: {type: integer}}}
    - name: wait
      command: 'sleep 4; cp "$ONCLOCK_INPUT_FILE" "$ONCLOCK_OUTPUT_FILE"'
      input: clean
      config: {output_file: data/waited.csv}
    - name: keep
      module: rule_based_filtering
      input: wait
      config: {rules: [{id: seen-enough, column: views, type: integer, min: 1000}]}
`

let project: TestProject
let undisturbed: { readonly [file: string]: string }

beforeAll(async () => {
  project = await makeProject({ 'config/main.yaml': PIPELINE, 'data/videos.csv': VIDEOS })
  const { stdout, stderr, code } = await project.onclock(['run', '--json'])
  expect(code, stderr).toBe(0)
  undisturbed = await bytesOf(JSON.parse(stdout) as RunRecord)
})
afterAll(() => project.dispose())

/** Every dataset and every file of left-out rows, by its name without the run ID. */
async function bytesOf(record: RunRecord): Promise<{ readonly [file: string]: string }> {
  const bytes: { [file: string]: string } = {}
  for (const file of record.stages.flatMap((stage) => stage.outputs)) {
    const path = join(project.dir, 'data/output', `execution_${record.run_id}`, file.path)
    // A stage that cannot keep the source's place names its own input, whose name has the run ID.
    bytes[file.path.replace(record.run_id, 'ID')] = (await readFile(path, 'utf8')).replaceAll(record.run_id, 'ID')
  }
  return bytes
}

async function pids(): Promise<{ readonly server: number; readonly worker: number; readonly supervisor: number }> {
  const status = await embeddedStatus(project.dir)
  if (!status.running || status.server.pid === null || status.worker.pid === null) throw new Error('nothing is running')
  return { server: status.server.pid, worker: status.worker.pid, supervisor: status.pid }
}

/** Looks at the files: a command would take longer than the stage. */
async function untilStageRuns(): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const [newest] = await projectRuns(project.dir)
    const record = newest === undefined ? null : await readRunRecord(newest)
    if (record?.stages.some((stage) => stage.name === 'wait' && stage.status === 'running') === true) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the stage never ran')
}

describe('kill -9 in the middle of a stage', () => {
  it.each([
    ['the worker', (ids: Awaited<ReturnType<typeof pids>>) => [ids.worker]],
    ['the server', (ids: Awaited<ReturnType<typeof pids>>) => [ids.server]],
    ['both', (ids: Awaited<ReturnType<typeof pids>>) => [ids.server, ids.worker]],
  ])('of %s: the run goes on by itself and ends with the same bytes', async (_victims, victims) => {
    const child = project.start(['run', '--json'])
    const end = finished(child, { timeoutMs: 120_000 })
    await untilStageRuns()
    for (const pid of victims(await pids())) process.kill(pid, 'SIGKILL')
    const { code, stdout, stderr } = await end
    expect(code, stderr).toBe(0)
    const record = JSON.parse(stdout) as RunRecord
    expect(record.status).toBe('completed')
    expect(await bytesOf(record)).toEqual(undisturbed)
  })

  it('of everything, the client and the supervisor included: watch brings it back', async () => {
    const child = project.start(['run', '--json'])
    const end = finished(child, { timeoutMs: 120_000 }).catch(() => null)
    await untilStageRuns()
    const ids = await pids()
    child.kill('SIGKILL')
    for (const pid of [ids.supervisor, ids.worker, ids.server]) process.kill(pid, 'SIGKILL')
    await end
    const { code, stdout, stderr } = await project.onclock(['watch', 'latest', '--json'])
    expect(code, stderr).toBe(0)
    const { stdout: shown } = await project.onclock(['show', 'latest', '--json'])
    const record = JSON.parse(shown) as RunRecord
    expect(record.status, stdout).toBe('completed')
    expect(await bytesOf(record)).toEqual(undisturbed)
  })
})
