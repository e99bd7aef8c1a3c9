import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../pipeline/json.ts'
import { type CsvSchema, parseCsvSchema } from './csv-schema-parser.ts'
import { columnRules } from './csv-schema-rules.ts'
import type { Outcome, Product } from './run-product.ts'
import {
  isMap,
  judgeEach,
  listOf,
  type RuleCase,
  sameVerdict,
  SUITES_DIR,
  textOf,
  type Verdict,
  type Verdicts,
} from './suite-cases.ts'

/** Files of the UK's National Archives with their schemas: errors are rejected rows, warnings flagged ones. */
export function judgeSchemas(product: Product, cases: readonly RuleCase[]): Promise<Verdicts> {
  return judgeEach(cases, (one) => judgeSchema(product, one))
}

const ALL: JsonObject = { budget: { fail: '100%' }, min_output: '0 rows' }

async function judgeSchema(product: Product, one: RuleCase): Promise<Verdict> {
  const schema = parseCsvSchema(textOf(one.rule['text']))
  const said = schema.columns.map(columnRules)
  const numbered = (specs: readonly JsonObject[]): JsonObject[] => specs.map((spec, index) => ({ ...spec, id: `rule-${index}` }))
  const file = await product.file(readFileSync(join(SUITES_DIR, textOf(one.data['csv']))))
  const taken = await product.intake(file, intakeOf(schema))
  const rules = numbered(said.flatMap((column) => column.rules))
  const checks = numbered(said.flatMap((column) => column.checks))
  const judged =
    taken.ran === null
      ? null
      : await product.rules(taken.ran.dataset, { ...ALL, rules, ...(checks.length === 0 ? {} : { checks }) })
  return compared(one, taken, judged)
}

function intakeOf({ directives, columns }: CsvSchema): JsonObject {
  const hasHeader = !directives.has('noHeader')
  const mark = (directives.get('separator') ?? ',').replaceAll(/^['"]|['"]$/g, '')
  return {
    ...ALL,
    header: hasHeader,
    delimiter: mark === 'TAB' || mark === String.raw`\t` ? 'tab' : mark,
    quote: '"',
    trim: false,
    skip_lines: 0,
    duplicates: 'keep',
    extra_columns: 'reject',
    ...(directives.has('ignoreColumnNameCase') ? { column_names: 'loose' } : {}),
    columns: Object.fromEntries(columns.map(({ name }, index) => [name, hasHeader ? {} : { from: `column${index + 1}` }])),
  }
}

/** A run that stops at the first error names that one; otherwise all rows are compared. */
function compared(one: RuleCase, taken: Outcome, judged: Outcome | null): Verdict {
  const fault = taken.fault ?? judged?.fault ?? null
  const messages = listOf(one.expect['messages']).filter(isMap)
  const rowsOf = (level: string): readonly number[] =>
    sorted(messages.filter((message) => message['level'] === level).map(({ row }) => Number(row)))
  const valid = one.expect['validity'] === 'valid'
  if (fault !== null) return sameVerdict({ valid }, { valid: false, fault: fault.message })
  const errors = sorted([taken, judged].flatMap((outcome) => (outcome?.ran?.rejected ?? []).map(({ record }) => record ?? 0)))
  const flagged = (judged?.ran?.rows ?? []).flatMap((row, index) => ((row['_flags'] ?? '') === '' ? [] : [index + 1]))
  const whole = (judged?.ran?.warnings ?? []).some((warning) => warning.includes('distinct_count'))
  const found = { valid: errors.length === 0 && flagged.length === 0 && !whole, warnings: flagged }
  const expected = { valid, warnings: rowsOf('ValidationWarning') }
  // A check of a whole column names no row.
  if (whole) return sameVerdict(expected, found)
  const wanted = rowsOf('ValidationError')
  const all = /only (?:report )?first|fail fast/.test(one.id) ? errors.slice(0, 1) : errors
  return sameVerdict({ ...expected, errors: wanted }, { ...found, errors: all })
}

const sorted = (rows: readonly number[]): number[] => [...new Set(rows)].sort((a, b) => a - b)
