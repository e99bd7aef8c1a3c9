import type { DuckDBConnection } from '@duckdb/node-api'
import { PLACE_COLUMNS, sqlName, sqlText } from '../duckdb.ts'
import type { StageRows } from '../store/stage-rows.ts'
import type { LeftOutRow } from './read-left-out.ts'

const FLAGS = '_flags'
const PLACES: ReadonlySet<string> = new Set(PLACE_COLUMNS)

/** The rows of a stage's output that its flag rules name, in order and one after the other. */
export async function* flaggedRows(
  connection: DuckDBConnection,
  { output, flagRules }: Pick<StageRows, 'output' | 'flagRules'>,
  rule?: string,
): AsyncGenerator<LeftOutRow> {
  const wanted = flagRules.filter((id) => rule === undefined || id === rule)
  if (output?.format !== 'parquet' || wanted.length === 0) return
  const files = `[${output.paths.map(sqlText).join(', ')}]`
  const list = `[${wanted.map(sqlText).join(', ')}]`
  const hit = `list_has_any(string_split(${sqlName(FLAGS)}, ','), ${list})`
  const result = await connection.stream(`FROM read_parquet(${files}) WHERE ${hit}`)
  for await (const rows of result.yieldRowObjectJson()) for (const row of rows) yield flagged(row, wanted)
}

function flagged(row: { readonly [column: string]: unknown }, wanted: readonly string[]): LeftOutRow {
  const cells = Object.entries(row)
    .filter(([name]) => !PLACES.has(name))
    .map(([name, value]) => [name, textOf(value)] as const)
  const flags = (textOf(row[FLAGS]) ?? '').split(',').filter((flag) => wanted.includes(flag))
  return {
    file: textOf(row['__file']),
    record: numberOf(row['__record']),
    line: numberOf(row['__line']),
    byte: numberOf(row['__byte']),
    cells: Object.fromEntries(cells),
    action: 'flag',
    violations: flags.map((rule) => ({ rule, column: null, value: null, message: null })),
  }
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}
