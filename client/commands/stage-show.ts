import { z } from 'zod'
import { describeOwnModule } from '../../activities/modules/own-catalog.ts'
import { createProjectCatalog } from '../../activities/planning/project-catalog.ts'
import { findBuiltin } from '../../activities/stages/registry.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { stageView } from '../views/stage-view.ts'

/** A stage and every key of its config. */
export interface DescribedStage {
  readonly module: string
  readonly kind: 'builtin' | 'typescript' | 'python' | 'command'
  readonly aliases: readonly string[]
  readonly summary: string | null
  readonly rows: string | null
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** JSON Schema; null where the stage takes anything. */
  readonly config: JsonObject | null
}

/** What a stage does and every key of its config. A stage of the project is loaded in a guarded process to learn it. */
export async function stageShow({ projectDir }: CommandContext, module: string): Promise<CommandResult> {
  const resolved = createProjectCatalog(projectDir, { code: true }).resolve(module)
  if (!resolved.found)
    throw new OnclockError('STAGE_MODULE_NOT_FOUND', resolved.message, {
      hint: resolved.hint ?? 'onclock stage ls lists the stages there are.',
    })
  const stage = await describe(projectDir, resolved.kind, resolved.module)
  return { json: stage, text: stageView(stage) }
}

async function describe(projectDir: string, kind: DescribedStage['kind'], module: string): Promise<DescribedStage> {
  const builtin = kind === 'builtin' ? findBuiltin(module) : undefined
  if (builtin !== undefined) {
    const config = z.toJSONSchema(builtin.schema, { io: 'input', unrepresentable: 'any' }) as unknown as JsonObject
    const { name, aliases, summary, rows } = builtin
    return { module: name, kind, aliases, summary, rows, inputs: [], outputs: [], config }
  }
  if (kind !== 'typescript')
    return { module, kind, aliases: [], summary: null, rows: null, inputs: [], outputs: [], config: null }
  const { summary, rows, inputs, outputs, schema } = await describeOwnModule(projectDir, module)
  return { module, kind, aliases: [], summary, rows, inputs, outputs, config: schema }
}
