import type { ColumnForm } from './column-form-schema.ts'
import type { ColumnType } from './column-type-schema.ts'
import type { WordLists } from './word-lists.ts'

/** A column as the checks see it. */
export interface ValueColumn {
  readonly name: string
  /** SQL VARCHAR expression; NULL where the cell is empty. */
  readonly text: string
  /** Null: nothing is known, a check takes the text for what its operand is (`min: 5` reads numbers). */
  readonly type: ColumnType | null
  /** SQL expression of the type's SQL type (`SQL_TYPES`); NULL where the text is not of the type. */
  readonly value: string
  /** How a column without a type is read where a check wants a date. */
  readonly form?: ColumnForm
  /** SQL boolean: a text that is not empty is of the type; where more than the text as it stands tells that. */
  readonly valid?: string
}

/** What checks may refer to. */
export interface CompileEnv {
  /** Undefined when the input has no such column. */
  column(name: string): ValueColumn | undefined
  readonly lists: WordLists
  /** What `now` means. */
  readonly now: Date
  readonly projectDir: string
}

/** One check as SQL over a row. */
export interface CompiledCheck {
  /** The key as written: `required`, `min`, `not_contains`. */
  readonly check: string
  readonly column: string | null
  /** SQL boolean: the row does not pass. Never NULL. */
  readonly violated: string
  /** What is wrong with the value, as the rest of a sentence: `is below 0`. Never a cell value. */
  readonly message: string
}

/** One check in three values: TRUE passes, FALSE does not, NULL says nothing since the value is empty. */
export interface TernaryCheck {
  readonly check: string
  readonly column: string | null
  readonly ok: string
  readonly message: string
}

/** The two-valued form of a check: an empty value passes. */
export function violatedWhen(check: TernaryCheck): CompiledCheck {
  return { check: check.check, column: check.column, violated: `coalesce(NOT (${check.ok}), FALSE)`, message: check.message }
}
