import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { readJson } from '../../activities/store/create-once.ts'
import { logPath } from '../../activities/store/run-layout.ts'
import type { StoredRun } from '../../activities/store/project-runs.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { RunRecord } from '../../pipeline/record.ts'
import { type Reason, topReasons } from './top-reasons.ts'

/** A run as people are told of it: its record, and what else is on file. Paths are relative to the working directory. */
export interface RunSummary {
  readonly record: RunRecord
  /** By stage: why rows were left out, the commonest first. */
  readonly reasons: { readonly [stage: string]: readonly Reason[] }
  /** Files with rows that stopped a stage that failed: no record names them. */
  readonly leftOutFiles: readonly string[]
  readonly directory: string
  readonly log: string
  /** The run in the Temporal UI, where one is up. */
  readonly ui: string | null
}

/** Reads what a summary needs beside the record. */
export async function summariseRun(
  place: { readonly cwd: string; readonly projectDir: string },
  run: StoredRun,
  record: RunRecord,
  ui: string | null,
): Promise<RunSummary> {
  const { dir } = run.store.layout(run.runId)
  const reasons: { [stage: string]: readonly Reason[] } = {}
  for (const [index, stage] of record.stages.entries()) {
    if (stage.rows === null) continue
    reasons[stage.name] = topReasons((await readMetadata(dir, index + 1, run.runId)) ?? {})
  }
  const known = new Set(record.stages.flatMap((stage) => stage.outputs.map((file) => file.path)))
  const files = await readdir(dir).catch(() => [])
  return {
    record,
    reasons,
    leftOutFiles: files.filter((file) => /_(?:rejected|filtered|duplicates)_.*\.csv$/.test(file) && !known.has(file)).sort(),
    directory: relative(place.cwd, dir) || '.',
    log: relative(place.cwd, logPath(place.projectDir, run.runId)),
    ui,
  }
}

/** The metadata file of a stage, by its number in the pipeline; null where the stage wrote none. */
export function readMetadata(dir: string, stageNumber: number, runId: string): Promise<JsonObject | null> {
  return readJson<JsonObject>(join(dir, `stage${stageNumber}_metadata_${runId}.json`))
}
