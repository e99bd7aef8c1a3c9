// Plain JavaScript with nothing but Node: it runs on a fresh clone, before any dependency is there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Brings a clone to where commands run: the Node version is checked, dependencies installed when missing or stale, `dist/` built. */
export async function setUp() {
  checkNode()
  installDependencies()
  const { ensureBuilt } = await import('../bin/build.js')
  ensureBuilt()
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (process.platform === 'win32')
    stop('onclock runs on Linux and macOS. On Windows use WSL: https://learn.microsoft.com/windows/wsl/install')
  if (major < 20 || (major === 20 && minor < 19))
    stop(`onclock needs Node 20.19 or later; this is ${process.versions.node}. See https://nodejs.org`)
}

/** Installed from the lock file, and again whenever the lock file is another than the one installed. */
function installDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.onclock-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  process.stderr.write('onclock: installing dependencies from the lock file (about 500 MB on disk, once) …\n')
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (install.status !== 0)
    stop('npm ci failed; its own words are above. Without a network, copy node_modules from a machine that has it.')
  writeFileSync(stamp, lock)
}

function stop(message) {
  process.stderr.write(`onclock: ${message}\n`)
  process.exit(5)
}
