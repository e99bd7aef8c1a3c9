import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../activities/package-root.ts'
import { peakMemory, type ProcessState, processTree, resetPeakMemory } from './process-tree.ts'

/** The command as people start it. */
export const onclock = [process.execPath, join(packageRoot, 'bin', 'onclock.js')] as const

/** CPU seconds of what runs beside a command. */
export interface HeldCpu {
  readonly worker: number
  readonly server: number
  /** Supervisor and guards. */
  readonly rest: number
}

/** Server and worker of a project, held by `onclock up`. */
export class HeldServer {
  readonly #project: string
  readonly #up: ChildProcess

  private constructor(project: string, up: ChildProcess) {
    this.#project = project
    this.#up = up
  }

  /** Resolves when both are ready for a run. */
  static async start(project: string): Promise<HeldServer> {
    const [node, script] = onclock
    const up = spawn(node, [script, 'up'], { cwd: project, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      up.once('exit', (code) => reject(new Error(`onclock up ended with ${code}:\n${said}`)))
      up.stderr.on('data', (text: Buffer) => {
        said += text.toString()
        if (said.includes('It stays up')) resolve()
      })
    })
    return new HeldServer(project, up)
  }

  /** CPU time so far: what a run took is the difference. */
  cpu(): HeldCpu {
    const sum = (kinds: readonly ProcessState[]): number => kinds.reduce((all, { cpuSeconds }) => all + cpuSeconds, 0)
    const tree = this.#tree()
    const worker = tree.filter(isWorker)
    const server = tree.filter(isServer)
    return { worker: sum(worker), server: sum(server), rest: sum(tree) - sum(worker) - sum(server) }
  }

  resetPeak(): void {
    for (const { pid } of this.#tree().filter(isWorker)) resetPeakMemory(pid)
  }

  /** Of the worker, in kB. */
  peakKb(): number {
    return Math.max(
      0,
      ...this.#tree()
        .filter(isWorker)
        .map(({ pid }) => peakMemory(pid)),
    )
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#up.once('close', resolve))
    this.#up.kill('SIGINT')
    await ended
    const [node, script] = onclock
    await new Promise((resolve) => spawn(node, [script, 'down'], { cwd: this.#project, stdio: 'ignore' }).once('close', resolve))
  }

  #tree(): readonly ProcessState[] {
    const state = join(this.#project, '.onclock')
    const lock = readdirSync(state)
      .filter((name) => /^supervisor-\d+\.json$/.test(name))
      .sort()
      .at(-1)
    if (lock === undefined) return []
    return processTree((JSON.parse(readFileSync(join(state, lock), 'utf8')) as { readonly pid: number }).pid)
  }
}

const isWorker = ({ command }: ProcessState): boolean => command.includes('--onclock-worker-of')
const isServer = ({ command }: ProcessState): boolean => command.includes('server start-dev')
