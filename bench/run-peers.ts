import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { openDatabase } from '../activities/duckdb.ts'
import { type Contender, nodeContender, ourRun, ourStages, PIPELINE, pythonContenders } from './contenders.ts'
import { generateRows } from './generate-rows.ts'
import { type GuaranteeCost, guaranteeCosts } from './guarantee-costs.ts'
import { type HeldCpu, HeldServer } from './held-server.ts'
import { hasProc } from './measure-process.ts'
import { digestOutputs, type OutputDigest } from './output-hash.ts'
import { pythonWithPeers } from './python-peers.ts'

export interface Comparison {
  readonly rows: number
  readonly seed: number
  readonly rounds: number
  /** In the order of their names in the table; medians of the rounds. */
  readonly contenders: readonly ContenderFigures[]
  readonly counts: Pick<OutputDigest, 'rows' | 'rules'>
  readonly costs: readonly GuaranteeCost[]
}

export interface ContenderFigures {
  readonly name: string
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakKb: number | null
  /** Of `cpuSeconds`, what was spent in worker, server and supervisor. */
  readonly held: HeldCpu | null
  /** How its outputs compare with those of the first contender. */
  readonly same: 'rows and order' | 'rows' | 'DIFFERENT'
}

export interface ComparisonOptions {
  readonly rows: number
  readonly rounds: number
  readonly seed: number
  readonly say: (message: string) => void
}

/** Peers and ours in turn in each round, as whole processes, in a folder that is gone afterwards. */
export async function runPeers(options: ComparisonOptions): Promise<Comparison> {
  const { rows, seed, rounds, say } = options
  if (!hasProc()) throw new Error('The comparison reads CPU time and memory from /proc: it runs on Linux.')
  const project = await realpath(await mkdtemp(join(tmpdir(), 'onclock-bench-')))
  const python = pythonWithPeers(say)
  let server: HeldServer | null = null
  const database = await openDatabase({ spillDir: join(project, 'spill') })
  try {
    say(`Generating ${rows.toLocaleString('en')} rows, seed ${seed} …`)
    await prepare(project, { rows, seed })
    server = await HeldServer.start(project)
    const ours = ourRun(project, server)
    const contenders = [
      ...(python === null ? [] : pythonContenders(project, python)),
      nodeContender(project),
      ours,
      ourStages(project),
    ]
    const connection = await database.connect()
    const book = new Book(connection, contenders)
    for (let round = 0; round < rounds; round += 1) await book.round(round, say)
    const costs = await guaranteeCosts(connection, project, ours)
    return { rows, seed, rounds, contenders: book.figures(), counts: book.counts(), costs }
  } finally {
    await server?.stop()
    database.close()
    await rm(project, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function prepare(project: string, { rows, seed }: { readonly rows: number; readonly seed: number }): Promise<void> {
  for (const folder of ['data', 'config']) await mkdir(join(project, folder))
  await writeFile(join(project, 'package.json'), '{"name":"bench","type":"module"}')
  await writeFile(join(project, 'config', 'main.yaml'), await readFile(PIPELINE))
  await generateRows(join(project, 'data', 'input.csv'), { rows, seed })
}

interface Entry {
  readonly contender: Contender
  readonly wall: number[]
  readonly cpu: number[]
  readonly peak: number[]
  readonly held: HeldCpu[]
  digest: OutputDigest | null
}

/** What was measured so far. */
class Book {
  readonly #connection: DuckDBConnection
  readonly #entries: readonly Entry[]

  constructor(connection: DuckDBConnection, contenders: readonly Contender[]) {
    this.#connection = connection
    this.#entries = contenders.map((contender) => ({ contender, wall: [], cpu: [], peak: [], held: [], digest: null }))
  }

  /** Another contender begins each round, so that none always comes after the same. */
  async round(round: number, say: (message: string) => void): Promise<void> {
    const first = round % this.#entries.length
    for (const entry of [...this.#entries.slice(first), ...this.#entries.slice(0, first)]) {
      const { contender } = entry
      try {
        const { usage, files, held } = await contender.run()
        entry.wall.push(usage.wallSeconds)
        entry.cpu.push(usage.cpuSeconds)
        if (usage.peakKb !== null) entry.peak.push(usage.peakKb)
        if (held !== undefined) entry.held.push(held)
        entry.digest ??= await digestOutputs(this.#connection, files)
        say(
          `round ${round + 1}  ${contender.name.padEnd(24)} ${usage.wallSeconds.toFixed(2)} s, CPU ${usage.cpuSeconds.toFixed(2)} s`,
        )
      } finally {
        await contender.clear()
      }
    }
  }

  figures(): readonly ContenderFigures[] {
    return this.#entries.map(({ contender, wall, cpu, peak, held, digest }) => {
      return {
        name: contender.name,
        wallSeconds: median(wall),
        cpuSeconds: median(cpu),
        peakKb: peak.length === 0 ? null : median(peak),
        held: held.length === 0 ? null : medianHeld(held),
        same: this.#compare(digest, contender.keepsOrder),
      }
    })
  }

  counts(): Pick<OutputDigest, 'rows' | 'rules'> {
    const { rows, rules } = this.#reference()
    return { rows, rules }
  }

  #compare(digest: OutputDigest | null, keepsOrder: boolean): ContenderFigures['same'] {
    const reference = this.#reference()
    if (digest?.unordered !== reference.unordered) return 'DIFFERENT'
    if (!keepsOrder) return 'rows'
    return digest.ordered === reference.ordered ? 'rows and order' : 'DIFFERENT'
  }

  /** What most would call right: the first peer's, which is Polars where it is there. */
  #reference(): OutputDigest {
    const digest = this.#entries[0]?.digest ?? null
    if (digest === null) throw new Error('nothing was measured')
    return digest
  }
}

function medianHeld(all: readonly HeldCpu[]): HeldCpu {
  return {
    worker: median(all.map(({ worker }) => worker)),
    server: median(all.map(({ server }) => server)),
    rest: median(all.map(({ rest }) => rest)),
  }
}

/** Of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[half]]
  return (low + high) / 2
}
