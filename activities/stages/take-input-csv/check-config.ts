import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfigIssue } from '../../../pipeline/catalog.ts'
import { OnclockError } from '../../../pipeline/errors.ts'
import { checkOperands } from '../../checks/check-schema.ts'
import { type Database, openDatabase, sqlText } from '../../duckdb.ts'
import { lendConnection } from '../../lend-connection.ts'
import { boundFault, boundsFault } from '../../vocabulary/bound-sql.ts'
import type { Bound, Patterns } from '../../vocabulary/column-checks-schema.ts'
import { listsIn, measuredPattern } from '../../vocabulary/list-reference-schema.ts'
import { regexFault } from '../../vocabulary/regex-faults.ts'
import { createWordLists, listFilePath, type WordLists } from '../../vocabulary/word-lists.ts'
import { checkOutputs } from '../rule-based-filtering/check-rules.ts'
import { columnIssues } from './check-columns.ts'
import { markIssues } from './check-marks.ts'
import type { TakeInputCsvConfig } from './config.ts'

type Path = readonly (string | number)[]

/** Faults of `columns:` beyond their form: patterns that RE2 cannot run, lists that are not there, bounds without sense. */
export async function checkIntakeConfig(config: TakeInputCsvConfig, projectDir: string): Promise<readonly ConfigIssue[]> {
  const issues: ConfigIssue[] = []
  const patterns: { readonly pattern: string; readonly path: Path }[] = []
  const lists = createWordLists({}, projectDir)
  for (const { name, operand, path } of operandsOf(config)) {
    for (const { list, path: below } of listsIn(operand)) {
      try {
        lists.entries(list)
      } catch (error) {
        if (!(error instanceof OnclockError)) throw error
        const code = error.code === 'CONFIG_INVALID' ? 'bad_list' : 'file_not_found'
        issues.push({ path: [...path, ...below], code, message: error.message, hint: error.hint ?? null })
      }
    }
    const measured = measuredPattern(operand)
    if (measured !== null) patterns.push({ pattern: measured, path: [...path, 'of', 'matches'] })
    const fault = /^(?:min|max|above|below)$/.test(name) ? boundFault(operand as Bound) : null
    if (fault !== null) issues.push({ path, code: 'bad_bound', message: fault, hint: null })
    if (/^(?:not_)?matches$/.test(name)) patterns.push(...patternsOf(operand as Patterns, path))
  }
  for (const [column, spec] of Object.entries(config.columns)) {
    const clash = boundsFault(spec)
    if (clash !== null) issues.push({ path: ['columns', column], code: 'bad_bound', message: clash, hint: 'Swap them.' })
  }
  const columns = await lendConnection((connect) => columnIssues(config, connect))
  return [...issues, ...markIssues(config), ...columns, ...(await regexIssues(patterns)), ...(await outputIssues(config, lists))]
}

function outputIssues({ checks = [] }: TakeInputCsvConfig, lists: WordLists): Promise<readonly ConfigIssue[]> {
  const placed = checks.map((spec, index) => ({ spec, origin: { path: ['checks', index], file: null } }))
  return lendConnection((connect) => checkOutputs(placed, lists, connect, false))
}

/** The list files that the columns name. */
export function intakeConfigFiles(config: TakeInputCsvConfig): readonly string[] {
  const inChecks = (config.checks ?? []).flatMap(checkOperands)
  const files = [...operandsOf(config).map(({ operand }) => operand), ...inChecks].flatMap((operand) =>
    listsIn(operand).flatMap(({ list }) => ('file' in list ? [listFilePath(list.file).path] : [])),
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
