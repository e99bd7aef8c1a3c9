import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlText } from '../duckdb.ts'
import { leftOutSource, outputSource, type RowSource } from '../left-out/row-sources.ts'
import type { LeftOutKind } from '../left-out/write-left-out.ts'
import type { StageRows } from '../store/stage-rows.ts'

/** What became of a row in a stage; the order is the one in which equal rows are paired. */
export type RowOutcome = 'out' | LeftOutKind

/** A file of rows of one stage and what became of them. */
export interface OutcomeSource {
  readonly outcome: RowOutcome
  readonly source: RowSource
}

/** By the name of a file, as rows name it: the SHA-256 of its bytes. */
export type KnownFiles = ReadonlyMap<string, string>

/** How rows of two runs are told to be the same: by their place in the same source, or by all that they hold. */
export type Matching = { readonly by: 'place' } | { readonly by: 'content'; readonly columns: readonly string[] }

/** The files of a stage as SQL. */
export async function outcomeSources(connection: DuckDBConnection, stage: StageRows): Promise<OutcomeSource[]> {
  const sources: OutcomeSource[] = []
  if (stage.output !== null) sources.push({ outcome: 'out', source: await outputSource(connection, stage.output) })
  for (const file of stage.leftOut) sources.push({ outcome: file.kind, source: await leftOutSource(connection, file) })
  return sources
}

/** Whether every row of these files knows its place in a file whose bytes are known. */
export async function knowsPlaces(
  connection: DuckDBConnection,
  sources: readonly OutcomeSource[],
  known: KnownFiles,
): Promise<ReadonlySet<string> | null> {
  const hashes = new Set<string>()
  for (const { source } of sources) {
    if (!source.places) return null
    const reader = await connection.runAndReadAll(
      `SELECT DISTINCT __file, bool_or(__record IS NULL) FROM ${source.from} GROUP BY 1`,
    )
    for (const [file, without] of reader.getRows()) {
      const hash = known.get(String(file))
      if (hash === undefined || without === true) return null
      hashes.add(hash)
    }
  }
  return hashes
}

/** The columns that all files have which have rows with cells. */
export function sharedColumns(sources: readonly OutcomeSource[]): string[] {
  const withCells = sources.filter(({ source }) => source.columns.length > 0)
  const [first, ...others] = withCells
  return (first?.source.columns ?? []).filter(
    (name) => name !== '_flags' && others.every(({ source }) => source.columns.includes(name)),
  )
}

/**
 * Writes the table `name` with a line for each row of a stage: its key `k1, k2`, `outcome`, the `rule` that stopped it, a hash
 * of its `cells` where it came through, and where it is found again (`source, nth`).
 */
export async function tableOfRows(
  connection: DuckDBConnection,
  name: string,
  sources: readonly OutcomeSource[],
  how: { readonly matching: Matching; readonly known: KnownFiles; readonly compared: readonly string[] },
): Promise<void> {
  const { matching } = how
  const keyType = matching.by === 'place' ? 'VARCHAR' : 'UHUGEINT'
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${name} (k1 ${keyType}, k2 BIGINT, outcome VARCHAR, rule VARCHAR, cells UBIGINT, source INTEGER, nth BIGINT)`,
  )
  if (sources.length === 0) return
  const parts = sources.map(({ outcome, source }, index) => {
    const [k1, k2] = matching.by === 'place' ? placeKey(how.known) : [contentKey({ outcome, source }, matching.columns), '0']
    const rule = outcome === 'out' ? 'NULL' : RULES
    const cells = outcome === 'out' ? cellsHash({ outcome, source }, how.compared) : 'NULL'
    return `SELECT ${k1} AS k1, ${k2} AS k2, ${sqlText(outcome)} AS outcome, ${rule} AS rule, ${cells}::UBIGINT AS cells, ${index} AS source, __alias AS nth FROM ${source.from}`
  })
  const all = parts.join(' UNION ALL ')
  // Of equal rows the first is paired with the first: those that came through before those that did not.
  const paired = `SELECT k1, row_number() OVER (PARTITION BY k1 ORDER BY source, nth), outcome, rule, cells, source, nth FROM (${all})`
  await connection.run(`INSERT INTO ${name} ${matching.by === 'place' ? all : paired}`)
}

/** Enough to tell files apart, and no more than DuckDB keeps in place. */
const FILE_DIGITS = 12

const RULES = `array_to_string(list_sort(list_distinct(json_extract_string(__json, '$.violations[*].rule'))), ', ')`

/** A place counts by the bytes of the file that it is in, whatever the file is called. */
function placeKey(known: KnownFiles): [string, string] {
  const cases = [...known].map(([file, sha256]) => `WHEN ${sqlText(file)} THEN ${sqlText(sha256.slice(0, FILE_DIGITS))}`)
  return [`CASE __file ${cases.join(' ')} END`, '__record']
}

/** A record that could not be split is what its raw text is. Spaces around cells, which the intake may take away, do not count. */
function contentKey({ outcome, source }: OutcomeSource, columns: readonly string[]): string {
  const cells = `to_json([${columns.map((name) => `trim(coalesce(${source.cell(name)}, ''))`).join(', ')}])::VARCHAR`
  if (outcome === 'out') return `md5_number(${cells})`
  const raw = `json_extract_string(__json, '/raw')`
  return `md5_number(CASE WHEN ${raw} IS NULL THEN ${cells} ELSE 'raw ' || ${raw} END)`
}

function cellsHash({ source }: OutcomeSource, columns: readonly string[]): string {
  return columns.length === 0 ? '0' : `hash(${columns.map((name) => `coalesce(${source.cell(name)}, '')`).join(', ')})`
}
