import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createProjectCatalog } from '../../activities/planning/project-catalog.ts'
import { readPipelineFile } from '../../activities/planning/read-pipeline.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { Fault } from '../../pipeline/fault.ts'
import { type ParsedPipeline, parsePipeline } from '../../pipeline/parse-pipeline.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import { renderFaults } from '../../pipeline/render-faults.ts'
import type { View } from '../command.ts'
import { findPipeline } from './find-pipeline.ts'

export interface PipelineChoice {
  readonly cwd: string
  readonly projectDir: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A pipeline file that was read, and all that is wrong with it. */
export interface ReadPipeline {
  /** Relative to the project. */
  readonly file: string
  readonly parsed: ParsedPipeline
  /** The faults or warnings as people read them. */
  readonly faults: readonly Fault[]
  readonly faultsView: View
}

/** Finds, reads and checks a pipeline. With `code: false` nothing of the project runs. */
export async function readPipeline(
  place: PipelineChoice,
  named: string | undefined,
  options: { readonly code: boolean; readonly set: { readonly [name: string]: string } },
): Promise<ReadPipeline> {
  const source = await readPipelineFile(place.projectDir, findPipeline(place, named))
  const catalog = createProjectCatalog(place.projectDir, { code: options.code })
  const parsed = await parsePipeline(source.text, { file: source.file, catalog, set: options.set, env: place.env })
  const faults = parsed.ok ? parsed.warnings : parsed.faults
  const sources = await sourcesOf(place.projectDir, faults, new Map([[source.file, source.text]]))
  const faultsView: View = ({ colours }) =>
    faults.length === 0 ? '' : renderFaults(faults, sources, { colour: colours.isColorSupported })
  return { file: source.file, parsed, faults, faultsView }
}

/** As `readPipeline`, for a pipeline that is to be used. @throws OnclockError PIPELINE_INVALID that lists every fault. */
export async function openPipeline(
  place: PipelineChoice,
  named: string | undefined,
  options: { readonly code: boolean; readonly set: { readonly [name: string]: string } },
): Promise<{ readonly file: string; readonly pipeline: Pipeline; readonly warnings: readonly Fault[] }> {
  const { file, parsed, faults } = await readPipeline(place, named, options)
  if (parsed.ok) return { file, pipeline: parsed.pipeline, warnings: parsed.warnings }
  const sources = await sourcesOf(place.projectDir, faults, new Map())
  throw new OnclockError('PIPELINE_INVALID', `${file} has faults\n\n${renderFaults(faults, sources, { colour: false })}`)
}

/** The text of every file that a fault is in: a rules file beside the pipeline may be one. */
async function sourcesOf(projectDir: string, faults: readonly Fault[], known: Map<string, string>): Promise<Map<string, string>> {
  for (const { file } of faults) {
    if (known.has(file)) continue
    const text = await readFile(resolve(projectDir, file), 'utf8').catch(() => null)
    if (text !== null) known.set(file, text)
  }
  return known
}
