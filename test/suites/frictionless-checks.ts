import type { JsonObject } from '../../pipeline/json.ts'
import type { TableSchema } from './frictionless-schema.ts'
import { isMap, type Json, type JsonMap, listOf, NotOffered, textOf } from './suite-cases.ts'

interface Said {
  readonly rules?: readonly JsonObject[]
  readonly checks?: readonly JsonObject[]
}

/** What the rules are made from. */
interface ToCheck {
  readonly checks: readonly JsonMap[]
  readonly schema: TableSchema | null
  readonly inputFile: string
  readonly header: readonly string[]
  /** How many rows the resource says it has. */
  readonly rowCount: Json | undefined
}

/** A row in which no cell has a value. */
export const notBlank = (header: readonly string[]): JsonObject => ({
  id: 'blank-row',
  any: header.map((column) => ({ column, required: true })),
})

/** The checks of a checklist and the keys of a schema as rules and checks, whose IDs are the suite's words. */
export function checklistRules({ checks, schema, inputFile, header, rowCount }: ToCheck): JsonObject {
  const said: Said[] = [
    { rules: [notBlank(header)] },
    ...(typeof rowCount === 'number'
      ? [{ checks: [{ id: 'row-count', measure: 'rows', warn: { min: rowCount, max: rowCount } }] }]
      : []),
    ...checks.map((check) => checkOf(check, header)),
    ...(schema === null ? [] : keysOf(schema, inputFile)),
  ]
  const rules = said.flatMap((one) => one.rules ?? []).map((rule) => ({ ...rule, action: 'flag' }))
  const measured = said.flatMap((one) => one.checks ?? [])
  return { rules: numbered(rules), ...(measured.length === 0 ? {} : { checks: numbered(measured) }) }
}

const numbered = (specs: readonly JsonObject[]): JsonObject[] =>
  specs.map((one, at) => ({ ...one, id: `${one['id'] as string}.${at}` }))

function checkOf(check: JsonMap, header: readonly string[]): Said {
  const translate = CHECKS[textOf(check['type'])]
  if (translate === undefined)
    throw new NotOffered(`the check ${check['type'] === undefined ? 'of a program' : textOf(check['type'])}`)
  return translate(check, header)
}

/** What a program with fields of 16, 32 or 64 bits makes of larger numbers. */
const LARGEST = ['32767', '65535', '2147483647', '4294967295', '9223372036854775807', '18446744073709551615']

const CHECKS: Readonly<Record<string, (check: JsonMap, header: readonly string[]) => Said>> = {
  baseline: () => ({}),
  'duplicate-row': (_, header) => ({ rules: [{ id: 'duplicate-row', unique: { by: [...header] } }] }),
  'forbidden-value': (check) => ({
    rules: [{ id: 'forbidden-value', column: textOf(check['fieldName']), not_in: listOf(check['values']).map(textOf) }],
  }),
  'required-value': (check) => ({
    checks: listOf(check['values']).map((value) => ({
      id: 'required-value',
      measure: 'rows',
      where: { column: textOf(check['fieldName']), in: [textOf(value)] },
      warn: { min: 1 },
    })),
  }),
  'sequential-value': () => {
    throw new NotOffered('values that count upwards from row to row')
  },
  'row-constraint': (check) => ({ rules: [{ id: 'row-constraint', expr: formulaOf(textOf(check['formula'])), nulls: 'fail' }] }),
  'table-dimensions': dimensionsOf,
  'deviated-value': (check) => {
    const average = textOf(check['average'] ?? 'mean')
    if (average === 'median' || average === 'mode') throw new NotOffered('standard deviations from another middle than the mean')
    const method = average === 'mean' ? 'zscore' : average
    return {
      rules: [
        { id: 'deviated-value', column: textOf(check['fieldName']), not_outlier: { method, k: Number(check['interval'] ?? 3) } },
      ],
    }
  },
  'ascii-value': (_, header) => ({ rules: [{ id: 'ascii-value', columns: [...header], not_matches: '[^\\x00-\\x7F]' }] }),
  'deviated-cell': () => {
    throw new NotOffered('the spread of the lengths of cells')
  },
  'truncated-value': (_, header) => ({
    rules: [
      { id: 'truncated-value', all: header.map((column) => ({ column, not_in: LARGEST, not: { length: { equals: 255 } } })) },
    ],
  }),
}

