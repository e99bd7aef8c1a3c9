import { OnclockError } from '../../../pipeline/errors.ts'
import { suggest } from '../../../pipeline/suggest.ts'
import { sqlName, sqlText } from '../../duckdb.ts'
import type { CleanStep } from '../../vocabulary/clean-schema.ts'
import { cleanSql } from '../../vocabulary/clean-sql.ts'
import { type CompiledCheck, compileChecks, type ValueColumn } from '../../vocabulary/compile-checks.ts'
import { typedColumn } from '../../vocabulary/column-types.ts'
import { createWordLists } from '../../vocabulary/word-lists.ts'
import type { ColumnConfig, TakeInputCsvConfig } from './config.ts'

/** One column of the input, with all that happens to it. */
export interface IntakeColumn extends ValueColumn {
  /** SQL over the cell as delivered: the cleaned text, NULL when empty or a null token. */
  readonly cleaned: string
  /** The same where the cell begins and ends with a printable ASCII character, or is NULL. */
  readonly cleanedTidy: string
  readonly config: ColumnConfig
}

/** A check of one column; `rule` names it in reports: `views.min`. */
export type IntakeCheck = CompiledCheck & { readonly rule: string }

/** The columns of a header with what the config says about each. Throws COLUMN_MISSING when it names others. */
export function intakeColumns(header: readonly string[], config: TakeInputCsvConfig): readonly IntakeColumn[] {
  requireColumns(header, Object.keys(config.columns))
  return header.map((name) => {
    const spec = config.columns[name] ?? {}
    const type = spec.type ?? null
    const text = sqlName(name)
    const value = type === null ? text : typedColumn(type, text).value
    return {
      name,
      text,
      type,
      value,
      cleaned: cleanedSql(text, spec, config),
      cleanedTidy: cleanedTidySql(text, spec, config),
      config: spec,
    }
  })
}

const stepsOf = (spec: ColumnConfig, config: TakeInputCsvConfig): readonly CleanStep[] =>
  spec.clean ?? (config.trim ? ['trim'] : [])

function cleanedSql(text: string, spec: ColumnConfig, config: TakeInputCsvConfig): string {
  const steps = stepsOf(spec, config)
  const tokens = [...config.null_tokens, ...(spec.null_tokens ?? [])]
  return withoutTokens(cleanSql(steps, text), steps.length === 0 ? tokens : ['', ...tokens])
}

/** No step takes a printable ASCII character away, so nothing is left to trim and no cell becomes empty. */
function cleanedTidySql(text: string, spec: ColumnConfig, config: TakeInputCsvConfig): string {
  const steps = stepsOf(spec, config).filter((step) => step !== 'trim')
  return withoutTokens(cleanSql(steps, text), [...config.null_tokens, ...(spec.null_tokens ?? [])])
}

function withoutTokens(cleaned: string, tokens: readonly string[]): string {
  if (tokens.length === 0) return cleaned
  if (tokens.length === 1) return `nullif(${cleaned}, ${sqlText(tokens[0] ?? '')})`
  return `CASE WHEN (${cleaned}) IN (${tokens.map(sqlText).join(', ')}) THEN NULL ELSE ${cleaned} END`
}

/** The checks of all columns, in the order of the header. */
export function intakeChecks(
  columns: readonly IntakeColumn[],
  options: { readonly now: Date; readonly projectDir: string },
): readonly IntakeCheck[] {
  const byName = new Map(columns.map((column) => [column.name, column]))
  const env = { ...options, column: (name: string) => byName.get(name), lists: createWordLists({}, options.projectDir) }
  return columns.flatMap((column) => {
    const { clean: _clean, null_tokens: _tokens, ...checks } = column.config
    return compileChecks(checks, column, env).map((check) => ({ ...check, rule: `${column.name}.${check.check}` }))
  })
}

function requireColumns(header: readonly string[], wanted: readonly string[]): void {
  const present = new Set(header)
  const missing = wanted.filter((name) => !present.has(name))
  if (missing.length === 0) return
  const guesses = missing.map((name) => suggest(name, header)).filter((name) => name !== null)
  // A first line that has nothing of what is expected may be a row of data, whose cells stay out of an error.
  const isHeader = missing.length < wanted.length || guesses.length > 0
  const guess = guesses.length === 0 ? '' : `Did you mean ${guesses.map((name) => `"${name}"`).join(', ')}? `
  throw new OnclockError('COLUMN_MISSING', `the input has no column ${missing.map((name) => `"${name}"`).join(', ')}`, {
    hint: isHeader
      ? `${guess}Its header: ${header.join(', ')}`
      : 'Its first line has none of the columns that the config names. If the file has no header, say so: header: false.',
  })
}
