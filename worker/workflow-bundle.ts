import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { packageRoot } from '../activities/package-root.ts'
import { writableCacheDir } from './cache-folder.ts'

export interface WorkflowBundle {
  readonly codePath: string
  /** False when it came from the cache. */
  readonly built: boolean
}

export interface WorkflowBundleOptions {
  readonly projectDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The built files; `dist` of this package unless given. */
  readonly dist?: string
}

/** What the workflow code may import: everything that can get into the bundle, besides the SDK. */
const SOURCES = ['workflows', 'pipeline']
const ENTRY = join('workflows', 'run-pipeline.js')
const OLD_BUNDLES_KEPT = 8

/**
 * The workflow code as one file. Building it takes seconds, so it is built once for each content of its sources and version of
 * the SDK, and put in place by a rename: a process that reads it never sees half of it.
 */
export async function workflowBundle(options: WorkflowBundleOptions): Promise<WorkflowBundle> {
  const dist = options.dist ?? join(packageRoot, 'dist')
  const folder = await writableCacheDir(options.projectDir, options.env)
  const codePath = join(folder, `workflows-${contentHash(dist)}.js`)
  if (existsSync(codePath)) {
    touch(codePath)
    return { codePath, built: false }
  }
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker')
  const { code } = await bundleWorkflowCode({ workflowsPath: join(dist, ENTRY), logger: new DefaultLogger('WARN') })
  const draft = `${codePath}.${process.pid}-${randomBytes(4).toString('hex')}`
  writeFileSync(draft, code)
  renameSync(draft, codePath)
  removeOldest(folder)
  return { codePath, built: true }
}

/** Changes when the bundle would be another one. */
export function contentHash(dist: string): string {
  const hash = createHash('sha256')
  for (const name of ['@temporalio/worker', '@temporalio/workflow']) hash.update(`${name}@${versionOf(name)}\n`)
  for (const folder of SOURCES) {
    for (const file of scriptsBelow(join(dist, folder)))
      hash
        .update(`${relative(dist, file)}\0`)
        .update(readFileSync(file))
        .update('\0')
  }
  return hash.digest('hex').slice(0, 20)
}

function scriptsBelow(folder: string): string[] {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true })
  return files
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

function versionOf(name: string): string {
  const manifest = createRequire(import.meta.url)(`${name}/package.json`) as { version: string }
  return manifest.version
}

/** Each edit of a workflow leaves a bundle behind; the last few are enough. */
function removeOldest(folder: string): void {
  const bundles = readdirSync(folder).filter((file) => /^workflows-[0-9a-f]{20}\.js$/.test(file))
  const newestFirst = bundles
    .map((file) => ({ file, usedAt: usedAt(join(folder, file)) }))
    .toSorted((a, b) => b.usedAt - a.usedAt)
  for (const { file } of newestFirst.slice(OLD_BUNDLES_KEPT)) rmSync(join(folder, file), { force: true })
}

/** Another process may have removed it in between. */
function usedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function touch(file: string): void {
  const now = new Date()
  try {
    utimesSync(file, now, now)
  } catch {
    // A cache that can only be read serves as well.
  }
}
