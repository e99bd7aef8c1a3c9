import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlName, sqlText } from '../activities/duckdb.ts'

/** The three files that every contender writes. */
export interface OutputFiles {
  readonly stage1: string
  readonly stage2: string
  /** What the rules of stage 2 left out, with the rule in `ruleColumn`. */
  readonly leftOut: string
  readonly ruleColumn: 'rule_id' | '_rule'
}

export interface OutputDigest {
  readonly rows: { readonly stage1: number; readonly stage2: number; readonly leftOut: number }
  readonly rules: { readonly [rule: string]: number }
  /** Over the rows with their numbers: the same only in the same order. */
  readonly ordered: string
  /** Over the rows alone: the same in any order. */
  readonly unordered: string
}

const NUMBERS = [
  '#',
  'video_duration_sec',
  'video_view_count',
  'video_like_count',
  'video_share_count',
  'video_download_count',
  'video_comment_count',
]
const TEXTS = ['claim_status', 'video_id', 'video_transcription_text', 'verified_status', 'author_ban_status']

/** The columns of the generated rows. */
export const COLUMNS: readonly string[] = [...NUMBERS, ...TEXTS]

/** Of a peer, which takes its folder as an argument. */
export function peerFiles(folder: string): OutputFiles {
  const [stage1, stage2, leftOut] = ['stage1', 'stage2', 'rejected'].map((name) => join(folder, `${name}.csv`)) as [
    string,
    string,
    string,
  ]
  return { stage1, stage2, leftOut, ruleColumn: 'rule_id' }
}

/** Of ours, in the folders of the two stages, which are the same after a run. */
export function ourFiles(first: string, second: string): OutputFiles {
  const find = (folder: string, name: RegExp): string => {
    const found = readdirSync(folder).find((file) => name.test(file))
    if (found === undefined) throw new Error(`${folder} has no ${name.source}`)
    return join(folder, found)
  }
  return {
    stage1: find(first, /^stage1_\d.*\.csv$/),
    stage2: find(second, /^stage2_\d.*\.csv$/),
    leftOut: find(second, /_filtered_.*\.csv$/),
    ruleColumn: '_rule',
  }
}

/** Rows are compared by what they say: a number by its value, an empty cell as an empty text, a left-out row with its rule. */
export async function digestOutputs(connection: DuckDBConnection, files: OutputFiles): Promise<OutputDigest> {
  const stage1 = await digestFile(connection, files.stage1, [])
  const stage2 = await digestFile(connection, files.stage2, [])
  const leftOut = await digestFile(connection, files.leftOut, [files.ruleColumn])
  const all = [stage1, stage2, leftOut]
  const counted = await connection.runAndReadAll(
    `SELECT ${sqlName(files.ruleColumn)}, count(*)::INTEGER FROM ${scan(files.leftOut)} GROUP BY 1 ORDER BY 2 DESC, 1`,
  )
  return {
    rows: { stage1: stage1.rows, stage2: stage2.rows, leftOut: leftOut.rows },
    rules: Object.fromEntries(counted.getRows().map(([rule, rows]) => [String(rule), Number(rows)])),
    ordered: all.map(({ ordered }) => ordered).join(' '),
    unordered: all.map(({ unordered }) => unordered).join(' '),
  }
}

async function digestFile(
  connection: DuckDBConnection,
  path: string,
  more: readonly string[],
): Promise<{ readonly rows: number; readonly ordered: string; readonly unordered: string }> {
  const cells = [
    ...NUMBERS.map((name) => `coalesce(TRY_CAST(${sqlName(name)} AS DOUBLE)::VARCHAR, ${sqlName(name)}, '')`),
    ...[...TEXTS, ...more].map((name) => `coalesce(${sqlName(name)}, '')`),
  ]
  const reader = await connection.runAndReadAll(`
    SELECT count(*), sum(md5_number_lower(n || chr(30) || t))::VARCHAR, sum(md5_number_lower(t))::VARCHAR
    FROM (SELECT row_number() OVER () AS n, ${cells.join(' || chr(31) || ')} AS t FROM ${scan(path)})`)
  const [rows, ordered, unordered] = reader.getRows()[0] ?? []
  return { rows: Number(rows), ordered: String(ordered), unordered: String(unordered) }
}

const scan = (path: string): string =>
  `read_csv(${sqlText(path)}, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', new_line = '\\n')`
