import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { largestMemory } from './process-tree.ts'

/** What a command took from its start to its end. */
export interface Usage {
  readonly wallSeconds: number
  /** Of the process and of all its children that ended. */
  readonly cpuSeconds: number
  /** Peak resident memory of the largest process; null where there is no `/proc`. */
  readonly peakKb: number | null
}

/** The shell knows what its children used, which Node does not tell; it says so on a file descriptor of its own. */
const TIMED = '"$@" >/dev/null; code=$?; times >&3; exit $code'
const SAMPLE_MS = 40

/** Runs a command to its end. Throws with its last words when it fails. */
export async function measureProcess(argv: readonly string[], cwd: string): Promise<Usage> {
  const start = performance.now()
  const child = spawn('sh', ['-c', TIMED, 'sh', ...argv], { cwd, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  let peakKb: number | null = null
  const timer = setInterval(() => {
    peakKb = Math.max(peakKb ?? 0, largestMemory(child.pid ?? 0)) || null
  }, SAMPLE_MS)
  const said = { errors: '', times: '' }
  child.stderr?.on('data', (text: Buffer) => void (said.errors = `${said.errors}${text.toString()}`.slice(-2000)))
  child.stdio[3]?.on('data', (text: Buffer) => void (said.times += text.toString()))
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const exited = new Promise<number>((resolve) => child.once('exit', () => resolve(performance.now())))
  const code = await ended.finally(() => clearInterval(timer))
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}:\n${said.errors}`)
  return { wallSeconds: ((await exited) - start) / 1000, cpuSeconds: cpuOf(said.times), peakKb }
}

/** One command after the other. */
export function together(usages: readonly Usage[]): Usage {
  const peaks = usages.flatMap(({ peakKb }) => (peakKb === null ? [] : [peakKb]))
  return {
    wallSeconds: usages.reduce((sum, { wallSeconds }) => sum + wallSeconds, 0),
    cpuSeconds: usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakKb: peaks.length === 0 ? null : Math.max(...peaks),
  }
}

/** The second line of `times` is that of the children: `0m1.230s 0m0.120s`. */
function cpuOf(times: string): number {
  const line = times.trim().split('\n')[1] ?? ''
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  )
}

/** Whether processes can be looked into here. */
export function hasProc(): boolean {
  try {
    return readFileSync('/proc/self/stat').length > 0
  } catch {
    return false
  }
}
