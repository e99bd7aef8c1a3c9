// Plain JavaScript, since it runs before anything is built.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sources = ['pipeline', 'activities', 'workflows', 'worker', 'client']
const stamp = join(root, 'dist', '.built')
/** Builds under way lie here, by process: a command that was killed in the middle leaves nothing that git or a linter sees. */
const workshop = join(root, 'node_modules', '.cache', 'onclock-build')

/** Builds `dist/` when it is missing or older than a source; does nothing in an installed package, which has no sources. */
export function ensureBuilt() {
  if (!existsSync(join(root, 'pipeline')) || !existsSync(join(root, 'tsconfig.json'))) return
  const newest = Math.max(statSync(join(root, 'tsconfig.json')).mtimeMs, ...sources.map((folder) => newestIn(join(root, folder))))
  // Written as a number: the time of a file is kept less exactly than that of an edit, and every command would build.
  if (existsSync(stamp) && Number(readFileSync(stamp, 'utf8')) >= newest) return
  build(newest)
}

/** Compiles into a folder of its own and then swaps it in, so that two commands at once never see half a build. */
function build(newest) {
  const fresh = join(workshop, `${process.pid}-new`)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(tsc)) {
    process.stderr.write('onclock: the dependencies are not installed. Run `npm start` or `npm ci`.\n')
    process.exit(5)
  }
  sweepWorkshop()
  const result = spawnSync(process.execPath, [tsc, '-p', root, '--outDir', fresh], { encoding: 'utf8' })
  if (!existsSync(fresh)) {
    process.stderr.write(`onclock: the build failed.\n${result.stdout ?? ''}${result.stderr ?? ''}`)
    process.exit(70)
  }
  if (result.status !== 0 && process.env.ONCLOCK_BUILD_VERBOSE) process.stderr.write(result.stdout)
  writeFileSync(join(fresh, '.built'), String(newest))
  const dist = join(root, 'dist')
  const old = join(workshop, `${process.pid}-old`)
  try {
    if (existsSync(dist)) renameSync(dist, old)
    renameSync(fresh, dist)
  } catch {
    // Another command swapped its own build in at the same moment: that one serves as well.
    rmSync(fresh, { recursive: true, force: true })
  }
  rmSync(old, { recursive: true, force: true })
}

function sweepWorkshop() {
  mkdirSync(workshop, { recursive: true })
  for (const name of readdirSync(workshop)) {
    if (!isAlive(Number(name.split('-')[0]))) rmSync(join(workshop, name), { recursive: true, force: true })
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function newestIn(folder) {
  let newest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) newest = Math.max(newest, newestIn(path))
    else newest = Math.max(newest, statSync(path).mtimeMs)
  }
  return newest
}
