import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { builtinStages } from '../../activities/stages/registry.ts'
import { replaceFile } from '../../activities/store/create-once.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import { pipelineJsonSchema } from '../../pipeline/json-schema.ts'

/** Where editors find the schema: `# yaml-language-server: $schema=../.onclock/pipeline.schema.json` in a pipeline. */
export const SCHEMA_FILE = '.onclock/pipeline.schema.json'

/** The JSON Schema of pipeline files, with the config of every built-in stage. */
export function editorSchema(): JsonObject {
  return pipelineJsonSchema(builtinStages)
}

/** Writes the schema for editors where it is missing or not as it is now. A folder that cannot be written to is no fault. */
export async function writeEditorSchema(projectDir: string): Promise<'written' | 'unchanged' | 'not written'> {
  const path = join(projectDir, SCHEMA_FILE)
  const text = `${JSON.stringify(editorSchema(), null, 1)}\n`
  try {
    if (existsSync(path) && (await readFile(path, 'utf8')) === text) return 'unchanged'
    await replaceFile(path, text)
    return 'written'
  } catch {
    return 'not written'
  }
}
