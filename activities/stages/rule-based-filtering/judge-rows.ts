import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlText } from '../../duckdb.ts'
import { ROW_COLUMN } from '../../load-dataset.ts'
import { judgeSimilar } from './judge-similar.ts'
import { stopsRows } from './rule-set.ts'
import type { CompiledRule, CompiledRules, CompiledUnique } from './compile-rules.ts'

/** What the rules say, in tables that any connection sees. */
export interface Judgement {
  /** Table of the rows that a rule stops: `__row`, `__rule` (its place in the list, from 0), `__kept_record` of duplicates. */
  readonly stopped: string
  /** SQL condition over a row: no rule stops it. */
  readonly stays: string
  /** SQL over a row of the source: the rule that stops it, NULL for none; null when it takes the other rows to tell. */
  readonly ruleOf: string | null
  /** Table of the rows that flag rules name: `__row`, `__flags`; null when none does. */
  readonly flags: string | null
  readonly counts: readonly RuleCount[]
  /** Makes `stays` mean something on another connection too. */
  readonly share: (connection: DuckDBConnection) => Promise<void>
}

/** Rows of one rule. */
export interface RuleCount {
  /** Rows that got as far as this rule and are not as it says. */
  readonly broken: number
  /** Of those, the ones it stopped: all, or none for actions that let rows pass. */
  readonly stopped: number
  /** Rows that are not as it says, whatever other rules say; null for what only looks at the rows that they leave. */
  readonly alone: number | null
  /** Rows that got as far as this rule and that it says something about; null where its budget does not ask. */
  readonly checked: number | null
  /** Cells that it changed; null where it changes none. */
  readonly changed: number | null
}

const stops = ({ rule }: CompiledRule): boolean => stopsRows(rule)

/**
 * Works out for every row which rules it breaks, and the first of them that stops it: one pass over the input for all rules
 * that look at one row, then `unique` rules among the rows that rules before them have left. `mark` makes names of tables that
 * nobody else has.
 */
export async function judgeRows(
  connection: DuckDBConnection,
  { source, rules, share }: CompiledRules,
  mark: string,
): Promise<Judgement> {
  const rowRules = rules.map((rule, index) => ({ rule, index })).filter(({ rule }) => rule.unique === null)
  const broken = rowRules.map(({ rule, index }) => `${rule.violated} AS r${index}`)
  const hashes = rules.flatMap(({ hash, changed, alone }, index) => [
    ...(hash === null ? [] : [`${hash} AS u${index}`]),
    ...(changed === null ? [] : [`${changed} AS n${index}`]),
    ...(alone === null || rules[index]?.unique?.similar ? [] : [`${alone.sql} AS a${index}`]),
  ])
  const checked = rules.flatMap((rule, index) => (rule.checked === null ? [] : [`${rule.checked} AS c${index}`]))
  const stopping = rowRules.filter(({ rule }) => stops(rule))
  await connection.run(`CREATE OR REPLACE TEMP TABLE judged AS
    SELECT *, ${firstOf(stopping.map(({ index }) => ({ index, violated: `r${index}` })))} AS __first
    FROM (SELECT ${[ROW_COLUMN, ...broken, ...hashes, ...checked].join(', ')} FROM ${source})`)
  await connection.run('CREATE OR REPLACE TEMP TABLE same (__row BIGINT, __rule SMALLINT, __kept_record BIGINT, __stops BOOLEAN)')
  const aloneSame = new Map<number, number>()
  for (const [index, rule] of rules.entries()) {
    const { unique } = rule
    if (unique === null) continue
    const { similar } = unique
    const alone =
      similar === null
        ? await findSame(connection, { rule, unique, index })
        : await judgeSimilar(connection, { source: rule.source, id: rule.rule.id, unique, similar, index, stops: stops(rule) })
    aloneSame.set(index, alone)
  }
  const [stopped, flagged] = tablesOf(mark)
  await connection.run(`CREATE TABLE ${stopped} AS
    SELECT __row, __rule, __kept_record FROM same WHERE __stops
    UNION ALL
    SELECT __row, __first, NULL FROM judged WHERE __first IS NOT NULL AND __row NOT IN (SELECT __row FROM same WHERE __stops)`)
  const stays = await staysSql(connection, stopped)
  await stays.share(connection)
  return {
    stopped,
    stays: stays.sql,
    share: async (other) => {
      await stays.share(other)
      await share(other)
    },
    ruleOf:
      rowRules.length === rules.length ? firstOf(stopping.map(({ rule: { violated }, index }) => ({ index, violated }))) : null,
    flags: await collectFlags(connection, rules, flagged),
    counts: await countRules(connection, rules, { aloneSame, stopped }),
  }
}

