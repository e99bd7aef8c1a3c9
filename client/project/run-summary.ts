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
  /** When the newest generation began; null for a run that was never resumed. */
  readonly resumedAt: string | null
  /** Where the run is seen in the Temporal UI: a link, or words on how to bring one up. */
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
    leftOutFiles: files.filter((file) => !known.has(file) && hasStopped(file, record)).sort(),
    directory: relative(place.cwd, dir) || '.',
    log: relative(place.cwd, logPath(place.projectDir, run.runId)),
    resumedAt: await resumedAt(run),
    ui,
  }
}

/** When the newest generation of a run began; null for one that was never resumed. */
export async function resumedAt({ store, runId }: StoredRun): Promise<string | null> {
  const generations = await store.generations(runId)
  return generations.length > 1 ? (generations.at(-1)?.plan.started_at ?? null) : null
}

/** Whether a file holds rows that stopped its stage: where that was a budget or a rule, these are the rejected ones. */
function hasStopped(file: string, record: RunRecord): boolean {
  const parts = /^stage(?<number>\d+)_(?<kind>rejected|filtered|duplicates|failed)_.*\.(?:csv|parquet)$/.exec(file)?.groups
  if (parts === undefined) return false
  const code = record.stages[Number(parts['number']) - 1]?.error?.code
  if (code === 'CHECK_FAILED' || parts['kind'] === 'failed') return code === 'CHECK_FAILED' && parts['kind'] === 'failed'
  return parts['kind'] === 'rejected' || !(code === 'BUDGET_EXCEEDED' || code === 'RULE_FAILED')
}

/** The metadata file of a stage, by its number in the pipeline; null where the stage wrote none. */
export function readMetadata(dir: string, stageNumber: number, runId: string): Promise<JsonObject | null> {
  return readJson<JsonObject>(join(dir, `stage${stageNumber}_metadata_${runId}.json`))
}
