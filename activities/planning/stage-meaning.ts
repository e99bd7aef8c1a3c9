import { isAbsolute, join } from 'node:path'
import { fingerprintOf } from '../../pipeline/fingerprint.ts'
import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import type { Stage } from '../../pipeline/pipeline.ts'
import type { CommitRecord, InputFile } from '../../pipeline/record.ts'
import { hashModule } from '../modules/module-hash.ts'
import type { Dataset } from '../stage.ts'
import { findBuiltin } from '../stages/registry.ts'
import { hashFile } from './hash-file.ts'

/** Keys of a config that say where things lie rather than what is done: the bytes behind them count, not their names. */
const PLACES = new Set(['input_file'])

/**
 * What of a stage's meaning is known before it runs: its code, its config with defaults filled in, and every file that the
 * config names. Comments, key order and spelled-out defaults are not in it.
 */
export async function staticMeaning(projectDir: string, stage: Stage, configFiles: readonly string[]): Promise<JsonObject> {
  const named = stage.kind === 'builtin' ? configFiles : [...configFiles, ...stringsIn(stage.config), ...wordsOf(stage.command)]
  const files: { [path: string]: string } = {}
  for (const path of [...new Set(named)].sort()) {
    const sha256 = await hashFile(isAbsolute(path) ? path : join(projectDir, path))
    if (sha256 !== null) files[path] = sha256
  }
  const matched = await matchedFiles(projectDir, stage)
  return {
    module: stage.module,
    module_hash: await moduleHash(projectDir, stage),
    function: stage.function,
    ...(stage.command === null ? {} : { command: stage.command }),
    config: bound(stage),
    files,
    ...(matched.length === 0 ? {} : { matched: Object.fromEntries(matched.map((path) => [path, true])) }),
  }
}

/** The source files that patterns of the config match; none where the rows of another stage are taken. */
async function matchedFiles(projectDir: string, stage: Stage): Promise<readonly string[]> {
  if (stage.kind !== 'builtin' || 'input' in stage.inputs) return []
  return (await findBuiltin(stage.module)?.sources?.(stage.config, projectDir)) ?? []
}

/** The whole meaning: what was known before, and the bytes that went in. */
export function fullMeaning(
  known: JsonObject,
  datasets: { readonly [alias: string]: Dataset },
  sources: readonly InputFile[],
): JsonObject {
  const inputs: { [name: string]: JsonValue } = {}
  for (const [alias, dataset] of Object.entries(datasets)) inputs[alias] = dataset.files.map((file) => file.sha256)
  for (const source of sources) inputs[source.path] = source.sha256
  return { ...known, inputs }
}

/** The fingerprint of a stage: equal meaning, equal fingerprint. */
export function fingerprint(meaning: JsonObject): string {
  return fingerprintOf(meaning)
}

/** The files of a commit that no stage of the run made. */
export function sourcesOf(record: CommitRecord): InputFile[] {
  return record.inputs.filter((input) => input.stage === undefined)
}

/** The source files of a commit as they are now, so that a change of one is seen: gone is an empty hash. */
export async function sourcesNow(projectDir: string, record: CommitRecord): Promise<InputFile[]> {
  return Promise.all(
    sourcesOf(record).map(async (input) => {
      const path = isAbsolute(input.path) ? input.path : join(projectDir, input.path)
      return { ...input, sha256: (await hashFile(path)) ?? '' }
    }),
  )
}

function bound(stage: Stage): JsonObject {
  const taken = 'input' in stage.inputs
  return Object.fromEntries(Object.entries(stage.config).filter(([key]) => !(taken && PLACES.has(key))))
}

async function moduleHash(projectDir: string, stage: Stage): Promise<string> {
  if (stage.kind === 'builtin') return `builtin ${findBuiltin(stage.module)?.version ?? '?'}`
  if (stage.kind === 'command') return 'command'
  return hashModule(projectDir, stage.kind, stage.module)
}

/** A line for the shell names files by words; which of them are files is told by looking. */
function wordsOf(command: Stage['command']): string[] {
  return typeof command === 'string' ? command.split(/[\s;|&<>()"'`=]+/).filter((word) => word !== '') : stringsIn(command)
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length < 1024 && !value.includes('\n') ? [value] : []
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(stringsIn)
  return []
}
