import { appendFile, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot } from '../../activities/package-root.ts'
import { contentHash, workflowBundle } from '../../worker/workflow-bundle.ts'

let folder = ''
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'onclock-bundle-'))))
afterEach(() => rm(folder, { recursive: true }))

async function copyOfDist(): Promise<string> {
  const dist = join(folder, 'dist')
  for (const part of ['workflows', 'pipeline']) await cp(join(packageRoot, 'dist', part), join(dist, part), { recursive: true })
  return dist
}

describe('workflowBundle', () => {
  it('is built once, whole even when two ask at once, and then comes from the cache', async () => {
    const options = { projectDir: folder, env: { ONCLOCK_CACHE_DIR: join(folder, 'cache') } }
    const [a, b] = await Promise.all([workflowBundle(options), workflowBundle(options)])
    expect(a.built).toBe(true)
    expect(a.codePath).toBe(b.codePath)
    expect(await readFile(a.codePath, 'utf8')).toContain('runPipeline')
    expect(await workflowBundle(options)).toEqual({ codePath: a.codePath, built: false })
    expect(await readdir(join(folder, 'cache'))).toHaveLength(1)
  })
})

describe('contentHash', () => {
  it('changes with the workflow code and with what it imports, and with nothing else', async () => {
    const dist = await copyOfDist()
    const before = contentHash(dist)
    await appendFile(join(dist, 'workflows', 'run-pipeline.d.ts'), '\n// a type')
    expect(contentHash(dist)).toBe(before)
    await appendFile(join(dist, 'workflows', 'run-pipeline.js'), '\n// code')
    const after = contentHash(dist)
    expect(after).not.toBe(before)
    await appendFile(join(dist, 'pipeline', 'plan.js'), '\n// code')
    expect(contentHash(dist)).not.toBe(after)
  })
})
