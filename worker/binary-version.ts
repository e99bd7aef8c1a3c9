import { execFile } from 'node:child_process'
import { TEMPORAL_CLI } from './binary-pins.ts'

export interface BinaryVersion {
  readonly cli: string
  readonly server: string
  /** Whether the server is as new as the one everything was tried with. */
  readonly recent: boolean
}

/** What `temporal --version` says; null when the file is no Temporal CLI or cannot be run. */
export function readBinaryVersion(path: string): Promise<BinaryVersion | null> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: 10_000, encoding: 'utf8' }, (error, stdout) => {
      const match = /temporal version v?(\d[\w.+-]*).*?\bServer v?(\d[\w.+-]*)/is.exec(stdout)
      if (error !== null || match === null) return resolve(null)
      const [, cli = '', server = ''] = match
      resolve({ cli, server, recent: isAtLeast(server, TEMPORAL_CLI.server) })
    })
  })
}

/** Compares dotted versions by their numbers; what follows a hyphen is not looked at. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, want] = [version, minimum].map((text) => (text.split('-')[0] ?? '').split('.').map(Number)) as [number[], number[]]
  for (const [at, wanted] of want.entries()) {
    const difference = (have[at] ?? 0) - wanted
    if (difference !== 0) return difference > 0
  }
  return true
}
