import { checkOperands } from '../../checks/check-schema.ts'
import type { Entries } from '../../vocabulary/column-checks-schema.ts'
import { conditionsIn } from '../../vocabulary/condition-schema.ts'
import { listsIn } from '../../vocabulary/list-reference-schema.ts'
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
  const lists = [
    ...Object.values<Entries>(set.lists),
    ...inRules,
    ...[...set.lets, ...set.shape.derives].flatMap(({ spec }) => Object.values(spec)),
    ...set.checks.flatMap(({ spec }) => checkOperands(spec)),
  ].flatMap(listFilesOf)
  return [...new Set([...(config.rules_file === undefined ? [] : [config.rules_file]), ...lists])]
}

/** The files of `{file: …}`; `{file: a.csv#column}` is `a.csv`. */
const listFilesOf = (value: unknown): string[] =>
  listsIn(value).flatMap(({ list }) => ('file' in list ? [listFilePath(list.file).path] : []))
