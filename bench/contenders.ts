import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type HeldCpu, type HeldServer, onclock } from './held-server.ts'
import { measureProcess, together, type Usage } from './measure-process.ts'
import { ourFiles, type OutputFiles, peerFiles } from './output-hash.ts'

interface Measured {
  readonly usage: Usage
  readonly files: OutputFiles
  /** Of ours: what of the CPU time was spent beside the command. */
  readonly held?: HeldCpu
}

/** Somebody who does the two-stage work; `run` works in a fresh folder of the project. */
export interface Contender {
  readonly name: string
  readonly keepsOrder: boolean
  run(): Promise<Measured>
  /** Removes what `run` wrote. */
  clear(): Promise<void>
}

const peers = join(import.meta.dirname, 'peers')
export const PIPELINE = join(peers, 'pipeline.yaml')

/** Peers in Python need the interpreter that has them. */
export function pythonContenders(project: string, python: string): readonly Contender[] {
  const script = (name: string): readonly string[] => [python, join(peers, `${name}_peer.py`)]
  return [
    peer(project, 'polars', script('polars')),
    { ...peer(project, 'duckdb', script('duckdb')), keepsOrder: false },
    peer(project, 'pandas', script('pandas')),
  ]
}

export function nodeContender(project: string): Contender {
  return peer(project, 'csv-parse', [process.execPath, join(peers, 'csv-parse-peer.js')])
}

function peer(project: string, name: string, script: readonly string[]): Contender {
  const out = join(project, `out-${name}`)
  return {
    name,
    keepsOrder: true,
    async run() {
      await mkdir(out)
      return { usage: await measureProcess([...script, 'data/input.csv', out], project), files: peerFiles(out) }
    },
    clear: () => rm(out, { recursive: true, force: true }),
  }
}

/** `onclock run` while `onclock up` holds server and worker, whose CPU time of the same while is added. */
export function ourRun(project: string, server: HeldServer): Contender {
  const runs = join(project, 'data', 'output')
  return {
    name: 'onclock run',
    keepsOrder: true,
    async run() {
      server.resetPeak()
      const before = server.cpu()
      const { wallSeconds, cpuSeconds } = await measureProcess([...onclock, 'run', '--json'], project)
      const after = server.cpu()
      const held = { worker: after.worker - before.worker, server: after.server - before.server, rest: after.rest - before.rest }
      const beside = held.worker + held.server + held.rest
      const [folder = ''] = await readdir(runs)
      return {
        usage: { wallSeconds, cpuSeconds: cpuSeconds + beside, peakKb: server.peakKb() },
        files: ourFiles(join(runs, folder), join(runs, folder)),
        held,
      }
    },
    clear: () => rm(runs, { recursive: true, force: true }),
  }
}

/** The stages one after the other, each a process of its own, without a server. */
export function ourStages(project: string): Contender {
  const folder = (stage: string): string => join(project, `out-${stage}`)
  return {
    name: 'onclock stage run, twice',
    keepsOrder: true,
    async run() {
      const [first, second] = await stageConfigs()
      const [one, two] = [folder('clean'), folder('select')]
      const cleaned = await runStage(project, { ...first, out: one })
      const files = await readdir(one)
      const source = files.find((file) => /^stage1_\d.*\.csv$/.test(file)) ?? ''
      const config = { ...second.config, input_file: join(one, source) }
      const selected = await runStage(project, { ...second, config, out: two })
      return { usage: together([cleaned, selected]), files: ourFiles(one, two) }
    },
    clear: async () => {
      for (const stage of ['clean', 'select']) await rm(folder(stage), { recursive: true, force: true })
    },
  }
}

export interface StageConfig {
  readonly module: string
  readonly config: { readonly [key: string]: unknown }
}

/** The two stages of the pipeline file. */
export async function stageConfigs(): Promise<readonly [StageConfig, StageConfig]> {
  const { pipeline } = parse(await readFile(PIPELINE, 'utf8')) as {
    readonly pipeline: { readonly stages: readonly [StageConfig, StageConfig] }
  }
  return pipeline.stages
}

/** A stage as a process of its own. */
export async function runStage(project: string, stage: StageConfig & { readonly out: string }): Promise<Usage> {
  const config = `${stage.out}.json`
  await writeFile(config, JSON.stringify(stage.config))
  const usage = await measureProcess([...onclock, 'stage', 'run', stage.module, '--config', config, '--out', stage.out], project)
  await rm(config)
  return usage
}
