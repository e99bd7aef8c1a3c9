import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/** A process as such: a process ID alone may have been given to another one since. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in the system's own notation; only compared. */
  readonly startedAt: string
  readonly command: string
}

/** The living process with this ID; null when there is none. Zombies do not live. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  return process.platform === 'linux' ? fromProc(pid) : (fromPs(['-p', String(pid)])[0] ?? null)
}

/** All processes that can be seen whose command line holds the text. */
export function processesWithCommand(text: string): ProcessIdentity[] {
  const all =
    process.platform === 'linux'
      ? readdirSync('/proc').flatMap((entry) => (/^\d+$/.test(entry) ? (fromProc(Number(entry)) ?? []) : []))
      : fromPs(['-A'])
  return all.filter(({ command }) => command.includes(text))
}

/** Whether the process still is the one it was. */
export function isSameProcess(identity: Pick<ProcessIdentity, 'pid' | 'startedAt'>): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt
}

/** `ps` is missing in slim containers; on Linux /proc says the same, and faster. */
function fromProc(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    const startedAt = fields[19]
    if (state === 'Z' || state === 'X' || startedAt === undefined) return null
    return { pid, startedAt, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() }
  } catch {
    return null
  }
}

function fromPs(selection: readonly string[]): ProcessIdentity[] {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  let table: string
  try {
    table = execFileSync('ps', ['-ww', '-o', 'pid=,stat=,lstart=,command=', ...selection], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return []
  }
  return table.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line)
    if (match === null || match[2]?.startsWith('Z') === true) return []
    return [{ pid: Number(match[1]), startedAt: match[3] ?? '', command: match[4] ?? '' }]
  })
}
