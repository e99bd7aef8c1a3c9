import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'
import { didYouMean } from '../../../pipeline/suggest.ts'
import { sqlText } from '../../duckdb.ts'
import { type LoadedDataset, ROW_COLUMN } from '../../load-dataset.ts'
import { cleanSql } from '../../vocabulary/clean-sql.ts'
import type { ValueColumn } from '../../vocabulary/compile-env.ts'
import type { EvaluateConfig } from './config.ts'
import type { EvaluationInputs, LeftOutFile } from './evaluation-inputs.ts'
import { type KeptAndLeft, type LabelledRows, type Selection, total } from './metrics.ts'

/** What was kept against what people said of the rows. */
export interface Comparison {
  readonly selection: Selection
  readonly matchedBy: 'place' | 'equal rows'
  /** Kept rows that are none of all rows. */
  readonly strangers: number
  readonly labels: LabelCounts
  /** Rows whose label is neither in `keep` nor in `drop`, or that have none. */
  readonly others: KeptAndLeft
  readonly rules: readonly RuleRows[]
  /** Left out, and no rule is on record for it. */
  readonly noRule: LabelledRows
}

export interface LabelCounts {
  readonly keep: number
  readonly drop: number
  readonly none: number
  /** Labels the config does not name, most frequent first. */
  readonly others: readonly { readonly label: string; readonly rows: number }[]
  /** Rows with labels that are too many to be labels, and so are not listed. */
  readonly unlisted: number
}

/** The rows that a rule stopped. */
export interface RuleRows extends LabelledRows {
  readonly stage: string
  readonly rule: string
}

/** More kinds than this are texts and no labels: cell values, which do not belong into records. */
const MOST_LABELS = 20
const LONGEST_LABEL = 40

/** Finds the kept rows among all rows, by their places in the source where both know them. */
export async function compareRows(
  connection: DuckDBConnection,
  inputs: EvaluationInputs,
  config: EvaluateConfig,
): Promise<Comparison> {
  const { all, kept, leftOut } = inputs
  await labelRows(connection, all, config)
  const labels = await countLabels(connection, inputs.names.all, config)
  const matchedBy = (await knowsPlaces(connection, kept)) ? 'place' : 'equal rows'
  await (matchedBy === 'place' ? matchByPlace(connection, kept) : matchEqualRows(connection, inputs))
  const strangers = await strangersIn(connection, inputs)
  await connection.run(`CREATE OR REPLACE TEMP TABLE compared AS
    SELECT l.*, m.row IS NOT NULL AS kept FROM labelled l LEFT JOIN (SELECT DISTINCT row FROM matched WHERE row IS NOT NULL) m USING (row)`)
  await readRules(connection, leftOut)
  return {
    selection: { kept: await countRows(connection, 'kept'), left: await countRows(connection, 'NOT kept') },
    matchedBy,
    strangers,
    labels,
    others: {
      kept: total(await countRows(connection, 'kept AND NOT known')),
      left: total(await countRows(connection, 'NOT kept AND NOT known')),
    },
    rules: await countRules(connection, leftOut),
    noRule: await countRows(connection, 'NOT kept AND row NOT IN (SELECT row FROM stopped_by)'),
  }
}

async function labelRows(connection: DuckDBConnection, all: LoadedDataset, config: EvaluateConfig): Promise<void> {
  const names = all.columns.map(({ name }) => name)
  const column = all.columns.find(({ name }) => name === config.label)
  if (column === undefined) {
    throw new OnclockError('COLUMN_MISSING', `the rows have no column "${config.label}", in which the labels should be`, {
      hint: didYouMean(config.label, names) ?? 'Write label: COLUMN in the config of the stage.',
    })
  }
  const label = `nullif(${cleanSql(config.as, column.text)}, '')`
  await connection.run(`CREATE OR REPLACE TEMP TABLE labelled AS
    SELECT ${ROW_COLUMN} AS row, __file AS file, __record AS record, label, coalesce(label IN (${list(config.keep)}), FALSE) AS wanted,
      coalesce(label IN (${list([...config.keep, ...config.drop])}), FALSE) AS known
    FROM (SELECT ${ROW_COLUMN}, __file, __record, ${label} AS label FROM ${all.table})`)
}

const list = (texts: readonly string[]): string => texts.map(sqlText).join(', ')

async function countLabels(
  connection: DuckDBConnection,
  name: string,
  { label, keep, drop }: EvaluateConfig,
): Promise<LabelCounts> {
  const reader = await connection.runAndReadAll(
    'SELECT label, count(*)::INTEGER FROM labelled GROUP BY label ORDER BY count(*) DESC, label',
  )
  const counts = reader.getRows().map(([text, rows]) => ({ label: text === null ? null : String(text), rows: Number(rows) }))
  const sum = (which: (text: string | null) => boolean): number =>
    counts.filter((count) => which(count.label)).reduce((rows, count) => rows + count.rows, 0)
  if (sum((text) => text !== null) === 0) {
    const what =
      counts.length === 0 ? `there are no rows of "${name}" to compare` : `no row has a label: the column "${label}" is empty`
    throw new OnclockError('LABELS_MISSING', what, { hint: 'The labels of people are what the kept rows are compared with.' })
  }
  const others = counts.filter((count) => count.label !== null && !keep.includes(count.label) && !drop.includes(count.label))
  const listed = others.filter((count) => (count.label ?? '').length <= LONGEST_LABEL && others.length <= MOST_LABELS)
  const rowsOf = (some: typeof others): number => some.reduce((rows, count) => rows + count.rows, 0)
  return {
    keep: sum((text) => text !== null && keep.includes(text)),
    drop: sum((text) => text !== null && drop.includes(text) && !keep.includes(text)),
    none: sum((text) => text === null),
    others: listed.map((count) => ({ label: count.label ?? '', rows: count.rows })),
    unlisted: rowsOf(others) - rowsOf(listed),
  }
}

