import type { JsonObject } from '../../pipeline/json.ts'
import { cellSpecOf } from './cell-types.ts'
import type { Product } from './run-product.ts'
import { type Json, NotOffered, notOffered, passed, type RuleCase, textOf, type Verdict, type Verdicts } from './suite-cases.ts'

/** A type in our words. */
export interface CellSpec {
  readonly column: JsonObject
  /** What intake cannot say by itself; the value is in the column `cell`. */
  readonly rule?: JsonObject
  /** Why our types say a part of it only: a case that comes out otherwise is not offered. */
  readonly partly?: string
  /** How the expected value is read, to be compared by value; absent: the cell's own text is what is read. */
  readonly valueType?: string
}

/** Cells of the same type are rows of one file; a value that is read must also be the value that the suite names. */
export async function judgeCells(product: Product, cases: readonly RuleCase[]): Promise<Verdicts> {
  const verdicts = new Map<RuleCase, Verdict>()
  const groups = new Map<string, { readonly spec: CellSpec; readonly cases: RuleCase[] }>()
  for (const one of cases) {
    try {
      const spec = cellSpecOf(one.rule)
      const key = JSON.stringify(spec)
      const group = groups.get(key) ?? { spec, cases: [] }
      group.cases.push(one)
      groups.set(key, group)
    } catch (error) {
      if (!(error instanceof NotOffered)) throw error
      verdicts.set(one, isObject(one) ? notOffered(NOT_TEXT) : notOffered(error.message))
    }
  }
  for (const { spec, cases: group } of groups.values())
    for (const [one, verdict] of await judgeType(product, spec, group)) verdicts.set(one, verdict)
  return verdicts
}

const NOT_TEXT = 'the cell is a value of a program and no text; a CSV file has texts only'
const isObject = ({ data }: RuleCase): boolean => typeof data['cell'] !== 'string'

/** Written down as text for the suite: a text in that form would not have been read by the format. */
function wasObject({ data, rule, expect }: RuleCase): boolean {
  const [cell, value] = [data['cell'], expect['value']]
  if (typeof cell !== 'string' || typeof value !== 'string' || !/^(?:date|datetime|time|duration)$/.test(textOf(rule['type'])))
    return false
  return cell.startsWith(value)
}

async function judgeType(product: Product, spec: CellSpec, group: readonly RuleCase[]): Promise<Verdicts> {
  const rows = group.map(({ data, expect }, index) => [`row${index}`, textOf(data['cell']), expectedText(expect['value'])])
  const csv = [['id', 'cell', 'expected'], ...rows].map((row) => row.map(quoted).join(',')).join('\n')
  const read = spec.valueType === undefined ? {} : { expected: { type: spec.valueType } }
  const all = { budget: { fail: '100%' }, min_output: '0 rows' }
  const taken = await product.intake(await product.file(`${csv}\n`), {
    ...all,
    delimiter: ',',
    quote: '"',
    header: true,
    duplicates: 'keep',
    columns: { cell: { ...spec.column, required: true }, ...read },
  })
  if (taken.ran === null) return new Map(group.map((one) => [one, refused(one, taken.fault.message)]))
  const rules: JsonObject[] = [
    ...(spec.rule === undefined ? [] : [{ ...spec.rule, id: 'accepted', nulls: 'fail', action: 'reject' }]),
    ...(spec.valueType === undefined
      ? []
      : [{ id: 'same-value', column: 'cell', equals: { column: 'expected' }, nulls: 'fail', action: 'flag' }]),
  ]
  const judged = rules.length === 0 ? taken : await product.rules(taken.ran.dataset, { ...all, rules })
  if (judged.ran === null) throw new Error(`the cells of ${group[0]?.id} could not be judged: ${judged.fault.message}`)
  const kept = new Map(judged.ran.rows.map((row) => [row['id'] ?? '', row['_flags'] ?? '']))
  return new Map(group.map((one, index) => [one, cellVerdict(one, spec, kept.get(`row${index}`))]))
}

/** Undefined: the cell was refused. */
function cellVerdict(one: RuleCase, spec: CellSpec, flags: string | undefined): Verdict {
  const { ok, value } = one.expect
  const accepted = flags !== undefined
  if (accepted === ok && (!accepted || flags === '')) return passed
  const isNumber = typeof one.data['cell'] === 'number' && spec.valueType !== undefined
  if ((isObject(one) && !isNumber) || wasObject(one)) return notOffered(NOT_TEXT)
  if (spec.valueType === 'decimal' && /^[+-]?(?:nan|inf)/i.test(textOf(one.data['cell'])))
    return notOffered('numbers that are none: NaN and INF')
  if (spec.partly !== undefined) return notOffered(spec.partly)
  const found = accepted ? (flags === '' ? 'accepted' : 'accepted, as another value') : 'refused'
  return { verdict: 'differs', expected: ok === true ? `the value ${JSON.stringify(value)}` : 'refused', found }
}

const refused = (one: RuleCase, message: string): Verdict =>
  one.expect['ok'] === false ? passed : { verdict: 'differs', expected: 'a value', found: `refused: ${message}` }

const expectedText = (value: Json | undefined): string => (value === null || value === undefined ? '' : textOf(value))
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
