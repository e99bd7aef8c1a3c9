import type { DuckDBConnection } from '@duckdb/node-api'
import type { JsonObject } from '../../../pipeline/json.ts'
import { PLACE_COLUMNS, sqlName } from '../../duckdb.ts'
import { VIOLATIONS_TYPE } from '../../left-out/violations-type.ts'
import { type LeftOutKind, writeLeftOut } from '../../left-out/write-left-out.ts'
import type { LoadedDataset } from '../../load-dataset.ts'
import type { ProducedFile, StageContext } from '../../stage.ts'
import type { OutputSpec } from '../../vocabulary/output-schema.ts'
import { guardedCells, type Output, writeOutput } from '../../write-output.ts'
import type { CompiledRules } from './compile-rules.ts'
import { violationsSql } from './violations-sql.ts'
import type { CompiledShape } from './compile-shape.ts'
import type { Judgement } from './judge-rows.ts'
import { writeKeptCsv } from './kept-csv.ts'

export interface RuleOutputs {
  readonly dataset: LoadedDataset
  readonly compiled: CompiledRules
  readonly judgement: Judgement
  readonly outputFile: string | undefined
  /** `output:` of the config. */
  readonly spec: OutputSpec | undefined
}

/** The column that names the flag rules a row breaks. */
const FLAGS_COLUMN = '_flags'
const PLACES = PLACE_COLUMNS.join(', ')
const ACTION_OF = { rejected: 'reject', filtered: 'filter', duplicates: 'duplicate' } as const
const STOPPING: ReadonlySet<string> = new Set(Object.values(ACTION_OF))

