import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import type { StageCatalog } from '../../pipeline/catalog.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { Fault } from '../../pipeline/fault.ts'
import { parsePipeline, type ParsedPipeline } from '../../pipeline/parse-pipeline.ts'
import { renderFaults } from '../../pipeline/render-faults.ts'

export interface PipelineSource {
  /** Relative to the project. */
  readonly file: string
  readonly text: string
}

export type ValidPipeline = Extract<ParsedPipeline, { ok: true }>

/** Reads a pipeline file of the project. Its text is decoded strictly: a YAML file is UTF-8. */
export async function readPipelineFile(projectDir: string, file: string): Promise<PipelineSource> {
  const path = resolve(projectDir, file)
  const name = relative(projectDir, path)
  try {
    return { file: name, text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)) }
  } catch (error) {
    throw unreadable(name, error)
  }
}

function unreadable(file: string, error: unknown): OnclockError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return new OnclockError('FILE_NOT_FOUND', `there is no pipeline file ${file}`, { cause: error })
  if (code === 'EISDIR') return new OnclockError('FILE_NOT_FOUND', `${file} is a folder, not a pipeline file`, { cause: error })
  if (code === 'EACCES' || code === 'EPERM')
    return new OnclockError('NO_PERMISSION', `${file} may not be read`, { hint: `Try: chmod u+r ${file}`, cause: error })
  return new OnclockError('PIPELINE_INVALID', `${file} is not UTF-8 text`, { hint: 'Save it as UTF-8.', cause: error })
}

/** Parses a pipeline with all checks. @throws OnclockError PIPELINE_INVALID whose message lists every fault with its place. */
export async function checkPipeline(
  source: PipelineSource,
  catalog: StageCatalog,
  set: { readonly [name: string]: string },
): Promise<ValidPipeline> {
  const parsed = await parsePipeline(source.text, { file: source.file, catalog, set, env: process.env })
  if (parsed.ok) return parsed
  throw faultsError(parsed.faults, source)
}

function faultsError(faults: readonly Fault[], source: PipelineSource): OnclockError {
  return new OnclockError('PIPELINE_INVALID', renderFaults(faults, new Map([[source.file, source.text]]), { colour: false }))
}
