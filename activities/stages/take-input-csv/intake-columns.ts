import { sqlName, sqlText } from '../../duckdb.ts'
import type { ClampSql } from '../../vocabulary/clamp-sql.ts'
import type { CleanStep } from '../../vocabulary/clean-schema.ts'
import { cleanSql } from '../../vocabulary/clean-sql.ts'
import { type ColumnForm, FORM_TYPES } from '../../vocabulary/column-form-schema.ts'
import { type CompiledCheck, type CompileEnv, compileChecks, type ValueColumn } from '../../vocabulary/compile-checks.ts'
import { checkedValue, normalText, typedColumn } from '../../vocabulary/column-types.ts'
import { createWordLists } from '../../vocabulary/word-lists.ts'
import { clampOf } from './clamp-column.ts'
import { type ColumnConfig, NO_CHECKS } from './column-config.ts'
import type { TakeInputCsvConfig } from './config.ts'
import { matchColumns } from './match-columns.ts'

/** One column of the output, with all that happens to it. */
export interface IntakeColumn extends ValueColumn {
  /** Its place in the file, from 0; null: the file lacks it. */
  readonly position: number | null
  /** SQL over the cell as delivered: the cleaned text, NULL when empty or a null token. */
  readonly cleaned: string
  /** The same where the cell begins and ends with a printable ASCII character, or is NULL. */
  readonly cleanedTidy: string
  /** SQL over `text`: how a cell that the locale writes in its own way is read; null: cells are read as they are. */
  readonly reading: { readonly normal: string; readonly valid: string; readonly unread: string } | null
  /** What an empty cell becomes. */
  readonly preset: string | null
  readonly clamp: ClampSql | null
  readonly config: ColumnConfig
}

/** A column of the file: the name of its cells in SQL, and what it is called in reports. */
export interface DeliveredColumn {
  readonly cell: string
  readonly name: string
}

export interface IntakeTable {
  /** Those of the output, in its order. */
  readonly columns: readonly IntakeColumn[]
  /** Those of the file, in its order. */
  readonly delivered: readonly DeliveredColumn[]
  /** What of the file is left out, as its header says it. */
  readonly dropped: readonly string[]
}

/** A check of one column; `rule` names it in reports: `views.min`. */
export type IntakeCheck = CompiledCheck & { readonly rule: string }

/** The columns of a header with what the config says about each. Throws COLUMN_MISSING, COLUMN_UNEXPECTED. */
export function intakeTable(header: readonly string[], config: TakeInputCsvConfig): IntakeTable {
  const { output, names, dropped } = matchColumns(header, config)
  return {
    columns: output.map(({ name, position }, index) => intakeColumn(name, { position, index, header }, config)),
    delivered: header.map((name, position) => ({ cell: sqlName(name), name: names[position] ?? name })),
    dropped: dropped.map((position) => header[position] ?? ''),
  }
}

interface ColumnPlace {
  readonly position: number | null
  readonly index: number
  readonly header: readonly string[]
}

function intakeColumn(name: string, { position, index, header }: ColumnPlace, config: TakeInputCsvConfig): IntakeColumn {
  const spec = config.columns[name] ?? {}
  const type = spec.type ?? null
  const text = sqlName(name)
  const cell = position === null ? 'NULL::VARCHAR' : sqlName(header[position] ?? '')
  const cleaned = position === null ? cell : cleanedSql(cell, spec, config)
  const cleanedTidy = position === null ? cell : cleanedTidySql(cell, spec, config)
  const reading = readingOf(text, spec, { config, index })
  const plain = type === null ? text : typedColumn(type, text).value
  const value = type === null || reading === null ? plain : `CASE WHEN NOT ${reading.unread} THEN ${checkedValue(type, text)} END`
  const column = { name, text, type, value, ...(reading === null ? {} : { valid: `NOT ${reading.unread}` }) }
  return {
    ...column,
    position,
    cleaned,
    cleanedTidy,
    reading,
    preset: spec.default ?? null,
    clamp: spec.clamp === true ? clampOf(spec, column) : null,
    config: spec,
  }
}

/** How the numbers, dates and switches of a column are written: as it says itself, else as the file's numbers are. */
export function formOf(spec: ColumnConfig, config: TakeInputCsvConfig): ColumnForm {
  const { type, format, true_words, false_words } = spec
  if (type === undefined || !FORM_TYPES.decimal.includes(type)) return { format, true_words, false_words }
  return {
    decimal: spec.decimal ?? config.decimal,
    group: spec.group ?? config.group,
    units: FORM_TYPES.units.includes(type) ? (spec.units ?? config.units) : undefined,
  }
}

function readingOf(
  text: string,
  spec: ColumnConfig,
  { config, index }: { readonly config: TakeInputCsvConfig; readonly index: number },
): IntakeColumn['reading'] {
  if (spec.type === undefined) return null
  const form = formOf(spec, config)
  const normal = normalText(spec.type, text, form)
  if (normal === null) return null
  const valid = `coalesce(${typedColumn(spec.type, text, form).valid}, FALSE)`
  return { normal, valid, unread: sqlName(`__unread ${index}`) }
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

/** The checks of all columns, in the order of the output. */
export function intakeChecks(
  columns: readonly IntakeColumn[],
  options: { readonly now: Date; readonly projectDir: string },
): readonly IntakeCheck[] {
  const byName = new Map(columns.map((column) => [column.name, column]))
  const lists = createWordLists({}, options.projectDir)
  const env: CompileEnv = { ...options, column: (name) => byName.get(name), lists }
  return columns.flatMap((column) =>
    compileChecks(checksIn(column.config), column, env).map((check) => ({ ...check, rule: `${column.name}.${check.check}` })),
  )
}

/** A column's config without the keys that are no checks. */
function checksIn(config: ColumnConfig): ColumnConfig {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !(NO_CHECKS as readonly string[]).includes(key)))
}