/** Drops what `judgeRows` made, also where it failed half way. */
export async function dropJudgement(connection: DuckDBConnection, mark: string): Promise<void> {
  for (const table of tablesOf(mark)) await connection.run(`DROP TABLE IF EXISTS ${table}`)
}

const tablesOf = (mark: string): readonly [string, string] => [`stopped_${mark}`, `flags_${mark}`]

function firstOf(rules: readonly { readonly index: number; readonly violated: string }[]): string {
  const cases = rules.map(({ index, violated }) => `WHEN ${violated} THEN ${index}`)
  return `CAST(${cases.length === 0 ? 'NULL' : `CASE ${cases.join(' ')} END`} AS SMALLINT)`
}

/** The rows that nothing has left out, as a condition. A join loses the order of the rows, of either kind and on two threads already; looking up one bit keeps it. */
export async function staysSql(
  connection: DuckDBConnection,
  stopped: string,
): Promise<{ readonly sql: string; readonly share: Judgement['share'] }> {
  const last = await numberOf(connection, `SELECT coalesce(max(__row), -1) FROM ${stopped}`)
  if (last < 0) return { sql: 'TRUE', share: () => Promise.resolve() }
  return {
    sql: `(__row > ${last} OR get_bit(getvariable('stopped_rows'), CAST(least(__row, ${last}) AS INTEGER)) = 0)`,
    share: async (other) => {
      await other.run(`SET VARIABLE stopped_rows = (SELECT bitstring_agg(__row, 0, ${last}) FROM ${stopped})`)
    },
  }
}

interface SameRows {
  readonly rule: CompiledRule
  readonly unique: CompiledUnique
  readonly index: number
}

/** Adds the rows that are the same as one that is kept to `same`; returns how many there are by this rule alone. */
async function findSame(connection: DuckDBConnection, { rule, unique, index }: SameRows): Promise<number> {
  const { place, groups } = placing(unique)
  const found = await findCandidates(connection, { source: rule.source, unique, hash: `u${index}` })
  if (found) {
    await connection.run(`INSERT INTO same
      SELECT __row, ${index}, ${unique.keepsNone ? 'NULL' : '__kept_record'}, ${stops(rule)} FROM (
        SELECT __row, ${place('w')} AS __place, first_value(__record) OVER w AS __kept_record FROM candidates
        WHERE (__first IS NULL OR __first > ${index}) AND __row NOT IN (SELECT __row FROM same WHERE __stops)
        WINDOW w AS (${groups})
      ) WHERE __place > 1`)
  }
  const { alone } = rule
  const original =
    alone?.unique === null || alone === null
      ? found
      : await findCandidates(connection, { source: alone.source, unique: alone.unique, hash: `a${index}` })
  if (!original) return 0
  return numberOf(
    connection,
    `SELECT count(*) FROM (SELECT ${place(`(${groups})`)} AS __place FROM candidates) WHERE __place > 1`,
  )
}

/** Of rows that are the same, all or all but one have a place above 1. */
function placing({ keys, order, keepsNone }: CompiledUnique): {
  readonly place: (window: string) => string
  readonly groups: string
} {
  const sameKeys = keys.map((_, at) => `k${at}`).join(', ')
  const keptFirst = order.map(({ direction }, at) => `o${at} ${direction}`).join(', ')
  return {
    place: (window) => (keepsNone ? `count(*) OVER (PARTITION BY ${sameKeys})` : `row_number() OVER ${window}`),
    groups: `PARTITION BY ${sameKeys} ORDER BY ${keptFirst}`,
  }
}

