import { OnclockError } from '../pipeline/errors.ts'
import type { JsonObject } from '../pipeline/json.ts'
import type { StageKind } from '../pipeline/pipeline.ts'
import { createModuleRunners } from './modules/module-runners.ts'
import { findBuiltin } from './stages/registry.ts'
import type { StageContext, StageResult } from './stage.ts'

/** What of a stage says what is to be run. */
export interface ModuleCall {
  readonly kind: StageKind
  readonly module: string
  readonly function: string
  readonly command: string | readonly string[] | null
  readonly config: JsonObject
}

/** Runs the module of a stage, built in or one's own: the same in a run and alone. `python` is the interpreter that is set. */
export async function runModule(call: ModuleCall, context: StageContext, python: string | null): Promise<StageResult> {
  const { kind, module, function: name, command, config } = call
  if (kind !== 'builtin')
    return createModuleRunners()[kind].run({ kind, module, function: name, command, config, python }, context)
  const builtin = findBuiltin(module)
  if (builtin === undefined) throw new OnclockError('STAGE_MODULE_NOT_FOUND', `no built-in stage is called "${module}"`)
  return builtin.run(builtin.schema.parse(config), context)
}
