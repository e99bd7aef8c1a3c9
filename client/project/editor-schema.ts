import { existsSync } from 'node:fs'
import { readFile, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { builtinStages } from '../../activities/stages/registry.ts'
import { packageRoot } from '../../activities/package-root.ts'
import { replaceFile } from '../../activities/store/create-once.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import { pipelineJsonSchema } from '../../pipeline/json-schema.ts'

/** Where editors find the schema: `# yaml-language-server: $schema=../.onclock/pipeline.schema.json` in a pipeline. */
export const SCHEMA_FILE = '.onclock/pipeline.schema.json'

/** The JSON Schema of pipeline files, with the config of every built-in stage. */
export function editorSchema(): JsonObject {
  return pipelineJsonSchema(builtinStages)
}

/** The same where a run is waiting: a schema that is newer than this build of onclock is not made again. */
export async function ensureEditorSchema(projectDir: string): Promise<void> {
  const written = await modifiedAt(join(projectDir, SCHEMA_FILE))
  const built = (await modifiedAt(join(packageRoot, 'dist', '.built'))) ?? (await modifiedAt(join(packageRoot, 'package.json')))
  if (written === null || written < (built ?? Infinity)) await writeEditorSchema(projectDir)
}

async function modifiedAt(path: string): Promise<number | null> {
  return stat(path).then(
    (found) => found.mtimeMs,
    () => null,
  )
}

/** Writes the schema for editors where it is missing or not as it is now. A folder that cannot be written to is no fault. */
export async function writeEditorSchema(projectDir: string): Promise<'written' | 'unchanged' | 'not written'> {
  const path = join(projectDir, SCHEMA_FILE)
  const text = `${JSON.stringify(editorSchema(), null, 1)}\n`
  try {
    if (existsSync(path) && (await readFile(path, 'utf8')) === text) {
      await utimes(path, new Date(), new Date())
      return 'unchanged'
    }
    await replaceFile(path, text)
    return 'written'
  } catch {
    return 'not written'
  }
}