/** Table `candidates` of the rows whose hash others have too; false when there are none. */
async function findCandidates(
  connection: DuckDBConnection,
  { source, unique, hash }: { readonly source: string; readonly unique: CompiledUnique; readonly hash: string },
): Promise<boolean> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE alike AS
    SELECT ${hash} FROM judged WHERE ${hash} IS NOT NULL GROUP BY ${hash} HAVING count(*) > 1`)
  if ((await numberOf(connection, 'SELECT count(*) FROM alike')) === 0) return false
  const keys = unique.keys.map((key, at) => `${key} AS k${at}`)
  const order = unique.order.map(({ sql }, at) => `${sql} AS o${at}`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE candidates AS
    SELECT c.*, j.__first
    FROM (SELECT ${[ROW_COLUMN, '__record', ...keys, ...order].join(', ')} FROM ${source}) c
    JOIN (SELECT __row, __first FROM judged SEMI JOIN alike USING (${hash})) j USING (__row)`)
  return true
}

/** The names of the flag rules that a row breaks, in the order of the rules. */
async function collectFlags(connection: DuckDBConnection, rules: readonly CompiledRule[], table: string): Promise<string | null> {
  const flagging = rules.map((rule, index) => ({ ...rule, index })).filter(({ rule }) => rule.action === 'flag')
  if (flagging.length === 0) return null
  const hits = flagging.map(({ rule, unique, index }) => {
    const from = unique === null ? `judged WHERE r${index}` : `same WHERE __rule = ${index}`
    return `SELECT __row, ${index} AS __rule, ${sqlText(rule.id)} AS __id FROM ${from}`
  })
  await connection.run(`CREATE TABLE ${table} AS
    SELECT __row, string_agg(__id, ',' ORDER BY __rule) AS __flags FROM (${hits.join(' UNION ALL ')}) GROUP BY __row`)
  return table
}

async function countRules(
  connection: DuckDBConnection,
  rules: readonly CompiledRule[],
  { aloneSame, stopped }: { readonly aloneSame: ReadonlyMap<number, number>; readonly stopped: string },
): Promise<readonly RuleCount[]> {
  const reached = (index: number): string => `(s.__rule IS NULL OR s.__rule > ${index})`
  const columns = rules.flatMap((rule, index) => {
    const checked = rule.checked === null ? 'NULL' : `count(*) FILTER (c${index} AND ${reached(index - 1)})`
    const changed = rule.changed === null ? 'NULL' : `sum(n${index}) FILTER (${reached(index)})`
    if (rule.unique !== null) return ['0', `(SELECT count(*) FROM same WHERE __rule = ${index})`, checked, changed]
    const passed = stops(rule) ? `s.__rule = ${index}` : `r${index} AND ${reached(index)}`
    const all = rule.alone === null ? `r${index}` : `a${index}`
    return [`count(*) FILTER (${all})`, `count(*) FILTER (${passed})`, checked, changed]
  })
  const alone = rules.every(({ unique }) => unique === null)
  const judged = alone ? '(SELECT *, __first AS __rule FROM judged) s' : `judged LEFT JOIN ${stopped} s USING (__row)`
  const reader = await connection.runAndReadAll(`SELECT [${columns.join(', ')}]::BIGINT[] FROM ${judged}`)
  const counted = (reader.getRowsJson()[0]?.[0] ?? []) as readonly (string | number | null)[]
  return rules.map((rule, index) => {
    const alone = rule.unique === null ? Number(counted[4 * index]) : (aloneSame.get(index) ?? 0)
    const broken = Number(counted[4 * index + 1])
    const checked = rule.checked === null ? null : Number(counted[4 * index + 2])
    const changed = rule.changed === null ? null : Number(counted[4 * index + 3] ?? 0)
    return { broken, stopped: stops(rule) ? broken : 0, alone, checked, changed }
  })
}

async function numberOf(connection: DuckDBConnection, query: string): Promise<number> {
  const reader = await connection.runAndReadAll(query)
  return Number(reader.getRows()[0]?.[0] ?? 0)
}
