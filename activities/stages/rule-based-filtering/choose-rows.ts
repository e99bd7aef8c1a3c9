import type { DuckDBConnection } from '@duckdb/node-api'
import type { CompiledRule, CompiledRules } from './compile-rules.ts'
import type { CompiledSample, CompiledShape, CompiledTop } from './compile-shape.ts'
import { type Judgement, staysSql } from './judge-rows.ts'

interface Judged {
  readonly compiled: CompiledRules
  readonly judgement: Judgement
}

/**
 * Leaves out the rows that `sample` and then `top` do not keep of those that the rules let through. From then on both are like
 * rules after the others, and `compiled` has the derived columns.
 */
export async function chooseRows(connection: DuckDBConnection, judged: Judged, shape: CompiledShape): Promise<Judged> {
  const { compiled } = judged
  const shaped = { ...judged, compiled: { ...compiled, kept: shape.kept, columns: shape.columns } }
  const sampled = shape.sample === null ? shaped : await chooseSample(connection, shaped, shape.sample)
  return shape.top === null ? sampled : chooseTop(connection, sampled, shape.top)
}

async function chooseSample(connection: DuckDBConnection, judged: Judged, sample: CompiledSample): Promise<Judged> {
  const from = keptOf(judged)
  const below = sample.rows === null ? sample.below : await lowestLeftOut(connection, from, { ...sample, rows: sample.rows })
  const isOut = below === null || below >= 2n ** 64n ? 'FALSE' : `${sample.number} >= CAST('${below}' AS UBIGINT)`
  const out = `SELECT __row FROM ${from} WHERE ${isOut}`
  return leaveOut(connection, judged, { id: 'sample', message: 'is not in the sample', out })
}

/** So that as many rows are drawn as may be, and with each all that have its keys. Null: all of them. */
async function lowestLeftOut(
  connection: DuckDBConnection,
  from: string,
  { number, rows }: { readonly number: string; readonly rows: number },
): Promise<bigint | null> {
  const reader = await connection.runAndReadAll(
    `SELECT CAST(__n AS VARCHAR) FROM (SELECT ${number} AS __n FROM ${from}) ORDER BY __n LIMIT 1 OFFSET ${rows}`,
  )
  const lowest = reader.getRows()[0]?.[0]
  return typeof lowest === 'string' ? BigInt(lowest) : null
}

async function chooseTop(connection: DuckDBConnection, judged: Judged, top: CompiledTop): Promise<Judged> {
  const from = keptOf(judged)
  const order = [...top.order.map(({ sql, direction }) => `${sql} ${direction}`), '__row'].join(', ')
  if (top.per.length > 0) {
    const place = `row_number() OVER (PARTITION BY ${top.per.join(', ')} ORDER BY ${order}) AS __place`
    const out = `SELECT __row FROM (SELECT __row, ${place} FROM ${from}) WHERE __place > ${top.rows}`
    return leaveOut(connection, judged, { id: 'top', message: top.words, out })
  }
  await connection.run(`CREATE OR REPLACE TEMP TABLE top_rows AS SELECT __row FROM ${from} ORDER BY ${order} LIMIT ${top.rows}`)
  const out = `SELECT __row FROM ${from} WHERE __row NOT IN (SELECT __row FROM top_rows)`
  return leaveOut(connection, judged, { id: 'top', message: top.words, out })
}

/** The rows that are left by now. */
const keptOf = ({ compiled, judgement }: Judged): string => `(SELECT * FROM ${compiled.kept} WHERE ${judgement.stays})`

interface LeavingOut {
  readonly id: string
  readonly message: string
  /** Query of `__row`. */
  readonly out: string
}

async function leaveOut(connection: DuckDBConnection, { compiled, judgement }: Judged, leaving: LeavingOut): Promise<Judged> {
  const index = compiled.rules.length
  const { stopped } = judgement
  await connection.run(`INSERT INTO ${stopped} SELECT __row, ${index}, NULL FROM (${leaving.out})`)
  const reader = await connection.runAndReadAll(`SELECT count(*) FROM ${stopped} WHERE __rule = ${index}`)
  const count = Number(reader.getRows()[0]?.[0] ?? 0)
  const stays = await staysSql(connection, stopped)
  await stays.share(connection)
  return {
    compiled: { ...compiled, rules: [...compiled.rules, asRule(compiled, leaving)] },
    judgement: {
      ...judgement,
      stays: stays.sql,
      share: async (other) => {
        await compiled.share(other)
        await stays.share(other)
      },
      // What no rule stops and does not stay is left out here; which of the two it was takes a look at the rows.
      ruleOf: judgement.ruleOf === null || !isFirst(compiled) ? null : `coalesce(${judgement.ruleOf}, ${index})`,
      counts: [...judgement.counts, { broken: count, stopped: count, alone: null, checked: null, changed: null }],
    },
  }
}

/** Whether nothing but rules has left rows out so far. */
const isFirst = ({ rules }: CompiledRules): boolean => !rules.some(({ rule }) => rule.origin.path[0] === 'sample')

/** As a rule of its own, which stops rows whatever they are like. */
function asRule({ source, cells }: CompiledRules, { id, message }: LeavingOut): CompiledRule {
  const rule: CompiledRule['rule'] = {
    id,
    action: 'filter',
    put: null,
    condition: {},
    around: {},
    unique: null,
    outliers: [],
    budget: {},
    message,
    origin: { path: [id], file: null },
    isCut: false,
  }
  const nothing = { details: [], unique: null, hash: null, checked: null, changed: null, alone: null }
  return { ...nothing, rule, violated: 'FALSE', source, cells }
}
