import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlText } from '../duckdb.ts'
import { type LeftOutRow, parseLeftOut } from '../left-out/read-left-out.ts'
import type { StageRows } from '../store/stage-rows.ts'
import {
  type KnownFiles,
  knowsPlaces,
  type Matching,
  type OutcomeSource,
  outcomeSources,
  type RowOutcome,
  sharedColumns,
  tableOfRows,
} from './compared-rows.ts'

/** What became of a row in one of the runs; `absent`: it did not get to the stage. */
export interface RowSide {
  readonly outcome: RowOutcome | 'absent'
  /** The rules that stopped it, `a, b` where several did. */
  readonly rule: string | null
}

/** Rows that went the same other way. */
export interface MovedRows {
  readonly was: RowSide
  readonly now: RowSide
  readonly rows: number
  /** The first of them: where a run stopped the row, as it did, the second run first. */
  readonly examples: readonly MovedExample[]
}

export interface MovedExample {
  readonly side: 'was' | 'now'
  readonly row: LeftOutRow
}

/** Two runs of a stage, row by row. */
export interface RowsDiff {
  readonly matchedBy: 'place' | 'content'
  /** The commonest first. */
  readonly moved: readonly MovedRows[]
  /** Rows that came through in both, with other cells. */
  readonly altered: number
  readonly columnsAdded: readonly string[]
  readonly columnsRemoved: readonly string[]
}

/** A stage as one of the runs left it. */
export interface ComparedStage {
  readonly rows: StageRows
  readonly known: KnownFiles
}

const OUTCOMES: readonly string[] = ['out', 'rejected', 'filtered', 'duplicates']

/** Finds the rows that went another way through a stage, and by which rules; null when the runs share no column to compare. */
export async function diffStage(
  connection: DuckDBConnection,
  was: ComparedStage,
  now: ComparedStage,
  limit: number,
): Promise<RowsDiff | null> {
  const before = await outcomeSources(connection, was.rows)
  const after = await outcomeSources(connection, now.rows)
  const [old, present] = [columnsOf(before), columnsOf(after)]
  const matching = await matchingOf(connection, [before, was.known], [after, now.known])
  if (matching === null) return null
  const compared = old.filter((name) => present.includes(name))
  await tableOfRows(connection, 'was', before, { matching, known: was.known, compared })
  await tableOfRows(connection, 'now', after, { matching, known: now.known, compared })
  await connection.run(`CREATE OR REPLACE TEMP TABLE moved AS
    SELECT coalesce(w.outcome, 'absent') AS was_outcome, w.rule AS was_rule, coalesce(n.outcome, 'absent') AS now_outcome, n.rule AS now_rule,
      w.source AS was_source, w.nth AS was_row, n.source AS now_source, n.nth AS now_row
    FROM was w FULL JOIN now n ON w.k1 = n.k1 AND w.k2 = n.k2
    WHERE w.outcome IS DISTINCT FROM n.outcome OR w.rule IS DISTINCT FROM n.rule`)
  const altered = await connection.runAndReadAll(
    'SELECT count(*) FROM was w JOIN now n ON w.k1 = n.k1 AND w.k2 = n.k2 WHERE w.cells <> n.cells',
  )
  const moved = await readMoved(connection, [before, after], limit)
  await connection.run('DROP TABLE was; DROP TABLE now; DROP TABLE moved')
  return {
    matchedBy: matching.by,
    moved,
    altered: Number(altered.getRows()[0]?.[0]),
    columnsAdded: present.filter((name) => !old.includes(name)),
    columnsRemoved: old.filter((name) => !present.includes(name)),
  }
}

function columnsOf(sources: readonly OutcomeSource[]): readonly string[] {
  return sources.find(({ outcome }) => outcome === 'out')?.source.columns ?? []
}

/** By place where both runs read the same bytes, else by all that the rows hold. */
async function matchingOf(
  connection: DuckDBConnection,
  [before, was]: readonly [readonly OutcomeSource[], KnownFiles],
  [after, now]: readonly [readonly OutcomeSource[], KnownFiles],
): Promise<Matching | null> {
  const [old, present] = [await knowsPlaces(connection, before, was), await knowsPlaces(connection, after, now)]
  const [all, other] = [new Set(was.values()), new Set(now.values())]
  if (
    old !== null &&
    present !== null &&
    [...old].every((hash) => other.has(hash)) &&
    [...present].every((hash) => all.has(hash))
  )
    return { by: 'place' }
  const columns = sharedColumns([...before, ...after])
  return columns.length === 0 ? null : { by: 'content', columns }
}

