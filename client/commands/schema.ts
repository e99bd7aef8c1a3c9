import { relative, resolve } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { editorSchema, SCHEMA_FILE, writeEditorSchema } from '../project/editor-schema.ts'

/** Writes the JSON Schema that editors check pipelines with; with `--json` it is printed instead. */
export async function schema(context: CommandContext): Promise<CommandResult> {
  if (context.json) return { json: editorSchema() }
  const outcome = await writeEditorSchema(context.projectDir)
  const file = relative(context.cwd, resolve(context.projectDir, SCHEMA_FILE))
  if (outcome === 'not written')
    throw new OnclockError('NO_PERMISSION', `${file} cannot be written`, { hint: 'onclock schema --json prints it.' })
  return {
    text: () => file,
    notes: ['Editors use it when a pipeline begins with: # yaml-language-server: $schema=../.onclock/pipeline.schema.json'],
  }
}
