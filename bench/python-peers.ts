import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, 'peers')
const venv = join(folder, '.venv')
const lock = join(folder, 'requirements.txt')

/** The interpreter that has the locked peers, installed when need be; null after saying why there is none. */
export function pythonWithPeers(say: (message: string) => void): string | null {
  const python = join(venv, 'bin', 'python')
  const stamp = join(venv, 'installed-lock')
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python
  rmSync(venv, { recursive: true, force: true })
  say(`Installing the locked Python peers into ${venv} …`)
  const steps: readonly (readonly string[])[] = [
    ['python3', '-m', 'venv', venv],
    [
      python,
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--only-binary',
      ':all:',
      '--require-hashes',
      '-r',
      lock,
    ],
  ]
  for (const [command = '', ...args] of steps) {
    const done = spawnSync(command, args, { encoding: 'utf8' })
    if (done.status === 0) continue
    say(
      `No Python peers: ${command} ${args.slice(0, 3).join(' ')} failed. ${(done.error?.message ?? done.stderr).trim().slice(-600)}`,
    )
    say('The comparison goes on with what is there. Polars, pandas and DuckDB need Python 3.11 or later with venv and pip.')
    return null
  }
  writeFileSync(stamp, wanted)
  return python
}
