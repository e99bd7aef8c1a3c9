import { sqlText } from '../duckdb.ts'
import type { CleanStep } from './clean-schema.ts'

/** All that Unicode calls white space: DuckDB's own `trim` knows the spaces among them, but no tab and no line end. */
const WHITESPACE =
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'
const INNER_WHITESPACE = String.raw`[\s\x0B\x{85}\p{Z}]+`
/** Control characters but for tab and line ends, soft hyphen, zero-width characters, direction marks, byte order mark. */
const INVISIBLE = String.raw`[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x{9F}\x{AD}\x{61C}\x{180E}\x{200B}\x{200C}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{206F}\x{FEFF}]`

/** The value after the steps, in their order; may be the empty text. NULL stays NULL. */
export function cleanSql(steps: readonly CleanStep[], sql: string): string {
  return steps.reduce((inner, step) => STEPS[step](inner), sql)
}

const STEPS: Readonly<Record<CleanStep, (sql: string) => string>> = {
  trim: trimSql,
  squeeze: (sql) => `regexp_replace(${sql}, ${sqlText(INNER_WHITESPACE)}, ' ', 'g')`,
  lower: (sql) => `lower(${sql})`,
  upper: (sql) => `upper(${sql})`,
  fold: (sql) => `replace(strip_accents(lower(${sql})), 'ß', 'ss')`,
  nfc: (sql) => ifNotAscii(sql, (text) => `nfc_normalize(${text})`),
  visible: (sql) => `regexp_replace(${sql}, ${sqlText(INVISIBLE)}, '', 'g')`,
}

/**
 * A character list costs eight times what a look at both ends costs, so only values that begin or end with something other
 * than printable ASCII are trimmed by list. DuckDB works out an expression that occurs several times once.
 */
function trimSql(sql: string): string {
  const suspicious = `(${sql}) < '!' OR (${sql}) > '~' OR (${sql})[-1] < '!' OR (${sql})[-1] > '~'`
  return `CASE WHEN ${suspicious} THEN trim(${sql}, ${sqlText(WHITESPACE)}) ELSE ${sql} END`
}

function ifNotAscii(sql: string, clean: (text: string) => string): string {
  return `CASE WHEN strlen(${sql}) = length(${sql}) THEN ${sql} ELSE ${clean(sql)} END`
}
