import type { DuckDBConnection } from '@duckdb/node-api'
import type { ConfigIssue } from '../../../pipeline/catalog.ts'
import { sqlText } from '../../duckdb.ts'
import { outputFormFaults } from '../../output-form-faults.ts'
import { cleanText } from '../../vocabulary/clean-text.ts'
import { FORM_TYPES } from '../../vocabulary/column-form-schema.ts'
import { typedColumn } from '../../vocabulary/column-types.ts'
import { formatFault } from '../../vocabulary/time-form.ts'
import { boundText, CLAMPED_TYPES } from './clamp-column.ts'
import type { ColumnConfig } from './column-config.ts'
import type { TakeInputCsvConfig } from './config.ts'
import { formOf } from './intake-columns.ts'

type Path = readonly (string | number)[]

/** Faults of columns beyond their checks: where they come from, how they are read and filled; and of `output`. */
export async function columnIssues(
  config: TakeInputCsvConfig,
  connect: () => Promise<DuckDBConnection>,
): Promise<readonly ConfigIssue[]> {
  const found = new ColumnFaults(config)
  found.look()
  for (const { path, text, type } of found.values) {
    const connection = await connect()
    const reader = await connection.runAndReadAll(`SELECT coalesce(${typedColumn(type, sqlText(text)).valid}, FALSE)`)
    if (reader.getRows()[0]?.[0] === true) continue
    const what = path.at(-1) === 'default' ? `"${text}"` : `"${text}", which a clamped value would become,`
    found.report(path, 'bad_value', `${what} is not of the type ${type}`, HINTS[type] ?? null)
  }
  return found.issues
}

const HINTS: Readonly<Record<string, string>> = {
  date: 'Dates in the config are written as 2024-01-31.',
  percent: 'A percentage is written with its sign, as 5%.',
  duration: 'A duration is written with its unit, as 90s.',
}

interface TypedText {
  readonly path: Path
  readonly text: string
  readonly type: NonNullable<ColumnConfig['type']>
}

class ColumnFaults {
  readonly issues: ConfigIssue[] = []
  /** Texts that must be of the type of their column. */
  readonly values: TypedText[] = []
  readonly #config: TakeInputCsvConfig

  constructor(config: TakeInputCsvConfig) {
    this.#config = config
  }

  look(): void {
    const { decimal, group } = this.#config
    if (sameMark(decimal, group)) this.report(['group'], 'bad_form', ...SAME_MARK)
    this.issues.push(...outputFormFaults(this.#config))
    this.#names()
    for (const [name, spec] of Object.entries(this.#config.columns)) {
      this.#form(['columns', name], spec)
      this.#fill(['columns', name], spec)
    }
  }

  report(path: Path, code: string, message: string, hint: string | null): void {
    this.issues.push({ path, code, message, hint })
  }

  #names(): void {
    const sources = new Map<string, string>()
    const names = new Map<string, string>()
    for (const [name, { from = [], optional }] of Object.entries(this.#config.columns)) {
      const path = ['columns', name]
      const twin = names.get(name.toLowerCase())
      if (twin !== undefined) this.report(path, 'bad_name', `the columns "${twin}" and "${name}" differ in case alone`, null)
      names.set(name.toLowerCase(), name)
      if ((from.length > 0 || optional === true) && (/^__|\p{Cc}/u.test(name) || name.trim() !== name)) {
        const hint = 'Names begin with no "__", have no blanks at their ends and no control characters.'
        this.report(path, 'bad_name', `no column can be called "${name}"`, hint)
      }
      for (const [index, source] of from.entries()) {
        const other = sources.get(source)
        const message = other === name ? `"${source}" is named twice` : `"${source}" is what "${other}" comes from`
        if (other !== undefined) this.report([...path, 'from', index], 'bad_from', message, null)
        sources.set(source, name)
      }
    }
  }

  #form(path: Path, spec: ColumnConfig): void {
    const { type, format = [], decimal, group } = spec
    for (const [key, types] of Object.entries(FORM_TYPES)) {
      if (spec[key as keyof typeof FORM_TYPES] === undefined || (type !== undefined && types.includes(type))) continue
      const found = type === undefined ? 'the column has no type' : `the column is of the type ${type}`
      this.report([...path, key], 'bad_form', `is for columns of the type ${orList(types)}; ${found}`, null)
    }
    const form = formOf(spec, this.#config)
    const own = decimal !== undefined || group !== undefined
    if (own && sameMark(form.decimal, form.group)) {
      this.report([...path, group === undefined ? 'decimal' : 'group'], 'bad_form', ...SAME_MARK)
    }
    if (type === 'date' || type === 'datetime') this.#formats(path, format, type)
    this.#words(path, spec)
  }

  #formats(path: Path, formats: readonly string[], type: 'date' | 'datetime'): void {
    for (const [index, format] of formats.entries()) {
      const fault = formatFault(format, type)
      const at = formats.length === 1 ? [...path, 'format'] : [...path, 'format', index]
      if (fault !== null) this.report(at, 'bad_format', `"${format}" is no format for a ${type}: ${fault}`, FORMAT_HINT)
    }
  }

  #words(path: Path, { true_words: yes = [], false_words: no = [] }: ColumnConfig): void {
    const lower = (words: readonly string[]): string[] => words.map((word) => cleanText(['lower'], word))
    const trues = new Set(['true', ...lower(yes)])
    const both = ['false', ...lower(no)].find((word) => trues.has(word))
    if (both === undefined) return
    this.report(
      [...path, no.length > 0 ? 'false_words' : 'true_words'],
      'bad_form',
      `"${both}" cannot mean both true and false`,
      null,
    )
  }

  #fill(path: Path, { required, optional, default: preset, clamp, type, min, max }: ColumnConfig): void {
    if (required === true && optional === true && preset === undefined) {
      const hint = 'Give it a default, or let it be required no longer'
      this.report([...path, 'optional'], 'bad_optional', 'a file without the column would lose every row: it is required', hint)
    }
    if (preset !== undefined && type !== undefined) this.values.push({ path: [...path, 'default'], text: preset, type })
    if (clamp !== true) return
    if (type === undefined || !CLAMPED_TYPES.includes(type)) {
      this.report([...path, 'clamp'], 'bad_clamp', `is for columns of the type ${orList(CLAMPED_TYPES)}`, null)
      return
    }
    const bounds = Object.entries({ min, max }).filter(([, bound]) => bound !== undefined)
    if (bounds.length === 0) this.report([...path, 'clamp'], 'bad_clamp', 'needs min or max, to which it brings a value', null)
    for (const [key, bound] of bounds) {
      if (typeof bound === 'object' || bound === 'now') {
        this.report([...path, key], 'bad_clamp', 'clamp needs a value here that is the same for all rows', null)
      } else if (bound !== undefined) this.values.push({ path: [...path, key], text: boundText(bound, type), type })
    }
  }
}

const SAME_MARK = [
  'cannot be the decimal mark too',
  'Set decimal: or group: to another mark; group: none means no groups',
] as const
const FORMAT_HINT = 'Formats are those of strftime, in quotes: "%d.%m.%Y %H:%M"'

const sameMark = (decimal: string | undefined, group: string | undefined): boolean => (decimal ?? '.') === group

const orList = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
