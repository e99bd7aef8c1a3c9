import type { BuiltinStage } from '../stage.ts'
import { evaluate } from './evaluate/stage.ts'
import { ruleBasedFiltering } from './rule-based-filtering/stage.ts'
import { takeInputCsv } from './take-input-csv/stage.ts'

/** A built-in whose config type only its own folder knows; the schema has checked the config before `run` sees it. */
// eslint-disable-next-line typescript/no-explicit-any -- each stage has a config type of its own
export type AnyBuiltinStage = BuiltinStage<any>

/** Every built-in stage. Adding one touches its folder and this list. */
export const builtinStages: readonly AnyBuiltinStage[] = [takeInputCsv, ruleBasedFiltering, evaluate]

/** The built-in that a `module:` names, by its name or one of its aliases. */
export function findBuiltin(module: string): AnyBuiltinStage | undefined {
  return builtinStages.find((stage) => stage.name === module || stage.aliases.includes(module))
}
