import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../activities/package-root.ts'
import { OnclockError } from '../pipeline/errors.ts'
import { parseDuration } from '../pipeline/duration.ts'
import { rotateLog } from './log-file.ts'

/** So that a link just printed works for a while. */
const LINGER = '10m'

/** Starts the supervisor as a process that lives on when this one ends; whether it got the project its lock file says. */
export function startSupervisor(projectDir: string, stateDir: string, binary: string): ChildProcess {
  const log = openLog(stateDir)
  const script = join(packageRoot, 'dist', 'worker', 'supervisor.js')
  try {
    const child = spawn(
      process.execPath,
      [script, '--project', projectDir, '--binary', binary, '--linger-ms', String(lingerMs())],
      {
        cwd: projectDir,
        detached: true,
        stdio: ['ignore', log, log],
      },
    )
    child.on('error', () => undefined)
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

function openLog(stateDir: string): number {
  try {
    mkdirSync(stateDir, { recursive: true })
    keepOutOfGit(stateDir)
    const file = join(stateDir, 'supervisor.log')
    rotateLog(file)
    return openSync(file, 'a')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const full = code === 'ENOSPC' || code === 'EDQUOT'
    throw new OnclockError(
      full ? 'DISK_FULL' : 'NO_PERMISSION',
      `The folder ${stateDir} cannot be written (${code ?? 'unknown'}).`,
      {
        hint: 'The embedded server keeps its database and logs there. Use another project folder (-C DIR) or a configured server (TEMPORAL_ADDRESS).',
        cause: error,
      },
    )
  }
}

/** A database and logs are nothing to commit; the folder says so itself, since projects have their own lists. */
function keepOutOfGit(stateDir: string): void {
  try {
    writeFileSync(join(stateDir, '.gitignore'), '*\n', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** `ONCLOCK_LINGER` is a duration such as `30s` or `1h`. */
function lingerMs(): number {
  const text = process.env['ONCLOCK_LINGER']
  const value = parseDuration(text === undefined || text === '' ? LINGER : text)
  if (value !== null) return value
  throw new OnclockError('USAGE', `ONCLOCK_LINGER is "${text}"; a duration is written like 10m, 90s or 1h30m.`)
}
