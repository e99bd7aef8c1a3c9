import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunRecord } from '../../../pipeline/record.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const command = join(root, 'bin', 'onclock.js')

/** What a command left behind. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly stdin?: string
  readonly env?: { readonly [name: string]: string }
  readonly timeoutMs?: number
}

export interface ProjectOptions {
  /** Holds server and worker up in between commands, as a person's terminal would; without it each command starts and ends them. */
  readonly warm?: boolean
  /** A command that every command of the project is run by: `['setpriv', …]`; it may depend on the project's folder. */
  readonly through?: (dir: string) => Promise<readonly string[]> | readonly string[]
  /** Environment of every command, and so of the worker. */
  readonly env?: { readonly [name: string]: string }
}

/** A project in a temporary folder, with the package installed by a link, as a user would have it. */
export interface TestProject {
  readonly dir: string
  onclock(args: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** The same without waiting, for what is to be interrupted. */
  start(args: readonly string[], options?: CommandOptions): ChildProcess
  write(path: string, text: string | Buffer): Promise<void>
  read(path: string): Promise<string>
  /** Names in the run directory, ours left out, sorted. */
  filesOf(runId: string): Promise<string[]>
  /** Names of the run directories. */
  runDirs(): Promise<string[]>
  /** Private folders of a stage's attempts. */
  attemptsOf(runId: string, stage: string): Promise<string[]>
  record(runId: string): Promise<RunRecord>
  /** Ends what the project has in the background and removes it. */
  dispose(): Promise<void>
}

/** Makes a project with these files. */
export async function makeProject(
  files: { readonly [path: string]: string } = {},
  { warm = false, through = () => [], env = {} }: ProjectOptions = {},
): Promise<TestProject> {
  const dir = await mkdtemp(join(tmpdir(), 'onclock-project-'))
  const project = projectAt(dir, { through: await through(dir), env })
  await mkdir(join(dir, 'node_modules'), { recursive: true })
  await symlink(root, join(dir, 'node_modules', 'onclock'))
  await project.write('package.json', JSON.stringify({ name: 'test-project', type: 'module' }))
  for (const [path, text] of Object.entries(files)) await project.write(path, text)
  if (warm) await isUp(project.start(['up']))
  return project
}

interface Surroundings {
  readonly through: readonly string[]
  readonly env: { readonly [name: string]: string }
}

function projectAt(dir: string, { through, env }: Surroundings): TestProject {
  const start = (args: readonly string[], options: CommandOptions = {}): ChildProcess => {
    const [program = '', ...rest] = [...through, process.execPath, command, ...args]
    return spawn(program, rest, {
      cwd: dir,
      env: { ...process.env, NO_COLOR: '1', ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }
  const runDir = (runId: string): string => join(dir, 'data', 'output', `execution_${runId}`)
  return {
    dir,
    start,
    onclock: (args, options = {}) => finished(start(args, options), options),
    write: async (path, text) => {
      await mkdir(dirname(join(dir, path)), { recursive: true })
      await writeFile(join(dir, path), text)
    },
    read: (path) => readFile(join(dir, path), 'utf8'),
    filesOf: async (runId) => (await readdir(runDir(runId))).filter((name) => name !== '.onclock').sort(),
    runDirs: () => readdir(join(dir, 'data', 'output')).catch(() => []),
    attemptsOf: (runId, stage) => readdir(join(runDir(runId), '.onclock', 'attempts', stage)).catch(() => []),
    record: async (runId) => JSON.parse(await readFile(join(runDir(runId), 'run.json'), 'utf8')) as RunRecord,
    dispose: async () => {
      await finished(start(['down']), {})
      await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** `up` says its first line when server and worker are there. */
function isUp(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const listen = (text: Buffer): void => {
      said += text.toString()
      if (said.includes('\n')) resolve()
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.on('exit', (code) => reject(new Error(`up ended with ${String(code)}: ${said}`)))
  })
}

/** Waits for the end of a command and collects what it printed. */
export function finished(child: ChildProcess, { stdin = '', timeoutMs = 150_000 }: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`no end after ${timeoutMs} ms\n${stdout}\n${stderr}`))
    }, timeoutMs)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr })
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(stdin)
  })
}