/** Writes the rows that stay, in the order of the input. */
export async function writeKept(
  connection: DuckDBConnection,
  outputs: RuleOutputs,
  context: StageContext,
): Promise<readonly ProducedFile[]> {
  const kept = keptRows(outputs)
  const { outputFile, spec, compiled } = outputs
  const csv = leavesAsItCame(outputs) ? csvOf(connection, outputs, context) : undefined
  if (csv !== undefined) return writeOutput(connection, { ...kept, outputFile, spec, csv }, context)
  if ((compiled.shape?.sort ?? []).length === 0) return writeOutput(connection, { ...kept, outputFile, spec }, context)
  // Sorted once for both files.
  const cells = kept.columns.map(({ name, text }) => `${text} AS ${sqlName(name)}`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE sorted AS SELECT ${[...cells, PLACES].join(', ')} FROM ${kept.rows}`)
  const columns = kept.columns.map((column) => ({ ...column, text: sqlName(column.name) }))
  const files = await writeOutput(connection, { rows: 'sorted', columns, outputFile, spec }, context)
  await connection.run('DROP TABLE sorted')
  return files
}

/** Actions that leave the cells of a row as they are. */
const LEAVING: ReadonlySet<string> = new Set([...STOPPING, 'warn', 'fail'])

/** Whether each row that stays has the cells and the columns that it came with. */
function leavesAsItCame({ compiled, judgement }: RuleOutputs): boolean {
  return compiled.shape === null && judgement.flags === null && compiled.rules.every(({ rule }) => LEAVING.has(rule.action))
}

/** Writes the CSV from that of the input, where it has one. */
function csvOf(connection: DuckDBConnection, { dataset, judgement }: RuleOutputs, { signal }: StageContext): Output['csv'] {
  const { plainCsv: from, records } = dataset
  if (from === null) return undefined
  const columns = dataset.columns.map(({ name }) => name)
  return (to) => writeKeptCsv(connection, { from, to, columns, records, stopped: judgement.stopped, signal })
}

/** By column, the cells that the formula guard changed in the file for people. */
export function guardedInOutput(
  connection: DuckDBConnection,
  outputs: RuleOutputs,
  written: { readonly files: readonly ProducedFile[]; readonly context: StageContext },
): Promise<JsonObject> {
  return guardedCells(connection, { ...keptRows(outputs), outputFile: outputs.outputFile, spec: outputs.spec }, written)
}

/** Writes the rows that a rule stops, for each kind that has any; `rejected` also holds records that could not be split. */
export async function writeStopped(
  connection: DuckDBConnection,
  outputs: RuleOutputs,
  context: StageContext,
): Promise<readonly ProducedFile[]> {
  const columns = outputs.dataset.columns.map(({ name }) => name)
  const files: ProducedFile[] = []
  for (const kind of ['rejected', 'filtered', 'duplicates'] as const) {
    const table = `left_out_${kind}`
    const stopped = stoppedQuery(kind, outputs)
    if (stopped === null) continue
    // Rows that have to be sorted are sorted once; to read the others twice costs no more than to keep them, and no memory.
    if (stopped.sorted) await connection.run(`CREATE OR REPLACE TEMP TABLE ${table} AS ${stopped.query}`)
    const query = stopped.sorted ? `FROM ${table}` : stopped.query
    files.push(...(await writeLeftOut(connection, { kind, query, columns, context })))
    if (stopped.sorted) await connection.run(`DROP TABLE ${table}`)
  }
  return files
}

/** Writes the rows that break rules which stop the stage, as its rejected rows, each with the first such rule it breaks. */
export async function writeFailing(
  connection: DuckDBConnection,
  { dataset, compiled, judgement }: RuleOutputs,
  { failing, context }: { readonly failing: readonly number[]; readonly context: StageContext },
): Promise<readonly ProducedFile[]> {
  const breaking = failing.map((index) => brokenBy(compiled, judgement, index)).join(' UNION ALL ')
  const first = `SELECT __row, min(__rule) AS __rule, arg_min(__kept_record, __rule) AS __kept_record FROM (${breaking}) GROUP BY __row`
  // Each with the cells as its rule saw them, before it changed some.
  const sources = [...new Set(failing.map((index) => compiled.rules[index]?.source ?? compiled.source))]
  const queries = sources.map((source) => {
    const here = failing.filter((index) => compiled.rules[index]?.source === source)
    const columns = source === compiled.source ? compiled.cells : compiled.rules.find((rule) => rule.source === source)?.cells
    const cells = (columns ?? compiled.cells).map(({ name, text }) => `${text} AS ${sqlName(name)}`)
    return `SELECT ${cells.join(', ')}, ${PLACES}, NULL::VARCHAR AS __raw, CASE __rule ${violationCases(compiled, here)} END AS __violations, __row
      FROM ${source} JOIN (${first}) USING (__row) WHERE __rule IN (${here.join(', ')})`
  })
  const query = queries.join(' UNION ALL ')
  await connection.run(`CREATE OR REPLACE TEMP TABLE failing AS SELECT * EXCLUDE (__row) FROM (${query}) ORDER BY __row`)
  const columns = dataset.columns.map(({ name }) => name)
  return writeLeftOut(connection, { kind: 'rejected', query: 'FROM failing', columns, context })
}

/** The rows that got as far as a rule and break it, as they are counted. */
function brokenBy({ rules }: CompiledRules, { stopped }: Judgement, index: number): string {
  const rule = rules[index]
  if (rule?.unique !== null) return `SELECT __row, __rule, __kept_record FROM same WHERE __rule = ${index}`
  const reached = STOPPING.has(rule.rule.action) ? `s.__rule = ${index}` : `(s.__rule IS NULL OR s.__rule > ${index})`
  return `SELECT __row, ${index} AS __rule, NULL::BIGINT AS __kept_record FROM judged LEFT JOIN ${stopped} s USING (__row) WHERE r${index} AND ${reached}`
}

function violationCases({ rules }: CompiledRules, indices: readonly number[]): string {
  return indices
    .flatMap((index) => {
      const rule = rules[index]
      if (rule === undefined) return []
      const alike = rule.unique?.similar ? 'is much like' : 'is the same as'
      const fallback = `coalesce('${alike} record ' || __kept_record, '${alike} another row')`
      return [`WHEN ${index} THEN ${violationsSql(rule, fallback)}`]
    })
    .join(' ')
}

function stoppedQuery(
  kind: LeftOutKind,
  { dataset, compiled, judgement }: RuleOutputs,
): { readonly query: string; readonly sorted: boolean } | null {
  const rules = compiled.rules.map((rule, index) => ({ rule, index })).filter(({ rule }) => rule.rule.action === ACTION_OF[kind])
  const withMalformed = kind === 'rejected' && dataset.malformed !== null
  if (rules.length === 0 && !withMalformed) return null
  const cases = violationCases(
    compiled,
    rules.map(({ index }) => index),
  )
  const cells = compiled.cells.map(({ name, text }) => `${text} AS ${sqlName(name)}`)
  const kinds = new Set(compiled.rules.map(({ rule }) => rule.action).filter((action) => STOPPING.has(action)))
  const ofKind = kinds.size === 1 ? '' : ` WHERE __rule IN (${rules.map(({ index }) => index).join(', ')})`
  const stopped = `SELECT ${cells.join(', ')}, ${PLACES}, NULL::VARCHAR AS __raw, CASE __rule ${cases} END AS __violations, __kept_record, __row
    FROM ${stoppedRows(compiled, judgement)}${ofKind}`
  // What judges a row by itself keeps the order, so there is nothing to sort.
  if (!withMalformed && judgement.ruleOf !== null) return { query: `SELECT * EXCLUDE (__row) FROM (${stopped})`, sorted: false }
  const malformed = `SELECT ${dataset.columns.map(({ name }) => `NULL AS ${sqlName(name)}`).join(', ')}, ${PLACES}, __raw,
      [{'rule': __rule, 'column': NULL, 'value': NULL, 'message': __message}]::${VIOLATIONS_TYPE} AS __violations, NULL::BIGINT AS __kept_record, __record AS __row FROM ${dataset.malformed}`
  const parts = [...(rules.length === 0 ? [] : [stopped]), ...(withMalformed ? [malformed] : [])]
  return { query: `SELECT * EXCLUDE (__row) FROM (${parts.join(' UNION ALL ')}) ORDER BY __row`, sorted: true }
}

/** The rows that a rule stops, each with that rule: to judge these few again costs less than to join and sort them. */
function stoppedRows({ source }: CompiledRules, { stopped, stays, ruleOf }: Judgement): string {
  if (ruleOf === null) return `${source} JOIN ${stopped} USING (__row)`
  return `(SELECT *, ${ruleOf} AS __rule, NULL::BIGINT AS __kept_record FROM ${source} WHERE NOT ${stays})`
}

/** The rows that no rule stops, in order; a join with flags loses it, hence the sort. */
function keptRows({ compiled, judgement }: RuleOutputs): Pick<Output, 'rows' | 'columns'> {
  const { columns, shape } = compiled
  const kept = `(SELECT * FROM ${compiled.kept} WHERE ${judgement.stays})`
  const sort = (shape?.sort ?? []).map(({ sql, direction }) => `${sql} ${direction}`)
  const order = `ORDER BY ${[...sort, '__row'].join(', ')}`
  const select = shape?.select ?? null
  if (judgement.flags === null)
    return { columns: selected(columns, select, false), rows: sort.length === 0 ? kept : `(SELECT * FROM ${kept} ${order})` }
  const had = columns.some(({ name }) => name === FLAGS_COLUMN)
  const all = had ? `concat_ws(',', __k.${FLAGS_COLUMN}, __f.__flags)` : '__f.__flags'
  const joined = `SELECT __k.*${had ? ` EXCLUDE (${FLAGS_COLUMN})` : ''}, nullif(${all}, '') AS ${FLAGS_COLUMN}
    FROM ${kept} __k LEFT JOIN ${judgement.flags} __f USING (__row)`
  const rows = sort.length === 0 ? `(${joined} ${order})` : `(SELECT * FROM (${joined}) ${order})`
  const flags = { name: FLAGS_COLUMN, text: FLAGS_COLUMN, type: null }
  const flagged = had ? columns.map((column) => (column.name === FLAGS_COLUMN ? flags : column)) : [...columns, flags]
  return { rows, columns: selected(flagged, select, true) }
}

type Columns = Output['columns']

/** The columns of `select`; the flags of this stage are always among them, last where nothing says their place. */
function selected(columns: Columns, select: CompiledShape['select'], isFlagged: boolean): Columns {
  if (select === null || select === undefined) return columns
  if (!Array.isArray(select)) return columns.filter(({ name }) => !select.drop.includes(name))
  const names = isFlagged && !select.includes(FLAGS_COLUMN) ? [...select, FLAGS_COLUMN] : select
  return names.flatMap((name) => columns.filter((column) => column.name === name))
}
