import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../pipeline/errors.ts'
import { sqlName, sqlText } from '../duckdb.ts'
import { type Seal, sealAndLook, sealFile } from '../seal-file.ts'
import type { ProducedFile, StageContext } from '../stage.ts'
import { copyRows } from './copy-rows.ts'
import { showControls } from './show-controls.ts'

export type LeftOutKind = 'rejected' | 'filtered' | 'duplicates'

export interface LeftOut {
  readonly kind: LeftOutKind
  /**
   * The rows in their order: `columns`, then `__file __record __line __byte`, `__raw` (VARCHAR, NULL unless the record could
   * not be split), `__violations` (list of struct(rule, column, value, message)), and for duplicates `__kept_record`.
   * It is run several times, so it should be cheap.
   */
  readonly query: string
  /** The names of the data columns, in their order. */
  readonly columns: readonly string[]
  readonly context: Pick<StageContext, 'outDir' | 'runId' | 'stageNumber'>
}

const ACTIONS = { rejected: 'reject', filtered: 'filter', duplicates: 'duplicate' } as const

/**
 * Writes the rows of a stage that did not come through, twice: as a CSV for people and as JSON lines for programs. Both are
 * counted from the files as written. No files when there are no rows.
 */
export async function writeLeftOut(connection: DuckDBConnection, leftOut: LeftOut): Promise<ProducedFile[]> {
  const { kind, context } = leftOut
  const name = `stage${context.stageNumber}_${kind}_${context.runId}`
  const csv = join(context.outDir, `${name}.csv`)
  const hasRaw = await holdsRaw(connection, leftOut)
  await copyRows(connection, { query: csvQuery(leftOut, hasRaw), path: csv, format: 'csv' })
  const jsonl = join(context.outDir, `${name}.jsonl`)
  const [csvSeal] = await Promise.all([sealVisible(csv), writeLines(connection, leftOut, { path: jsonl, hasRaw })])
  if (csvSeal.rows === 0) {
    await Promise.all([rm(csv), rm(jsonl)])
    return []
  }
  const jsonlSeal = await sealFile(jsonl, 'jsonl')
  if (csvSeal.rows !== jsonlSeal.rows) {
    throw new OnclockError(
      'ROWS_NOT_CONSERVED',
      `${csvSeal.rows} ${kind} rows are in the CSV and ${jsonlSeal.rows} in the JSON lines`,
    )
  }
  return [produced(kind, `${name}.csv`, csvSeal), produced(kind, `${name}.jsonl`, jsonlSeal)]
}

function produced(kind: LeftOutKind, file: string, seal: Seal): ProducedFile {
  const { rows, bytes, sha256 } = seal
  return { dataset: kind, file, publicName: file, format: file.endsWith('.csv') ? 'csv' : 'jsonl', rows, seal: { bytes, sha256 } }
}

/** Whether some record could not be split: its raw text is shown, in a column that other files do not have. */
async function holdsRaw(connection: DuckDBConnection, { query }: LeftOut): Promise<boolean> {
  const found = await connection.runAndReadAll(`SELECT 1 FROM (${query}) WHERE __raw IS NOT NULL LIMIT 1`)
  return found.currentRowCount > 0
}

/** People see control characters by their symbols; programs find them in the JSON lines. */
async function sealVisible(csv: string): Promise<Seal> {
  const { seal, hasControls } = await sealAndLook(csv, 'csv')
  if (!hasControls) return seal
  await showControls(csv)
  return sealFile(csv, 'csv')
}

function csvQuery({ kind, columns, query }: LeftOut, hasRaw: boolean): string {
  const selected = [
    ...columns.map(sqlName),
    '__file AS _file',
    '__record AS _record',
    '__line AS _line',
    ...(kind === 'duplicates' ? ['__kept_record AS _kept_record'] : []),
    `array_to_string(${FIRST_OF_EACH_RULE}, '; ') AS _rule`,
    `array_to_string(list_transform(__violations, lambda __v: concat_ws(' ', __v."column", __v.message)), '; ') AS _message`,
    ...(hasRaw ? ['__raw AS _raw'] : []),
  ]
  return `SELECT ${selected.join(', ')} FROM (${query})`
}

/** A column of the data may be called like a lambda's parameter: these have names that no column has. */
const RULES = 'list_transform(__violations, lambda __v: __v.rule)'
const FIRST_OF_EACH_RULE = `list_filter(${RULES}, lambda __rule, __at: list_position(${RULES}, __rule) = __at)`

type Member = readonly [name: string, sql: string]

/** DuckDB's own writer takes half the time, but all of its lines have the same members. */
async function writeLines(
  connection: DuckDBConnection,
  leftOut: LeftOut,
  { path, hasRaw }: { readonly path: string; readonly hasRaw: boolean },
): Promise<void> {
  const { query } = leftOut
  const cells = membersOf(leftOut, ['cells', cellsSql(leftOut)])
  if (!hasRaw) {
    const members = cells.map(([name, sql]) => `${sql} AS ${sqlName(name)}`)
    await copyRows(connection, { query: `SELECT ${members.join(', ')} FROM (${query})`, path, format: 'jsonl' })
    return
  }
  const line = (members: readonly Member[]): string =>
    `CAST(json_object(${members.map(([name, sql]) => `${sqlText(name)}, ${sql}`).join(', ')}) AS VARCHAR)`
  const either = `CASE WHEN __raw IS NULL THEN ${line(cells)} ELSE ${line(membersOf(leftOut, ['raw', '__raw']))} END`
  await copyRows(connection, { query: `SELECT ${either} FROM (${query})`, path, format: 'lines' })
}

function membersOf({ kind }: LeftOut, content: Member): readonly Member[] {
  return [
    ['file', '__file'],
    ['record', '__record'],
    ['line', '__line'],
    ['byte', '__byte'],
    content,
    ['action', sqlText(ACTIONS[kind])],
    ...(kind === 'duplicates' ? ([['kept_record', '__kept_record']] as const) : []),
    ['violations', '__violations'],
  ]
}

/** Cells are text or null, as in the CSV, so that long IDs survive any reader of JSON. */
const cellsSql = ({ columns }: LeftOut): string =>
  `{${columns.map((name) => `${sqlText(name)}: CAST(${sqlName(name)} AS VARCHAR)`).join(', ')}}`
