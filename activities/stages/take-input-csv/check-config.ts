import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfigIssue } from '../../../pipeline/catalog.ts'
import { OnclockError } from '../../../pipeline/errors.ts'
import { type Database, openDatabase, sqlText } from '../../duckdb.ts'
import { boundFault } from '../../vocabulary/bound-sql.ts'
import type { Bound, ListReference, Patterns } from '../../vocabulary/column-checks-schema.ts'
import { regexFault } from '../../vocabulary/regex-faults.ts'
import { createWordLists, listFilePath } from '../../vocabulary/word-lists.ts'
import type { TakeInputCsvConfig } from './config.ts'

type Path = readonly (string | number)[]

/** Faults of `columns:` beyond their form: patterns that RE2 cannot run, lists that are not there, bounds without sense. */
export async function checkIntakeConfig(config: TakeInputCsvConfig, projectDir: string): Promise<readonly ConfigIssue[]> {
  const issues: ConfigIssue[] = []
  const patterns: { readonly pattern: string; readonly path: Path }[] = []
  const lists = createWordLists({}, projectDir)
  for (const { name, operand, path } of operandsOf(config)) {
    if (isReference(operand)) {
      try {
        lists.entries(operand)
      } catch (error) {
        if (!(error instanceof OnclockError)) throw error
        const code = error.code === 'CONFIG_INVALID' ? 'bad_list' : 'file_not_found'
        issues.push({ path, code, message: error.message, hint: error.hint ?? null })
      }
    }
    const fault = /^(?:min|max|above|below)$/.test(name) ? boundFault(operand as Bound) : null
    if (fault !== null) issues.push({ path, code: 'bad_bound', message: fault, hint: null })
    if (/^(?:not_)?matches$/.test(name)) patterns.push(...patternsOf(operand as Patterns, path))
  }
  return [...issues, ...(await regexIssues(patterns))]
}

/** The list files that the columns name. */
export function intakeConfigFiles(config: TakeInputCsvConfig): readonly string[] {
  const files = operandsOf(config).flatMap(({ operand }) =>
    isReference(operand) && 'file' in operand ? [listFilePath(operand.file).path] : [],
  )
  return [...new Set(files)]
}

function operandsOf(
  config: TakeInputCsvConfig,
): readonly { readonly name: string; readonly operand: unknown; readonly path: Path }[] {
  return Object.entries(config.columns).flatMap(([column, spec]) =>
    Object.entries(spec).map(([name, operand]) => ({ name, operand, path: ['columns', column, name] })),
  )
}

function isReference(operand: unknown): operand is ListReference {
  return typeof operand === 'object' && operand !== null && !Array.isArray(operand) && ('list' in operand || 'file' in operand)
}

function patternsOf(patterns: Patterns, path: Path): readonly { readonly pattern: string; readonly path: Path }[] {
  if (typeof patterns === 'string') return [{ pattern: patterns, path }]
  return Object.entries(patterns).map(([key, pattern]) => ({
    pattern,
    path: [...path, Array.isArray(patterns) ? Number(key) : key],
  }))
}

async function regexIssues(
  patterns: readonly { readonly pattern: string; readonly path: Path }[],
): Promise<readonly ConfigIssue[]> {
  if (patterns.length === 0) return []
  const database = await openDatabase({ spillDir: join(tmpdir(), 'onclock-check'), threads: 1 })
  try {
    const issues: ConfigIssue[] = []
    for (const { pattern, path } of patterns) {
      const fault = regexFault(pattern) ?? (await re2Fault(database, pattern))
      if (fault !== null) issues.push({ path, code: 'bad_regex', message: `the regex has ${fault.message}`, hint: fault.hint })
    }
    return issues
  } finally {
    database.close()
  }
}

/** RE2's own word on a pattern. */
async function re2Fault(
  database: Database,
  pattern: string,
): Promise<{ readonly message: string; readonly hint: string } | null> {
  const connection = await database.connect()
  try {
    await connection.run(`SELECT regexp_matches('', ${sqlText(pattern)})`)
    return null
  } catch (error) {
    const why = /Invalid Input Error: (?<why>.*)/.exec(String(error))?.groups?.['why'] ?? 'it is not valid'
    return { message: `a fault: ${why}`, hint: 'Regexes are RE2; in YAML put them in single quotes' }
  } finally {
    connection.closeSync()
  }
}