/** Whether the kept rows say where in the source of all rows they were. */
async function knowsPlaces(connection: DuckDBConnection, kept: LoadedDataset): Promise<boolean> {
  const reader = await connection.runAndReadAll(
    `SELECT count(*) FROM (SELECT DISTINCT __file FROM ${kept.table}) WHERE __file IS NULL OR __file NOT IN (SELECT file FROM labelled WHERE file IS NOT NULL)`,
  )
  return Number(reader.getRows()[0]?.[0]) === 0
}

async function matchByPlace(connection: DuckDBConnection, kept: LoadedDataset): Promise<void> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE matched AS
    SELECT l.row FROM ${kept.table} k LEFT JOIN labelled l ON l.file = k.__file AND l.record = k.__record`)
}

/** Rows that are equal in every column both have; of several equal ones as many as were kept, the first ones. */
async function matchEqualRows(connection: DuckDBConnection, { all, kept, names }: EvaluationInputs): Promise<void> {
  const shared = all.columns.flatMap((column): readonly (readonly [ValueColumn, ValueColumn])[] => {
    const other = kept.columns.find(({ name }) => name === column.name)
    return other === undefined ? [] : [[column, other]]
  })
  if (shared.length === 0) {
    throw new OnclockError('CONFIG_INVALID', `"${names.kept}" and "${names.all}" have no column in common`, {
      hint: 'Name the rows before the rules as `all` and those after them as `kept`.',
    })
  }
  const numbered = (table: string, columns: readonly ValueColumn[]): string => {
    const key = `to_json([${columns.map(({ text }) => `coalesce(${cleanSql(['trim'], text)}, '')`).join(', ')}])`
    return `(SELECT row, key, row_number() OVER (PARTITION BY key ORDER BY row) AS nth FROM (SELECT ${ROW_COLUMN} AS row, ${key} AS key FROM ${table}))`
  }
  const ofAll = numbered(
    all.table,
    shared.map(([column]) => column),
  )
  const ofKept = numbered(
    kept.table,
    shared.map(([, column]) => column),
  )
  await connection.run(`CREATE OR REPLACE TEMP TABLE matched AS
    SELECT a.row FROM ${ofKept} k LEFT JOIN ${ofAll} a ON a.key = k.key AND a.nth = k.nth`)
}

async function strangersIn(connection: DuckDBConnection, { names }: EvaluationInputs): Promise<number> {
  const reader = await connection.runAndReadAll('SELECT count(*) FILTER (row IS NULL), count(*) FROM matched')
  const [strangers, rows] = (reader.getRows()[0] ?? []).map(Number)
  if (rows !== 0 && strangers === rows) {
    throw new OnclockError('CONFIG_INVALID', `none of the rows of "${names.kept}" is a row of "${names.all}"`, {
      hint: 'Name the rows before the rules as `all` and those after them as `kept`.',
    })
  }
  return strangers ?? 0
}

/** The rule of each row that a stage has left out, from the files of these rows. */
async function readRules(connection: DuckDBConnection, leftOut: readonly LeftOutFile[]): Promise<void> {
  await connection.run('CREATE OR REPLACE TEMP TABLE stopped_by (row BIGINT, stage VARCHAR, rule VARCHAR)')
  for (const { stage, file } of leftOut) {
    await connection.run(`INSERT INTO stopped_by
      SELECT l.row, ${sqlText(stage)}, f.violations[1].rule
      FROM read_json(${sqlText(file.path)}, format = 'newline_delimited', columns = {file: 'VARCHAR', record: 'BIGINT', violations: 'STRUCT(rule VARCHAR)[]'}) f
      JOIN labelled l ON l.file = f.file AND l.record = f.record`)
  }
}

/** Rules that have stopped rows: most rows first. */
async function countRules(connection: DuckDBConnection, leftOut: readonly LeftOutFile[]): Promise<readonly RuleRows[]> {
  if (leftOut.length === 0) return []
  const reader = await connection.runAndReadAll(`SELECT stage, rule, count(*) FILTER (wanted), count(*) FILTER (NOT wanted)
    FROM stopped_by JOIN compared USING (row) WHERE NOT kept GROUP BY stage, rule ORDER BY count(*) DESC, stage, rule`)
  return reader.getRows().map(([stage, rule, wanted, unwanted]) => ({
    stage: String(stage),
    rule: String(rule),
    wanted: Number(wanted),
    unwanted: Number(unwanted),
  }))
}

async function countRows(connection: DuckDBConnection, which: string): Promise<LabelledRows> {
  const reader = await connection.runAndReadAll(
    `SELECT count(*) FILTER (wanted), count(*) FILTER (NOT wanted) FROM compared WHERE ${which}`,
  )
  const [wanted, unwanted] = (reader.getRows()[0] ?? []).map(Number)
  return { wanted: wanted ?? 0, unwanted: unwanted ?? 0 }
}
