import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleWorkflowCode, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../activities/package-root.ts'

const folder = join(packageRoot, 'test', 'workflows', 'histories')
const versions = await readdir(folder)
const recorded = (
  await Promise.all(
    versions.map(async (version) => (await readdir(join(folder, version))).map((file) => [version, file] as const)),
  )
).flat()
let bundle: WorkflowBundle

beforeAll(async () => {
  const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} }
  Runtime.install({ logger })
  bundle = await bundleWorkflowCode({ workflowsPath: join(packageRoot, 'dist', 'workflows'), logger })
}, 60_000)

describe('recorded histories', () => {
  it('are there in every shape a run can have', () => {
    expect(recorded.length).toBeGreaterThanOrEqual(10)
  })

  it.each(recorded)('of version %s replay against the present workflow: %s', async (version, file) => {
    const history: unknown = JSON.parse(await readFile(join(folder, version, file), 'utf8'))
    await expect(Worker.runReplayHistory({ workflowBundle: bundle }, history)).resolves.toBeUndefined()
  })

  it('fail when the workflow would do something else', async () => {
    const [version = '', file = ''] = recorded.find(([, name]) => name === 'linear.json') ?? []
    const text = await readFile(join(folder, version, file), 'utf8')
    const other: unknown = JSON.parse(text.replaceAll('"activityId":"two"', '"activityId":"another"'))
    await expect(Worker.runReplayHistory({ workflowBundle: bundle }, other)).rejects.toThrow(/nondeterminism/i)
  })
})
