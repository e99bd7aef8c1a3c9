import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import { ruleBasedFiltering } from '../../activities/stages/rule-based-filtering/stage.ts'
import { takeInputCsv } from '../../activities/stages/take-input-csv/stage.ts'
import type { CaseRule, CaseUnique, RuleCase } from './rule-cases.ts'
import { type CaseRow, holds } from './slow-conditions.ts'
import { attemptStage, type StageBench } from './stage-bench.ts'

const LENIENT = { budget: { fail: '100%' }, min_output: '0 rows' }
const KINDS = { reject: 'rejected', filter: 'filtered', duplicate: 'duplicates' } as const

interface Count {
  readonly broken: number
  readonly stopped: number
  readonly alone: number
}

/** What the rules say of each row, worked out row by row in JavaScript, is what the stage does. */
export async function checkRules(bench: StageBench, { rows, typed, rules }: RuleCase): Promise<void> {
  const table = rows.map((cells) => ({
    typed,
    cells: Object.fromEntries(['a', 'b', 'n', 'm'].map((name, at) => [name, cells[at] === '' ? null : (cells[at] ?? null)])),
  }))
  const expected = funnel(rules, table)
  const csv = Buffer.from(
    ['a,b,n,m,k', ...rows.map((cells, at) => [...cells.map((text) => `"${text}"`), String(at)].join(','))].join('\n'),
  )
  const clean = typed ? await attemptStage(bench, takeInputCsv, { ...TYPED, ...LENIENT }, csv) : null
  const run = await attemptStage(bench, ruleBasedFiltering, { ...LENIENT, rules }, clean?.output ?? csv)
  const output = parse(await run.csv('output'), { columns: true }) as readonly Record<string, string>[]
  assert.deepEqual(
    output.map(({ k, _flags: flags = '' }) => [Number(k), flags]),
    expected.kept.map(({ row, flags }) => [row, flags.join(',')]),
  )
  for (const row of output) assert.deepEqual([row['a'], row['b'], row['n'], row['m']], rows[Number(row['k'])])
  for (const [action, kind] of Object.entries(KINDS)) {
    const told = (await run.leftOut(kind)).map(({ record, violations }) => [record - 1, violations[0]?.rule])
    const stopped = expected.stopped.filter((one) => one.action === action)
    assert.deepEqual(
      told,
      stopped.map(({ row, rule }) => [row, rule]),
      kind,
    )
  }
  const counted = run.result.metadata['rules'] as unknown as readonly (Count & { readonly id: string })[]
  assert.deepEqual(
    counted.map(({ id, broken, stopped, alone }) => ({ id, broken, stopped, alone })),
    expected.counts,
  )
  await Promise.all([run.discard(), clean?.discard()])
}

const TYPED = { trim: false, duplicates: 'keep', columns: { n: { type: 'integer' }, m: { type: 'decimal' } } }

interface Funnel {
  readonly kept: readonly { readonly row: number; readonly flags: readonly string[] }[]
  readonly stopped: readonly { readonly row: number; readonly rule: string; readonly action: string }[]
  readonly counts: readonly (Count & { readonly id: string })[]
}

/** Rule after rule, on the rows that are left. */
function funnel(rules: readonly CaseRule[], table: readonly CaseRow[]): Funnel {
  const all = table.map((_, row) => row)
  const stopped = new Map<number, { rule: string; action: string }>()
  const flags = new Map<number, string[]>()
  const counts = rules.map((rule) => {
    const action = rule.action ?? (rule.unique === undefined ? 'filter' : 'duplicate')
    const broken = breaking(
      rule,
      table,
      all.filter((row) => !stopped.has(row)),
    )
    for (const row of broken) {
      if (action in KINDS) stopped.set(row, { rule: rule.id, action })
      if (action === 'flag') flags.set(row, [...(flags.get(row) ?? []), rule.id])
    }
    const alone = breaking(rule, table, all).length
    return { id: rule.id, broken: broken.length, stopped: action in KINDS ? broken.length : 0, alone }
  })
  return {
    kept: all.filter((row) => !stopped.has(row)).map((row) => ({ row, flags: flags.get(row) ?? [] })),
    stopped: [...stopped].map(([row, why]) => ({ row, ...why })).toSorted((a, b) => a.row - b.row),
    counts,
  }
}

/** Those of some rows that break a rule. */
function breaking(rule: CaseRule, table: readonly CaseRow[], rows: readonly number[]): readonly number[] {
  const { unique } = rule
  if (unique === undefined) return rows.filter((row) => holds(rule, at(table, row)) === false)
  const groups = new Map<string, number[]>()
  for (const row of rows) {
    const keys = unique.by.map((name) => keyOf(at(table, row).cells[name] ?? null, unique.as ?? []))
    const takesPart = rule.when === undefined || holds(rule.when, at(table, row)) === true
    if (!takesPart || keys.every((key) => key === null)) continue
    const key = JSON.stringify(keys)
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  const others = [...groups.values()].flatMap((group) => {
    const kept = group.toSorted((one, other) => compare(unique, table, [one, other]))[0]
    return group.filter((row) => row !== kept)
  })
  return others.toSorted((one, other) => one - other)
}

function at(table: readonly CaseRow[], row: number): CaseRow {
  const found = table[row]
  if (found === undefined) throw new Error(`there is no row ${row}`)
  return found
}

function keyOf(cell: string | null, as: readonly string[]): string | null {
  const text = as.includes('trim') ? (cell ?? '').trim().toLowerCase() : (cell ?? '')
  return text === '' ? null : text
}

/** Below 0: the first of two rows is the one to be kept. Numbers come before other texts, an empty value last. */
function compare(
  { keep, order_by: names = [] }: CaseUnique,
  table: readonly CaseRow[],
  [one, other]: readonly [number, number],
): number {
  const turn = keep === 'last' ? -1 : 1
  for (const name of names) {
    const column = name.replace('-', '')
    const cells = [at(table, one), at(table, other)].map((row) => row.cells[column] ?? null)
    const direction = turn * (name.startsWith('-') ? -1 : 1)
    const isTyped = at(table, one).typed && (column === 'n' || column === 'm')
    const found = inOrder(cells.map(orderNumber), direction) || (isTyped ? 0 : inOrder(cells, direction))
    if (found !== 0) return found
  }
  return turn * (one - other)
}

const orderNumber = (cell: string | null): number | null =>
  cell !== null && /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(cell) ? Number(cell) : null

function inOrder([one = null, other = null]: readonly (number | string | null)[], direction: number): number {
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1
  if (typeof one === 'number' && typeof other === 'number') return direction * Math.sign(one - other)
  return direction * Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)))
}
