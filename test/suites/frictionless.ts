import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../pipeline/json.ts'
import { checklistRules, inferredColumns } from './frictionless-checks.ts'
import { findingsOf, type Finding } from './frictionless-findings.ts'
import { dialectConfig, schemaConfig, type TableSchema } from './frictionless-schema.ts'
import type { Product } from './run-product.ts'
import {
  isMap,
  judgeEach,
  type Json,
  type JsonMap,
  listOf,
  NotOffered,
  passed,
  type RuleCase,
  sameVerdict,
  SUITES_DIR,
  textOf,
  type Verdict,
  type Verdicts,
} from './suite-cases.ts'

/** Each case by itself: intake as the resource and its schema say, then the checks of its checklist as rules and checks. */
export function judgeReports(product: Product, cases: readonly RuleCase[]): Promise<Verdicts> {
  return judgeEach(cases, (one) => judgeReport(product, one))
}

async function judgeReport(product: Product, one: RuleCase): Promise<Verdict> {
  const { resource, checklist } = one.rule
  if (!isMap(resource)) throw new NotOffered('a resource that is no mapping')
  refuseFileFacts(resource)
  if (one.id.includes('_detector_')) throw new NotOffered('a setting of the program that the case does not hold')
  const schema = schemaOf(resource['schema'])
  const checks = isMap(checklist) ? listOf(checklist['checks']).filter(isMap) : []
  const hasHeader = !(isMap(resource['dialect']) && resource['dialect']['header'] === false)
  const config: JsonObject = {
    ...AS_IS,
    ...dialectConfig(resource),
    ...(schema === null ? { columns: inferredColumns(checks, listOf(one.data['rows'])) } : schemaConfig(schema)),
    header: hasHeader,
  }
  const inputFile = await inputOf(product, one)
  const taken = await product.intake(inputFile, config)
  const rules = checklistRules({ checks, schema, inputFile, header: taken.ran?.header ?? [], rowCount: resource['rows'] })
  const judged = taken.ran === null ? null : await product.rules(taken.ran.dataset, { ...ALL, ...rules })
  const found = findingsOf({ taken, judged, hasHeader }).filter(chosenBy(isMap(checklist) ? checklist : {}))
  const expected = lines(expectedOf(one))
  // `error` is what the suite calls a table that cannot be checked at all.
  if (expected.join() === 'error' && found.some(({ row }) => row === null)) return passed
  return sameVerdict(expected, lines(found))
}

const ALL: JsonObject = { budget: { fail: '100%' }, min_output: '0 rows' }
const AS_IS: JsonObject = { ...ALL, duplicates: 'keep', skip_lines: 0, skip_blank_lines: false }

/** Facts about the file rather than its rows, which the engine records of every input by itself. */
function refuseFileFacts(resource: JsonMap): void {
  for (const fact of ['hash', 'bytes'])
    if (resource[fact] !== undefined)
      throw new NotOffered(`the ${fact} of a file as a rule: it is recorded of every input, not asked for`)
}

function schemaOf(schema: Json | undefined): TableSchema | null {
  if (typeof schema === 'string' && !existsSync(join(SUITES_DIR, 'frictionless', schema)))
    throw new NotOffered('its schema is a file that the suite does not hold')
  if (typeof schema === 'string') return JSON.parse(readFileSync(join(SUITES_DIR, 'frictionless', schema), 'utf8')) as TableSchema
  return isMap(schema) ? (schema as unknown as TableSchema) : null
}

/** Rows in memory become a file; a short row stays short. */
async function inputOf(product: Product, { data }: RuleCase): Promise<string> {
  if (typeof data['csv'] === 'string') {
    const path = join(SUITES_DIR, data['csv'])
    return product.file(
      readFileSync(path),
      /\.csv\.(?<packed>\w+)$/.exec(path) === null ? 'csv' : `csv.${path.split('.').at(-1)}`,
    )
  }
  const rows = listOf(data['rows'])
  if (!rows.every((row) => Array.isArray(row))) throw new NotOffered('rows in memory of another form than a table')
  const csv = rows.map((row) => listOf(row).map(quoted).join(',')).join('\n')
  return product.file(`${csv}\n`)
}

const quoted = (cell: Json): string => (cell === null ? '""' : `"${textOf(cell).replaceAll('"', '""')}"`)

/** `pickErrors` and `skipErrors` choose among what is reported, by type or by tag. */
function chosenBy(checklist: JsonMap): (finding: Finding) => boolean {
  const [pick, skip] = [listOf(checklist['pickErrors']).map(textOf), listOf(checklist['skipErrors']).map(textOf)]
  const named = (names: readonly string[], { type }: Finding): boolean =>
    names.some((name) => name === type || (name.startsWith('#') && (TAGS[name] ?? []).includes(type)))
  return (finding) => (pick.length === 0 || named(pick, finding)) && !named(skip, finding)
}

const TAGS: Readonly<Record<string, readonly string[]>> = {
  '#header': ['blank-label', 'duplicate-label', 'missing-label', 'extra-label', 'incorrect-label', 'blank-header'],
  '#row': [
    'missing-cell',
    'extra-cell',
    'blank-row',
    'type-error',
    'constraint-error',
    'unique-error',
    'primary-key',
    'foreign-key',
  ],
}

const expectedOf = ({ expect }: RuleCase): readonly Finding[] =>
  listOf(expect['errors'])
    .filter(isMap)
    .map((error) => ({ type: sameLabel(textOf(error['type'])), row: typeof error['row'] === 'number' ? error['row'] : null }))

/** A column that has another name than asked for is one that is missing. */
const sameLabel = (type: string): string => (type === 'incorrect-label' ? 'missing-label' : type)

/** Each kind of error once for each row: a report by cells says the same as one by rows. */
const lines = (findings: readonly Finding[]): readonly string[] =>
  [...new Set(findings.map(({ type, row }) => `${type}${row === null ? '' : ` in row ${row}`}`))].sort()
