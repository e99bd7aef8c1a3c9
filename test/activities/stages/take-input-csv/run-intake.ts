import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { type Database, openDatabase } from '../../../../activities/duckdb.ts'
import type { Dataset, StageResult } from '../../../../activities/stage.ts'
import { takeInputCsv } from '../../../../activities/stages/take-input-csv/stage.ts'
import type { JsonObject } from '../../../../pipeline/json.ts'

export interface IntakeBench {
  readonly dir: string
  readonly database: Database
  close(): Promise<void>
}

export interface Intake extends StageResult {
  readonly outDir: string
  readonly logged: readonly string[]
  /** A file of the attempt as records, the header first. */
  readonly table: (name: string) => Promise<readonly (readonly string[])[]>
  readonly text: (name: string) => Promise<string>
  readonly lines: (name: string) => Promise<readonly JsonObject[]>
}

let attempts = 0

export async function openIntakeBench(): Promise<IntakeBench> {
  const dir = await mkdtemp(join(tmpdir(), 'onclock-intake-'))
  const database = await openDatabase({ spillDir: join(dir, 'spill'), threads: 2 })
  return {
    dir,
    database,
    async close() {
      database.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** The folder of the attempt that ran last: what a failed one has left. */
export const lastOutDir = (bench: IntakeBench): string => join(bench.dir, `attempt-${attempts}`)

/** Runs the stage alone on some bytes, or on the file or dataset that the options name. */
export async function runIntake(
  bench: IntakeBench,
  input: string | Buffer | null,
  config: { readonly [key: string]: unknown } = {},
  inputs: { readonly [alias: string]: Dataset } = {},
): Promise<Intake> {
  attempts += 1
  const outDir = lastOutDir(bench)
  await mkdir(outDir)
  if (input !== null) await writeFile(join(bench.dir, 'input.csv'), input)
  const logged: string[] = []
  const say = (message: string): void => void logged.push(message)
  const fileConfig = Object.keys(inputs).length > 0 ? {} : { input_file: 'input.csv' }
  const result = await takeInputCsv.run(takeInputCsv.schema.parse({ ...fileConfig, ...config }), {
    runId: '20260102_030405',
    stage: 'intake',
    stageNumber: 1,
    attempt: 1,
    projectDir: bench.dir,
    now: new Date('2026-01-02T03:04:05Z'),
    inputs,
    outDir,
    database: () => Promise.resolve(bench.database),
    log: { debug: say, info: say, warn: say, error: say },
    progress: () => undefined,
    signal: new AbortController().signal,
  })
  const text = (name: string): Promise<string> => readFile(join(outDir, name), 'utf8')
  return {
    ...result,
    outDir,
    logged,
    text,
    table: async (name) => parse(await text(name)),
    lines: async (name) =>
      (await text(name))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as JsonObject),
  }
}
