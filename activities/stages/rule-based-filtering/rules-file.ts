import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { ConfigIssue } from '../../../pipeline/catalog.ts'
import { configIssues } from '../../../pipeline/config-issues.ts'
import type { Fault } from '../../../pipeline/fault.ts'
import { readYaml } from '../../../pipeline/read-yaml.ts'
import { YamlTree } from '../../../pipeline/yaml-tree.ts'
import { rulesFileSchema, type RulesSpec } from './config.ts'
import { soundRules } from './sound-rules.ts'

/** The rules of a file, and how to say where in it something stands. */
export interface RulesFile {
  /** As named in the config. */
  readonly file: string
  readonly spec: RulesSpec
  /** The places of rules of which faults leave a part. */
  readonly cut: ReadonlySet<number>
  /** Faults of syntax and form; `spec` holds what they leave. */
  readonly issues: readonly ConfigIssue[]
  readonly placeOf: (path: readonly (string | number)[]) => NonNullable<ConfigIssue['place']>
}

/** Reads a YAML file of rules: a list of rules, or a mapping with `rules`, `lists`, `let` and `defaults`. */
export function readRulesFile(file: string, projectDir: string): RulesFile {
  const nothing = { file, spec: {}, cut: new Set<number>(), placeOf: () => ({ file, line: 1, column: 1 }) }
  let text: string
  try {
    text = readFileSync(isAbsolute(file) ? file : join(projectDir, file), 'utf8')
  } catch (error) {
    return { ...nothing, issues: [unreadable(file, error)] }
  }
  const { document, places, faults } = readYaml(text, file)
  const syntax = faults.map((fault) => issueOfFault(fault))
  if (document === null) return { ...nothing, issues: syntax }
  return { file, ...checkedRules(new YamlTree(document, places), file, syntax) }
}

function checkedRules(tree: YamlTree, file: string, syntax: readonly ConfigIssue[]): Omit<RulesFile, 'file'> {
  const raw = tree.json([], 'source', (path) => String(path.at(-1)).startsWith('x-')) ?? null
  const bare = Array.isArray(raw)
  const value = bare ? { rules: raw } : raw
  const placeOf = (path: readonly (string | number)[]) => ({
    file,
    ...tree.placeOf(bare && path[0] === 'rules' ? path.slice(1) : path),
  })
  const parsed = rulesFileSchema.safeParse(value)
  if (parsed.success) return { spec: parsed.data, cut: new Set(), issues: syntax, placeOf }
  const issues = configIssues(parsed.error, value, rulesFileSchema).map((issue) => ({
    ...issue,
    path: ['rules_file'],
    place: placeOf(issue.path),
  }))
  return { ...soundRules(value), issues: [...syntax, ...issues], placeOf }
}

function issueOfFault({ code, message, hint, file, line, column, severity }: Fault): ConfigIssue {
  return { path: ['rules_file'], code, message, hint, place: { file, line, column }, severity }
}

function unreadable(file: string, error: unknown): ConfigIssue {
  const code = (error as NodeJS.ErrnoException).code
  const what = code === 'EISDIR' ? 'is a folder' : code === 'EACCES' ? 'may not be read' : 'does not exist'
  return {
    path: ['rules_file'],
    code: 'file_not_found',
    message: `the rules file ${file} ${what}`,
    hint: 'Paths are relative to the project',
  }
}
