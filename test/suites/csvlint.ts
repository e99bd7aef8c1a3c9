import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../pipeline/json.ts'
import { notBlank } from './frictionless-checks.ts'
import type { Outcome, Product } from './run-product.ts'
import { schemaConfig, type TableSchema } from './frictionless-schema.ts'
import {
  isMap,
  judgeEach,
  listOf,
  NotOffered,
  type RuleCase,
  sameVerdict,
  SUITES_DIR,
  textOf,
  type Verdict,
  type Verdicts,
} from './suite-cases.ts'

/** What was found, in the words of the suite. */
interface Message {
  readonly level: 'errors' | 'warnings' | 'info messages'
  readonly type: string
  readonly row: number | null
}

/** Sentences on a file that was fetched: its errors, warnings and messages, their types and rows. */
export function judgeLints(product: Product, cases: readonly RuleCase[]): Promise<Verdicts> {
  return judgeEach(cases, (one) => judgeLint(product, one))
}

async function judgeLint(product: Product, one: RuleCase): Promise<Verdict> {
  refuseHttp(one)
  const { text, csv } = one.data
  const file = await product.file(typeof csv === 'string' ? readFileSync(join(SUITES_DIR, csv)) : textOf(text))
  const taken = await product.intake(file, configOf(one))
  const judged =
    taken.ran === null
      ? null
      : await product.rules(taken.ran.dataset, { ...RULES, rules: [{ ...notBlank(taken.ran.header), action: 'reject' }] })
  const found = [...messagesOf(taken), ...(judged === null ? [] : messagesOf(judged))]
  const statements = listOf(one.expect['statements']).map(textOf)
  return sameVerdict(
    statements.map((statement) => ({ statement, holds: true })),
    statements.map((statement) => ({ statement, holds: holds(statement, found) })),
  )
}

/** The suite judges answers of a web server; we are given files. */
function refuseHttp({ steps = [], stratum, rule, expect: { statements } }: RuleCase): void {
  if (
    steps.some((step) => /content type is set|no character set|the type "no_encoding"|the type "wrong_content_type"/.test(step))
  )
    throw new NotOffered('what a web server says of a file beside its bytes')
  if (stratum.startsWith('csvw') && rule['schema'] === null && !listOf(statements).includes('0 error'))
    throw new NotOffered('the schema of the case is not in the suite as it was handed on')
}

const RULES: JsonObject = { budget: { fail: '100%' }, min_output: '0 rows' }
const ALL: JsonObject = { ...RULES, duplicates: 'keep', skip_blank_lines: false }

function configOf({ rule, steps = [] }: RuleCase): JsonObject {
  const step = (pattern: RegExp): string | null =>
    steps.map((one) => pattern.exec(one)?.groups?.['value']).find((value) => value !== undefined) ?? null
  const encoding = step(/encoding header of "(?<value>[^"]+)"/) ?? step(/encoded as "(?<value>[^"]+)"/)
  const delimiter = step(/set the delimiter to "(?<value>.)"/)
  const quote = step(/set quotechar to "(?<value>.)"/)
  const schema = typeof rule['schema'] === 'string' ? (JSON.parse(rule['schema']) as TableSchema) : null
  return {
    ...ALL,
    ...(encoding === null ? {} : { encoding: encoding.toLowerCase() }),
    ...(delimiter === null ? {} : { delimiter }),
    ...(quote === null ? {} : { quote }),
    ...(step(/(?<value>set header to "true")/) === null ? {} : { header: true }),
    ...(schema === null ? {} : { columns: schemaConfig({ fieldsMatch: 'subset', ...schema })['columns'] ?? {} }),
  }
}

const TYPES: Readonly<Record<string, string>> = {
  too_few_fields: 'ragged_rows',
  too_many_fields: 'ragged_rows',
  stray_quote: 'stray_quote',
  text_after_quote: 'stray_quote',
  unclosed_quote: 'unclosed_quote',
  invalid_byte: 'invalid_encoding',
  'blank-row': 'blank_rows',
}

function messagesOf({ ran, fault }: Outcome): readonly Message[] {
  if (ran === null)
    return [
      { level: 'errors', type: fault.issues.some(({ code }) => code === 'bad_regex') ? 'invalid_regex' : fault.code, row: null },
    ]
  const { dialect } = ran.result.metadata
  const title = isMap(dialect) ? dialect['skip_lines'] : 0
  return [
    ...(typeof title === 'number' && title > 0 ? [{ level: 'warnings' as const, type: 'title_row', row: null }] : []),
    ...ran.rejected.map(({ line, raw, violations }) => ({
      level: 'errors' as const,
      type: raw === '' ? 'blank_rows' : (TYPES[violations[0]?.rule ?? ''] ?? (violations[0]?.rule ?? '').replace(/^.*\./, '')),
      row: line,
    })),
    ...ran.warnings
      .filter((warning) => !/were rejected; the budget/.test(warning))
      .map((warning) => ({ level: 'warnings' as const, type: warning, row: null })),
  ]
}

/** `1 error`, `0 warnings`, `no "x" errors`, `the type "x"`, `the row "3"`, `the content "…"`. */
function holds(statement: string, found: readonly Message[]): boolean {
  const count = /^(?<number>\d+) (?<what>error|warning|info message)s?$/.exec(statement)?.groups
  if (count !== undefined)
    return found.filter(({ level }) => level.startsWith(count['what'] ?? '')).length === Number(count['number'])
  const none = /^no "(?<type>[^"]+)" errors$/.exec(statement)?.groups?.['type']
  if (none !== undefined) return !found.some(({ type }) => type === none || type === 'invalid_encoding')
  const type = /^the type "(?<type>[^"]+)"$/.exec(statement)?.groups?.['type']
  if (type !== undefined) return found.some((message) => message.type === type)
  const row = /^the row "(?<row>\d+)"$/.exec(statement)?.groups?.['row']
  if (row !== undefined) return found.some((message) => message.row === Number(row))
  return statement.startsWith('the content ') && found.length > 0
}
