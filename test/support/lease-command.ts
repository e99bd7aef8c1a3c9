import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageRoot } from '../../activities/package-root.ts'
import { type EmbeddedStatus, embeddedStatus, stopEmbedded } from '../../worker/embedded.ts'

const HOLDER = join(packageRoot, 'test/fixtures/processes/lease-holder.js')

type SaidEvent = { readonly type: string; readonly message?: string } & { readonly [key: string]: unknown }
export type RunningStatus = Extract<EmbeddedStatus, { running: true }>

/** A process that holds a lease, as any command does. */
export interface LeaseCommand {
  readonly child: ChildProcess
  readonly said: readonly SaidEvent[]
  /** The first event of this type, now or later. */
  hears(type: string, withinMs?: number): Promise<SaidEvent>
  /** Gives up the lease as a command that ends. */
  release(): Promise<void>
}

export interface LeaseOptions {
  readonly tty?: boolean
  readonly env?: NodeJS.ProcessEnv
  /** Another copy of the package than all the others run. */
  readonly root?: string
}

/** Projects of one test file, with everything they have in the background ended afterwards. */
export class LeaseProjects {
  readonly #folders: string[] = []
  readonly #children: ChildProcess[] = []
  #copy: string | null = null

  folder(name = 'project'): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), `onclock-${name}-`)))
    this.#folders.push(folder)
    return folder
  }

  /** A copy of the built package, which no build replaces while a test runs; each copy counts as a build of its own. */
  packageCopy(): string {
    const root = this.folder('package')
    for (const part of ['dist', 'activities', 'package.json'])
      cpSync(join(packageRoot, part), join(root, part), { recursive: true })
    symlinkSync(join(packageRoot, 'node_modules'), join(root, 'node_modules'))
    return root
  }

  command(projectDir: string, { tty = false, env = {}, root = this.#root() }: LeaseOptions = {}): LeaseCommand {
    const child = spawn(process.execPath, [HOLDER, join(root, 'dist/worker/embedded.js'), projectDir, tty ? 'tty' : 'pipe'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    })
    this.#children.push(child)
    const said: SaidEvent[] = []
    createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line) as SaidEvent))
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    return {
      child,
      said,
      hears: (type, withinMs = 60_000) => hears(said, type, withinMs),
      async release() {
        child.stdin.end()
        await exited
      },
    }
  }

  #root(): string {
    this.#copy ??= this.packageCopy()
    return this.#copy
  }

  async dispose(): Promise<void> {
    this.#copy = null
    for (const child of this.#children.splice(0)) child.kill('SIGKILL')
    for (const folder of this.#folders.splice(0)) {
      await stopEmbedded(folder)
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

async function hears(said: readonly SaidEvent[], type: string, withinMs: number): Promise<SaidEvent> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(10)) {
    const found = said.find((event) => event.type === type)
    if (found !== undefined) return found
    const error = said.find((event) => event.type === 'error')
    if (error !== undefined) throw new Error(`waiting for ${type}: ${JSON.stringify(error)}`)
  }
  throw new Error(`no ${type} within ${withinMs} ms, but ${JSON.stringify(said)}`)
}

/** The status once it is as wanted. */
export async function statusWhen(
  projectDir: string,
  wanted: (status: RunningStatus) => boolean = ({ server, worker }) => server.state === 'ready' && worker.state === 'ready',
  withinMs = 60_000,
): Promise<RunningStatus> {
  let status: EmbeddedStatus = { running: false }
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(30)) {
    status = await embeddedStatus(projectDir)
    if (status.running && wanted(status)) return status
  }
  throw new Error(`the status never was as wanted: ${JSON.stringify(status)}\n${logsOf(projectDir)}`)
}

/** Everything the background wrote, for the message of a test that fails. */
export function logsOf(projectDir: string): string {
  const folder = join(projectDir, '.onclock')
  const logs = readdirSync(folder).filter((file) => file.endsWith('.log'))
  return logs.map((file) => `--- ${file}\n${readFileSync(join(folder, file), 'utf8').slice(-4_000)}`).join('\n')
}
