import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import { PLACE_COLUMNS, sqlName, sqlText } from '../../duckdb.ts'
import { copyRows } from '../../left-out/copy-rows.ts'
import { type LeftOutKind, writeLeftOut } from '../../left-out/write-left-out.ts'
import type { LoadedDataset } from '../../load-dataset.ts'
import { sealFile } from '../../seal-file.ts'
import type { ProducedFile, StageContext } from '../../stage.ts'
import { publicOutputName } from '../take-input-csv/write-output.ts'
import { type CompiledRules, violationsSql, VIOLATIONS_TYPE } from './compile-rules.ts'
import type { Judgement } from './judge-rows.ts'

export interface RuleOutputs {
  readonly dataset: LoadedDataset
  readonly compiled: CompiledRules
  readonly judgement: Judgement
  readonly outputFile: string | undefined
}

/** The column that names the flag rules a row breaks. */
const FLAGS_COLUMN = '_flags'
const PLACES = PLACE_COLUMNS.join(', ')
const ACTION_OF = { rejected: 'reject', filtered: 'filter', duplicates: 'duplicate' } as const

/** Writes the rows that stay, in the order of the input: a CSV for people and a Parquet copy with types and places. */
export async function writeKept(
  connection: DuckDBConnection,
  outputs: RuleOutputs,
  context: StageContext,
): Promise<readonly ProducedFile[]> {
  const publicName = publicOutputName(outputs.outputFile, context)
  const csv = join(context.outDir, publicName)
  const parquet = join(context.outDir, 'output.parquet')
  const { names, from } = keptRows(outputs)
  await copyRows(connection, { query: `SELECT ${cells(names)} FROM ${from}`, path: csv, format: 'csv' })
  const query = `SELECT ${[...names.map(sqlName), PLACES].join(', ')} FROM ${from}`
  const [seal] = await Promise.all([sealFile(csv, 'csv'), copyRows(connection, { query, path: parquet, format: 'parquet' })])
  const reader = await connection.runAndReadAll(`SELECT sum(num_rows) FROM parquet_file_metadata(${sqlText(parquet)})`)
  const rows = Number(reader.getRows()[0]?.[0] ?? 0)
  if (seal.rows !== rows)
    throw new OnclockError('ROWS_NOT_CONSERVED', `${seal.rows} rows are in the CSV and ${rows} in its Parquet copy`)
  return [
    { dataset: 'output', file: publicName, publicName, format: 'csv', rows: seal.rows, seal },
    { dataset: 'output', file: 'output.parquet', format: 'parquet', rows },
  ]
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
    const query = stoppedQuery(kind, outputs)
    if (query === null) continue
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${table} AS ${query}`)
    files.push(...(await writeLeftOut(connection, { kind, query: `FROM ${table}`, columns, context })))
    await connection.run(`DROP TABLE ${table}`)
  }
  return files
}

function stoppedQuery(kind: LeftOutKind, { dataset, compiled, judgement }: RuleOutputs): string | null {
  const rules = compiled.rules.map((rule, index) => ({ rule, index })).filter(({ rule }) => rule.rule.action === ACTION_OF[kind])
  const withMalformed = kind === 'rejected' && dataset.malformed !== null
  if (rules.length === 0 && !withMalformed) return null
  const cases = rules.map(
    ({ rule, index }) => `WHEN ${index} THEN ${violationsSql(rule, `'is the same as record ' || __kept_record`)}`,
  )
  const names = dataset.columns.map(({ name }) => sqlName(name))
  const stopped =
    rules.length === 0
      ? []
      : [
          `SELECT ${names.join(', ')}, ${PLACES}, NULL::VARCHAR AS __raw, CASE __rule ${cases.join(' ')} END AS __violations, __kept_record, __row
          FROM ${compiled.source} JOIN ${judgement.stopped} USING (__row) WHERE __rule IN (${rules.map(({ index }) => index).join(', ')})`,
        ]
  const malformed = `SELECT ${names.map((name) => `NULL AS ${name}`).join(', ')}, ${PLACES}, __raw,
      [{'rule': __rule, 'column': NULL, 'value': NULL, 'message': __message}]::${VIOLATIONS_TYPE} AS __violations, NULL::BIGINT AS __kept_record, __record AS __row FROM ${dataset.malformed}`
  return `SELECT * EXCLUDE (__row) FROM (${[...stopped, ...(withMalformed ? [malformed] : [])].join(' UNION ALL ')}) ORDER BY __row`
}

/** The rows that no rule stops, in order; a join with flags loses it, hence the sort. */
function keptRows({ dataset, judgement }: RuleOutputs): { readonly names: readonly string[]; readonly from: string } {
  const names = dataset.columns.map(({ name }) => name)
  const kept = `(SELECT * FROM ${dataset.table} WHERE ${judgement.stays})`
  if (judgement.flags === null) return { names, from: kept }
  const had = names.includes(FLAGS_COLUMN)
  const others = names.filter((name) => name !== FLAGS_COLUMN).map((name) => `__k.${sqlName(name)}`)
  const all = had ? `concat_ws(',', __k.${FLAGS_COLUMN}, __f.__flags)` : '__f.__flags'
  const from = `(SELECT ${[...others, `nullif(${all}, '') AS ${FLAGS_COLUMN}`, PLACES].join(', ')}
    FROM ${kept} __k LEFT JOIN ${judgement.flags} __f USING (__row) ORDER BY __row)`
  return { names: had ? names : [...names, FLAGS_COLUMN], from }
}

/** In a table of one column an empty cell would be a blank line, which readers skip: it is written as `""`. */
function cells(names: readonly string[]): string {
  const [only] = names
  return names.length === 1 && only !== undefined
    ? `coalesce(CAST(${sqlName(only)} AS VARCHAR), '') AS ${sqlName(only)}`
    : names.map(sqlName).join(', ')
}