interface Place {
  readonly side: 'was' | 'now'
  readonly source: number
  readonly at: number
}

async function readMoved(
  connection: DuckDBConnection,
  sides: readonly [readonly OutcomeSource[], readonly OutcomeSource[]],
  limit: number,
): Promise<MovedRows[]> {
  const groups = await connection.runAndReadAll(`SELECT was_outcome, was_rule, now_outcome, now_rule, count(*)::BIGINT
    FROM moved GROUP BY ALL ORDER BY count(*) DESC, was_outcome, was_rule, now_outcome, now_rule`)
  const first =
    await connection.runAndReadAll(`SELECT was_outcome, was_rule, now_outcome, now_rule, was_source, was_row, now_source, now_row
    FROM moved QUALIFY row_number() OVER (PARTITION BY was_outcome, was_rule, now_outcome, now_rule
      ORDER BY coalesce(was_source, 99), was_row, now_source, now_row) <= ${limit}`)
  const places = first.getRows().map((row) => ({ key: keyOf(row), place: placeOf(row) }))
  const found = await readRows(
    connection,
    sides,
    places.map(({ place }) => place),
  )
  return groups.getRows().map((row) => ({
    was: { outcome: String(row[0]) as RowSide['outcome'], rule: textOf(row[1]) },
    now: { outcome: String(row[2]) as RowSide['outcome'], rule: textOf(row[3]) },
    rows: Number(row[4]),
    examples: places.flatMap(({ key, place }) => {
      const example = key === keyOf(row) ? found.get(idOf(place)) : undefined
      return example === undefined ? [] : [{ side: place.side, row: example }]
    }),
  }))
}

const keyOf = (row: readonly unknown[]): string => JSON.stringify(row.slice(0, 4))
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const idOf = ({ side, source, at }: Place): string => `${side} ${source} ${at}`

/** Where a row tells most: stopped in the second run, else stopped in the first, else wherever it came through. */
function placeOf(row: readonly unknown[]): Place {
  const was: Place = { side: 'was', source: Number(row[4]), at: Number(row[5]) }
  const now: Place = { side: 'now', source: Number(row[6]), at: Number(row[7]) }
  if (row[3] !== null) return now
  if (row[1] !== null) return was
  return OUTCOMES.includes(String(row[2])) ? now : was
}

async function readRows(
  connection: DuckDBConnection,
  [before, after]: readonly [readonly OutcomeSource[], readonly OutcomeSource[]],
  places: readonly Place[],
): Promise<Map<string, LeftOutRow>> {
  const found = new Map<string, LeftOutRow>()
  for (const [side, sources] of [
    ['was', before],
    ['now', after],
  ] as const)
    for (const [index, { outcome, source }] of sources.entries()) {
      const wanted = places.filter((place) => place.side === side && place.source === index)
      if (wanted.length === 0) continue
      const cells = source.columns.map((name) => `${sqlText(name)}, ${source.cell(name)}`).join(', ')
      const json = outcome === 'out' ? `json_object(${cells})::VARCHAR` : '__json'
      const reader = await connection.runAndReadAll(`SELECT __alias, __file, __record, __line, __byte, ${json}
        FROM ${source.from} WHERE ${wanted.map(({ at }) => `__alias = ${at}`).join(' OR ')}`)
      for (const row of reader.getRows()) found.set(idOf({ side, source: index, at: Number(row[0]) }), rowOf(row, outcome))
    }
  return found
}

function rowOf([, file, record, line, byte, json]: readonly unknown[], outcome: RowOutcome): LeftOutRow {
  if (outcome !== 'out') return parseLeftOut(String(json), `a line of ${outcome}`)
  const number = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value))
  return {
    file: textOf(file),
    record: number(record),
    line: number(line),
    byte: number(byte),
    cells: JSON.parse(String(json)) as { [column: string]: string | null },
    action: 'flag',
    violations: [],
  }
}
