import { parseDocument, YAMLMap } from 'yaml'
import { readPipelineFile } from '../../activities/planning/read-pipeline.ts'
import type { StoredRun } from '../../activities/store/project-runs.ts'
import type { CommandContext } from '../command.ts'

/** The parameters that a run was given, for one that goes on from it. What the pipeline no longer declares is left out, and told. */
export async function setBefore(
  context: CommandContext,
  { store, runId }: StoredRun,
  pipelineFile: string,
): Promise<{ readonly [name: string]: string }> {
  const set = (await store.generations(runId)).at(-1)?.set ?? {}
  if (Object.keys(set).length === 0) return set
  const declared = declaredParams((await readPipelineFile(context.projectDir, pipelineFile)).text)
  const gone = declared === null ? [] : Object.keys(set).filter((name) => !declared.has(name))
  for (const name of gone) context.note(`--set ${name} is not taken over: ${pipelineFile} no longer has this parameter`)
  return Object.fromEntries(Object.entries(set).filter(([name]) => !gone.includes(name)))
}

/** Null where the file cannot be read so far: what is wrong with it is told when it is checked. */
function declaredParams(text: string): ReadonlySet<string> | null {
  const document = parseDocument(text)
  if (document.errors.length > 0) return null
  const params: unknown = document.getIn(['pipeline', 'params'])
  return new Set(params instanceof YAMLMap ? params.items.map(({ key }) => String(key)) : [])
}
