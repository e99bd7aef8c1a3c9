import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonObject, JsonValue } from '../pipeline/json.ts'
import type { Database } from './duckdb.ts'
import { flaggedRows } from './left-out/flagged-rows.ts'
import { type LeftOutRow, readLeftOut } from './left-out/read-left-out.ts'
import type { StageResult } from './stage.ts'

/** What a rule did to a sample. */
export interface TriedRule {
  readonly id: string
  /** `reject`, `filter`, `duplicate`; of rules that let rows pass `flag`, `warn` and the like. */
  readonly action: string
  /** Rows that it stopped; of an action that lets them pass, rows that are not as it says. */
  readonly rows: number
  /** Rows that are not as it says, whatever other rules say; null where the stage does not tell. */
  readonly alone: number | null
  /** Cells that it gave another text; null for actions that change none. */
  readonly changed: number | null
  readonly examples: readonly LeftOutRow[]
}

interface Counted {
  action: string
  rows: number
  alone: number | null
  readonly changed: number | null
  readonly examples: LeftOutRow[]
}

const PASSING: ReadonlySet<string> = new Set(['flag', 'warn', 'clear', 'clamp', 'set', 'fail'])

/** Every rule of a stage with its rows, from what the stage wrote: those it stopped, and those it says it let pass. */
export async function countRules(
  outDir: string,
  result: StageResult | null,
  options: { readonly examples: number; readonly database: Database },
): Promise<TriedRule[]> {
  const rules = new Map<string, Counted>()
  // The order in which they are written, rules without rows included.
  for (const rule of rulesOf(result?.metadata ?? {})) rules.set(rule.id, { ...rule, examples: [] })
  const told = new Set(rules.keys())
  for (const file of (await readdir(outDir)).filter((name) => name.endsWith('.jsonl')).sort())
    for await (const row of readLeftOut(join(outDir, file)))
      for (const id of new Set(row.violations.map(({ rule }) => rule))) {
        const rule = rules.get(id) ?? { action: row.action, rows: 0, alone: null, changed: null, examples: [] }
        if (!told.has(id)) rule.rows += 1
        if (rule.examples.length < options.examples) rule.examples.push(row)
        rules.set(id, rule)
      }
  if (result !== null) await addFlagged(rules, outDir, result, options)
  return [...rules].map(([id, rule]) => ({ id, ...rule }))
}

async function addFlagged(
  rules: ReadonlyMap<string, Counted>,
  outDir: string,
  { outputs }: StageResult,
  { examples, database }: { readonly examples: number; readonly database: Database },
): Promise<void> {
  const copies = outputs.filter(
    ({ dataset, format, publicName }) => dataset === 'output' && format === 'parquet' && publicName === undefined,
  )
  const output = { paths: copies.map(({ file }) => join(outDir, file)), format: 'parquet' as const, csvName: '', renamed: [] }
  for (const [id, rule] of rules) {
    if (rule.action !== 'flag' || rule.rows === 0 || copies.length === 0) continue
    const connection = await database.connect()
    try {
      for await (const row of flaggedRows(connection, { output, flagRules: [id] }, id)) {
        if (rule.examples.length >= examples) break
        rule.examples.push(row)
      }
    } finally {
      connection.closeSync()
    }
  }
}

/** The rules that a stage tells of in its metadata. */
function rulesOf({ rules }: JsonObject): (Omit<Counted, 'examples'> & { readonly id: string })[] {
  const entries = Array.isArray(rules) ? (rules as readonly JsonValue[]).filter(isObject) : []
  return entries.flatMap(({ id, action, stopped, broken, alone, changed }) => {
    if (typeof id !== 'string' || typeof action !== 'string') return []
    const rows = PASSING.has(action) ? broken : stopped
    const numberIn = (count: JsonValue | undefined): number | null => (typeof count === 'number' ? count : null)
    return [{ id, action, rows: numberIn(rows) ?? 0, alone: numberIn(alone), changed: numberIn(changed) }]
  })
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
