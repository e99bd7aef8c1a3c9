import type { Entries } from '../../vocabulary/column-checks-schema.ts'
import { conditionsIn } from '../../vocabulary/condition-schema.ts'
import { listFilePath } from '../../vocabulary/word-lists.ts'
import type { RuleBasedFilteringConfig } from './config.ts'
import { ruleSetOf } from './rule-set.ts'

/** The files that a config reads as configuration: the rules file, and every list in a file that its rules name. */
export function configFiles(config: RuleBasedFilteringConfig, projectDir: string): readonly string[] {
  const set = ruleSetOf(config, projectDir)
  const inRules = set.rules.flatMap(({ condition, unique }) => {
    const conditions = [...conditionsIn(condition), ...(unique?.when ? conditionsIn(unique.when) : [])]
    return conditions.flatMap(({ condition }) => Object.values(condition))
  })
  const lists = [...Object.values<Entries>(set.lists), ...inRules].flatMap(listFileOf)
  return [...new Set([...(config.rules_file === undefined ? [] : [config.rules_file]), ...lists])]
}

/** The file of `{file: …}`; `{file: a.csv#column}` is `a.csv`. */
function listFileOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || !('file' in value) || typeof value.file !== 'string') return []
  return [listFilePath(value.file).path]
}
