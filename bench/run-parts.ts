// `npm run bench -- parts`: where the time of an `onclock run` on a small file goes, cold (server, bundle cache kept, worker started) and
// warm (both are up). Whole processes, medians; the marks are the lines the command prints and the times in the run's log.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSample } from '../scripts/make-sample.js'
import { packageRoot } from '../activities/package-root.ts'

const command = join(packageRoot, 'bin', 'onclock.js')

/** Milliseconds from the start of the process. */
interface Marks {
  readonly [part: string]: number
}

const LINES: readonly [part: string, line: RegExp][] = [
  ['server reached', /^Temporal of this project/m],
  ['start acknowledged', /^started .* as run/m],
  ['plan made', /\[run\] .* started as/m],
  ['run closed', /\[run\] completed/m],
]

/** Measures both, and returns the table or its figures as a line of JSON. */
export async function runParts(rounds: number, json: boolean): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), 'onclock-bench-'))
  try {
    return await measure(project, { rounds, json })
  } finally {
    await once(project, ['down'])
    await rm(project, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function measure(project: string, { rounds, json }: { readonly rounds: number; readonly json: boolean }): Promise<string> {
  await prepare(project)
  await once(project, ['run'])
  await settle(project)
  const bare = await repeat(rounds, () => once(project, ['--version']))
  const cold = await repeat(rounds, async () => {
    const marks = await once(project, ['run'])
    await settle(project)
    return marks
  })
  const parts = await startParts(project)
  const up = spawn(process.execPath, [command, 'up'], { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
  await firstLine(up)
  const warm = await repeat(rounds, () => once(project, ['run']))
  up.kill('SIGINT')
  await ended(up)
  const figures = { rounds, bare, cold, warm, parts }
  return json ? `${JSON.stringify(figures)}\n` : table(figures)
}

async function prepare(project: string): Promise<void> {
  await mkdir(join(project, 'config'))
  await mkdir(join(project, 'node_modules'))
  await symlink(packageRoot, join(project, 'node_modules', 'onclock'))
  await writeFile(join(project, 'package.json'), '{"name":"bench","type":"module"}')
  await writeFile(join(project, 'config', 'main.yaml'), await readFile(join(packageRoot, 'config', 'main.yaml'), 'utf8'))
  makeSample(join(project, 'data', 'input.csv'), { rows: 1000 })
}

/** Runs the command to its end and notes when each line came. */
async function once(project: string, args: readonly string[]): Promise<Marks> {
  const start = performance.now()
  const child = spawn(process.execPath, [command, ...args], { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
  const marks: { [part: string]: number } = {}
  let said = ''
  const listen = (text: Buffer): void => {
    said += text.toString()
    for (const [part, line] of LINES) if (line.test(said)) marks[part] ??= performance.now() - start
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  await ended(child)
  return { ...marks, exit: performance.now() - start }
}

/** Without a terminal the server ends with the last command: the next start is cold when it has. */
async function settle(project: string): Promise<void> {
  await once(project, ['down'])
}

async function startParts(project: string): Promise<string> {
  const log = await readFile(join(project, '.onclock', 'supervisor.log'), 'utf8')
  return log
    .split('\n')
    .filter((line) => /answers at|polls after/.test(line))
    .slice(-2)
    .map((line) => `  ${line.replace(/^\S+ /, '')}`)
    .join('\n')
}

async function repeat(rounds: number, measure: () => Promise<Marks>): Promise<readonly Marks[]> {
  const all: Marks[] = []
  for (let round = 0; round < rounds; round += 1) all.push(await measure())
  return all
}

interface Figures {
  readonly rounds: number
  readonly bare: readonly Marks[]
  readonly cold: readonly Marks[]
  readonly warm: readonly Marks[]
  /** Lines of the supervisor's log. */
  readonly parts: string
}

function table({ rounds, bare, cold, warm, parts }: Figures): string {
  const names = [...LINES.map(([part]) => part), 'exit']
  const row = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(28)}${cells.map((cell) => cell.padStart(10)).join('')}`
  const lines = [
    `medians of ${rounds}, milliseconds from the start of the process`,
    row('', ['cold', 'warm']),
    row('the command itself', [median(bare, 'exit'), median(bare, 'exit')]),
    ...names.map((name) => row(name, [median(cold, name), median(warm, name)])),
    '',
    'of the last cold start, as the supervisor saw it:',
    parts,
  ]
  return `${lines.join('\n')}\n`
}

function median(all: readonly Marks[], part: string): string {
  const values = all.flatMap((marks) => (marks[part] === undefined ? [] : [marks[part]])).sort((a, b) => a - b)
  const middle = values[Math.floor(values.length / 2)]
  return middle === undefined ? '–' : String(Math.round(middle))
}

function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.stdout?.once('data', () => resolve())
    child.stderr?.once('data', () => resolve())
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()))
}
