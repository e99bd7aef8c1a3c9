import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
let folder: string

/** A copy of the fence with files of its own, so that forbidden imports never lie in the repo. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onclock-fence-'))
  await cp(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const forbidden: readonly [file: string, imported: string][] = [
  ['pipeline/plan-x.ts', '../activities/stage.ts'],
  ['pipeline/plan-x.ts', 'node:fs'],
  ['pipeline/plan-x.ts', '@temporalio/workflow'],
  ['workflows/story-x.ts', '../activities/stage.ts'],
  ['workflows/story-x.ts', 'zod'],
  ['workflows/story-x.ts', 'node:crypto'],
  ['activities/stage-x.ts', '../client/main.ts'],
  ['activities/stage-x.ts', '@temporalio/activity'],
  ['activities/csv/scan-x.ts', '@temporalio/activity'],
  ['activities/stages/a/stage-x.ts', '../../../worker/main.ts'],
  ['activities/temporal/act-x.ts', '../../worker/main.ts'],
  ['worker/main-x.ts', '../workflows/run-pipeline.ts'],
  ['worker/main-x.ts', '../client/main.ts'],
]

const allowed: readonly [file: string, imported: string][] = [
  ['pipeline/plan-y.ts', 'zod'],
  ['workflows/story-y.ts', '../pipeline/plan.ts'],
  ['activities/stage-y.ts', '../pipeline/plan.ts'],
  ['activities/temporal/act-y.ts', '@temporalio/activity'],
  ['worker/main-y.ts', '../activities/stage.ts'],
  ['client/main-y.ts', '../activities/stage.ts'],
]

describe('the import fence', () => {
  it.each(forbidden)('refuses %s importing %s', async (file, imported) => {
    expect(await lint(file, imported)).toContain('no-restricted-imports')
  })

  it.each(allowed)('lets %s import %s', async (file, imported) => {
    expect(await lint(file, imported)).not.toContain('no-restricted-imports')
  })
})

async function lint(file: string, imported: string): Promise<string> {
  await mkdir(dirname(join(folder, file)), { recursive: true })
  await writeFile(join(folder, file), `import { x } from '${imported}'\n\nexport const y = x\n`)
  return new Promise((resolve) => {
    execFile(join(root, 'node_modules', '.bin', 'oxlint'), [file], { cwd: folder }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}
