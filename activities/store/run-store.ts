import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Closing, Standing } from '../../pipeline/messages.ts'
import type { CommitRecord } from '../../pipeline/record.ts'
import { createOnce, readJson } from './create-once.ts'
import { publishStage, withdrawStage } from './public-names.ts'
import { type RunLayout, runLayout } from './run-layout.ts'
import type { Claim, Generation } from './stored.ts'

/** What is on file of the runs below one output folder. Everything but `run.json` and public names is created once. */
export interface RunStore {
  readonly outputDir: string
  layout(runId: string): RunLayout
  /** IDs of all runs, oldest first. */
  runIds(): Promise<readonly string[]>
  /** Takes the run directory: `ours` when this execution had it already, `taken` when another has it. */
  claim(claim: Claim): Promise<'claimed' | 'ours' | 'taken'>
  readClaim(runId: string): Promise<Claim | null>
  /** Writes what a generation planned, or returns what an earlier attempt of the same planning wrote. */
  saveGeneration(generation: Generation): Promise<Generation>
  readGeneration(runId: string, generation: string): Promise<Generation | null>
  /** All generations, in the order they started. */
  generations(runId: string): Promise<readonly Generation[]>
  /** Commits a stage; when another attempt was first, its record is returned and counts. */
  commit(record: CommitRecord): Promise<CommitRecord>
  readRecord(runId: string, stage: string, generation: string): Promise<CommitRecord | null>
  /** The records of a stage in all generations, oldest first. */
  records(runId: string, stage: string): Promise<readonly CommitRecord[]>
  /** Puts the files of a record and its metadata in place under the names people know. */
  publish(record: CommitRecord, stageNumber: number): Promise<void>
  /** Takes away what people see of a stage: it is to run again, or its last attempt left something else. Commits stay. */
  withdraw(runId: string, stage: string, stageNumber: number): Promise<void>
  /** A private folder for one attempt. */
  openAttempt(runId: string, stage: string, name: string): Promise<string>
  /** Removes the private folders of a run that no record refers to; `only` narrows it to some. */
  sweepAttempts(runId: string, only?: (stage: string, attempt: string) => boolean): Promise<void>
  close(runId: string, closing: Closing): Promise<Closing>
  readClosing(runId: string, generation: string): Promise<Closing | null>
  /** Keeps where a run stands that waits for a person, or goes on after. */
  stand(runId: string, standing: Standing): Promise<void>
  /** The newest one of a generation. */
  readStanding(runId: string, generation: string): Promise<Standing | null>
}

/** The store in a folder of this machine. */
export function createRunStore(outputDir: string): RunStore {
  const layout = (runId: string): RunLayout => runLayout(outputDir, runId)
  const recordPath = (runId: string, stage: string, generation: string): string =>
    join(layout(runId).records, stage, `${generation}.json`)

  const store: RunStore = {
    outputDir,
    layout,
    runIds: async () => {
      const names = await filesIn(outputDir)
      return names.filter((name) => name.startsWith('execution_')).map((name) => name.slice('execution_'.length))
    },
    claim: async (claim) => {
      if (await createOnce(layout(claim.run_id).claim, text(claim))) return 'claimed'
      const holder = await store.readClaim(claim.run_id)
      return holder?.execution === claim.execution ? 'ours' : 'taken'
    },
    readClaim: (runId) => readJson<Claim>(layout(runId).claim),
    saveGeneration: async (generation) => {
      const { run_id: runId, generation: id } = generation.plan
      const path = join(layout(runId).generations, `${id}.json`)
      return (await createOnce(path, text(generation))) ? generation : required(await readJson<Generation>(path))
    },
    readGeneration: (runId, generation) => readJson<Generation>(join(layout(runId).generations, `${generation}.json`)),
    generations: async (runId) => {
      const all = await readAll<Generation>(layout(runId).generations)
      return all.sort((a, b) => a.plan.started_at.localeCompare(b.plan.started_at))
    },
    commit: async (record) => {
      const path = recordPath(record.run_id, record.stage, record.generation)
      return (await createOnce(path, text(record))) ? record : required(await readJson<CommitRecord>(path))
    },
    readRecord: (runId, stage, generation) => readJson<CommitRecord>(recordPath(runId, stage, generation)),
    records: async (runId, stage) => {
      const all = await readAll<CommitRecord>(join(layout(runId).records, stage))
      return all.sort((a, b) => a.ended_at.localeCompare(b.ended_at))
    },
    publish: (record, stageNumber) => publishStage(store, record, stageNumber),
    withdraw: (runId, stage, stageNumber) => withdrawStage(store, { runId, stage, stageNumber }),
    openAttempt: async (runId, stage, name) => {
      const folder = join(layout(runId).attempts, stage, name)
      await mkdir(folder, { recursive: true })
      return folder
    },
    sweepAttempts: (runId, only = () => true) => sweep(store, runId, only),
    close: async (runId, closing) => {
      const path = join(layout(runId).closings, `${closing.generation}.json`)
      return (await createOnce(path, text(closing))) ? closing : required(await readJson<Closing>(path))
    },
    stand: async (runId, standing) => {
      await createOnce(join(layout(runId).standings, `${standing.generation}_${standing.number}.json`), text(standing))
    },
    readStanding: async (runId, generation) => {
      const all = await readAll<Standing>(layout(runId).standings)
      return (
        all
          .filter((one) => one.generation === generation)
          .sort((a, b) => a.number - b.number)
          .at(-1) ?? null
      )
    },
    readClosing: (runId, generation) => readJson<Closing>(join(layout(runId).closings, `${generation}.json`)),
  }
  return store
}

/** Committed bytes stay where the attempt wrote them: its folder is kept as long as a record of any generation names it. */
async function sweep(store: RunStore, runId: string, only: (stage: string, attempt: string) => boolean): Promise<void> {
  const { attempts, dir } = store.layout(runId)
  for (const stage of await filesIn(attempts)) {
    const records = await store.records(runId, stage)
    const kept = records.flatMap((record) => record.outputs.map((file) => join(dir, file.path)))
    for (const attempt of (await filesIn(join(attempts, stage))).filter((name) => only(stage, name))) {
      const folder = join(attempts, stage, attempt)
      if (!kept.some((path) => path.startsWith(`${folder}/`))) await rm(folder, { recursive: true, force: true })
    }
  }
}

async function readAll<T>(folder: string): Promise<T[]> {
  const names = (await filesIn(folder)).filter((name) => name.endsWith('.json'))
  return Promise.all(names.map(async (name) => required(await readJson<T>(join(folder, name)))))
}

async function filesIn(folder: string): Promise<string[]> {
  return existsSync(folder) ? (await readdir(folder)).sort() : []
}

function required<T>(value: T | null): T {
  if (value === null) throw new Error('a file of the run directory was removed while it was read')
  return value
}

function text(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
