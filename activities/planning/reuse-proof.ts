import { describeDifference } from '../../pipeline/fingerprint.ts'
import { canonicalJson, type JsonObject } from '../../pipeline/json.ts'
import type { Stage } from '../../pipeline/pipeline.ts'
import type { CommitRecord } from '../../pipeline/record.ts'
import { alteredOutput } from './altered-output.ts'
import { sourcesNow, sourcesOf } from './stage-meaning.ts'

/** A stage as it is now, for a comparison with a commit. */
export interface StageNow {
  readonly projectDir: string
  readonly stage: Stage
  /** What of its meaning is known before it runs. */
  readonly meaning: JsonObject
  /** By alias: the commit that the stage would work on, where that is known. */
  readonly upstream: { readonly [alias: string]: CommitRecord }
}

/** What a stage does differently from a commit by what it is told: code, config, files that the config names. */
export function changedMeaning({ meaning }: StageNow, record: CommitRecord): string[] {
  const { inputs: _inputs, ...known } = record.meaning
  return describeDifference(known, meaning)
}

/** Whether what goes in is the same as what went into a commit: datasets by their records, source files by their bytes now. */
export async function changedInput(now: StageNow, record: CommitRecord): Promise<string | null> {
  const sources = sourcesOf(record)
  const recorded = (record.meaning['inputs'] ?? {}) as JsonObject
  const aliases = Object.keys(now.stage.inputs)
  const paths = new Set(sources.map(({ path }) => path))
  const before = Object.keys(recorded).filter((name) => !paths.has(name))
  const added = aliases.find((alias) => !before.includes(alias))
  if (added !== undefined) return `input added (${added}: ${now.stage.inputs[added]?.stage ?? ''})`
  const removed = before.find((alias) => !aliases.includes(alias))
  if (removed !== undefined) return `input removed (${removed})`
  for (const [alias, { stage, dataset }] of Object.entries(now.stage.inputs)) {
    const upstream = now.upstream[alias]
    if (upstream === undefined) continue
    const hashes = upstream.outputs.filter((file) => file.dataset === dataset).map((file) => file.sha256)
    if (canonicalJson(hashes) !== canonicalJson(recorded[alias] ?? null)) return `input sha256 differs (${stage})`
  }
  return changedSource(now.projectDir, record)
}

/** The first source file of a commit that has other bytes now, or is gone. */
export async function changedSource(projectDir: string, record: CommitRecord): Promise<string | null> {
  const before = sourcesOf(record)
  for (const [index, { path, sha256 }] of (await sourcesNow(projectDir, record)).entries()) {
    if (sha256 === '') return `input is gone (${path})`
    if (sha256 !== before[index]?.sha256) return `input sha256 differs (${path})`
  }
  return null
}

/** What became of the bytes that came out, told in the words of a plan; null: all are as they were committed. */
export async function brokenOutput(runDir: string, record: CommitRecord): Promise<string | null> {
  const altered = await alteredOutput(runDir, record)
  return altered === null ? null : `output missing or altered (${altered.public_name || altered.path})`
}
