import { outputNameOf } from '../pipeline/output-name.ts'
import { sqlName, sqlText } from './duckdb.ts'
import type { CsvForm } from './left-out/copy-rows.ts'
import type { StageContext } from './stage.ts'
import { checkedValue } from './vocabulary/column-types.ts'
import type { ValueColumn } from './vocabulary/compile-env.ts'
import type { OutputSpec } from './vocabulary/output-schema.ts'

export type OutputColumn = Omit<ValueColumn, 'value'>

/** How the output of a stage is written for people. */
export interface PublicForm {
  readonly name: string
  readonly format: 'csv' | 'parquet'
  readonly csv: CsvForm
  readonly bom: boolean
  readonly formulaGuard: boolean
}

/** The name and form of a public output; `output_file: x.parquet` gives Parquet. */
export function publicForm(outputFile: string | undefined, spec: OutputSpec | undefined, context: StageContext): PublicForm {
  const name = publicOutputName(outputFile, context)
  return {
    name,
    format: isParquetName(name) ? 'parquet' : 'csv',
    csv: { delimiter: spec?.delimiter ?? ',', lineEnd: spec?.line_end ?? 'lf', quoteAll: spec?.quote === 'all' },
    bom: spec?.bom === true,
    formulaGuard: spec?.formula_guard === true,
  }
}

/** Whether an output is written as `CsvBuffer` writes it. */
export function isPlainForm({ format, csv, bom, formulaGuard }: PublicForm): boolean {
  return format === 'csv' && csv.delimiter === ',' && csv.lineEnd === 'lf' && !csv.quoteAll && !bom && !formulaGuard
}

/** Whether an output of this name is written as Parquet. */
export const isParquetName = (name: string): boolean => /\.parquet$/i.test(name)

/** The name of a stage's output as people find it: `data/stage1_output.csv` gives `stage1_output_<run ID>.csv`. */
function publicOutputName(outputFile: string | undefined, context: StageContext): string {
  const { stem, extension } = outputFile === undefined ? { stem: context.stage, extension: '.csv' } : outputNameOf(outputFile)
  return `${stem}_${context.runId}${extension === '' ? '.csv' : extension}`
}

/** SELECT of the cells as the CSV for people has them. */
export function csvQuery(rows: string, columns: readonly OutputColumn[], form: PublicForm): string {
  // In a table of one column an empty cell would be a blank line, which readers skip: it is written as `""`.
  const filled = columns.length === 1 || form.csv.quoteAll
  const cells = columns.map(({ name, text, type }) => {
    const guarded = form.formulaGuard && mayBeFormula(type) ? guardSql(text) : text
    const header = form.formulaGuard && FORMULA_START.test(name) ? `'${name}` : name
    return `${filled ? `coalesce(${guarded}, '')` : guarded} AS ${sqlName(header)}`
  })
  return `SELECT ${cells.join(', ')} FROM ${rows}`
}

/** SELECT of the values as a Parquet file for people has them: each column in its own type, no places. */
export function valuesQuery(rows: string, columns: readonly OutputColumn[]): string {
  const values = columns.map(({ name, type }) => {
    const text = sqlName(name)
    return `${type === null ? text : checkedValue(type, text)} AS ${text}`
  })
  return `SELECT ${values.join(', ')} FROM ${rows}`
}

/** SELECT that counts, by column, the cells of Parquet copies that the formula guard changes. */
export function guardCounts(rows: string, columns: readonly OutputColumn[]): string {
  const counts = columns.map(({ name, type }) =>
    mayBeFormula(type) ? `count(*) FILTER (${isFormula(sqlName(name))})` : '0::BIGINT',
  )
  return `SELECT [${counts.join(', ')}] FROM ${rows}`
}

const FORMULA_START = /^[=+\-@\t\r]/
const FORMULA = String.raw`^[=+\-@\t\r]`
/** What begins with a sign and is a number all the same, in any locale. */
const SIGNED_NUMBER = String.raw`[+-](?:[0-9][0-9.,'\x{A0}\x{202F} ]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?\s*%?`
/** Types whose texts no spreadsheet takes for a formula: none of them begins with such a sign, or it is a number. */
const HARMLESS: ReadonlySet<string> = new Set(['integer', 'decimal', 'percent', 'boolean', 'date', 'datetime', 'duration'])

const mayBeFormula = (type: OutputColumn['type']): boolean => type === null || !HARMLESS.has(type)

function isFormula(text: string): string {
  return `(regexp_matches(${text}, ${sqlText(FORMULA)}) AND NOT regexp_full_match(${text}, ${sqlText(SIGNED_NUMBER)}))`
}

const guardSql = (text: string): string => `CASE WHEN ${isFormula(text)} THEN '''' || ${text} ELSE ${text} END`