/** The types of columns without a schema, as the suite's program finds them: numbers, and times that a check names. */
export function inferredColumns(checks: readonly JsonMap[], rows: readonly Json[]): JsonObject {
  const [header = [], ...cells] = rows.map(listOf)
  const numbers = header.flatMap((name, at) => {
    const values = cells.map((row) => row[at] ?? null).filter((value) => value !== null)
    return values.length > 0 && values.every((value) => typeof value === 'number')
      ? [[textOf(name), { type: 'decimal' }] as const]
      : []
  })
  const times = checks
    .filter(({ values }) => listOf(values).some((value) => /^\d{4}-\d\d-\d\d[ T]\d\d:/.test(textOf(value))))
    .map(({ fieldName }) => [textOf(fieldName), { type: 'datetime' }] as const)
  return Object.fromEntries([...numbers, ...times])
}

/** Python's formula in SQL: its operators are SQL's but for these. */
const formulaOf = (formula: string): string =>
  formula
    .replaceAll('==', '=')
    .replaceAll('!=', '<>')
    .replaceAll(/\[(?<items>[^\]]*)\]/g, '($<items>)')

function dimensionsOf(check: JsonMap): Said {
  const limit = (measure: string, key: string, low: string, high: string): JsonObject[] => {
    const [exact, min, max] = [check[key], check[low], check[high]]
    const warn = {
      ...(typeof (exact ?? min) === 'number' ? { min: Number(exact ?? min) } : {}),
      ...(typeof (exact ?? max) === 'number' ? { max: Number(exact ?? max) } : {}),
    }
    return Object.keys(warn).length === 0 ? [] : [{ id: 'table-dimensions', measure, warn }]
  }
  return {
    checks: [...limit('rows', 'numRows', 'minRows', 'maxRows'), ...limit('columns', 'numFields', 'minFields', 'maxFields')],
  }
}

/** Unique fields, the primary key, and foreign keys into the file itself. */
function keysOf({ fields, primaryKey, foreignKeys = [] }: TableSchema, inputFile: string): readonly Said[] {
  const unique = fields.filter(({ constraints }) => isMap(constraints) && constraints['unique'] === true)
  const key = typeof primaryKey === 'string' ? [primaryKey] : listOf(primaryKey).map(textOf)
  return [
    ...unique.map(({ name }) => ({ rules: [{ id: 'unique-error', unique: { by: textOf(name) } }] })),
    ...(key.length === 0 ? [] : [{ rules: [{ id: 'primary-key', unique: { by: key } }, keyThere(key)] }]),
    ...foreignKeys.map((foreign) => ({ rules: [referenceOf(foreign, inputFile)] })),
  ]
}

const keyThere = (key: readonly string[]): JsonObject => ({
  id: 'primary-key',
  any: key.map((column) => ({ column, required: true })),
})

function referenceOf({ fields, reference }: JsonMap, inputFile: string): JsonObject {
  const columns = (names: Json | undefined): readonly string[] =>
    typeof names === 'string' ? [names] : listOf(names).map(textOf)
  const [column = '', ...more] = columns(fields)
  const target = isMap(reference) ? reference : {}
  if (more.length > 0) throw new NotOffered('a reference by several columns at once')
  if (target['resource'] !== '') throw new NotOffered('a reference into a file that the suite does not hold')
  return { id: 'foreign-key', column, in: { file: `${inputFile}#${columns(target['fields'])[0] ?? ''}` } }
}
