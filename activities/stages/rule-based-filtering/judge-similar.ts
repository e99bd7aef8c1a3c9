import type { DuckDBConnection } from '@duckdb/node-api'
import { ROW_COLUMN } from '../../load-dataset.ts'
import type { CompiledUnique } from './compile-rules.ts'
import { type CompiledSimilar, findSimilar } from './find-similar.ts'

interface SimilarRule {
  readonly source: string
  readonly id: string
  readonly unique: CompiledUnique
  readonly similar: CompiledSimilar
  readonly index: number
  readonly stops: boolean
}

/** As `findSame` of rows whose text is much alike: adds to `same`, and returns how many there are by this rule alone. */
export async function judgeSimilar(connection: DuckDBConnection, rule: SimilarRule): Promise<number> {
  const { index, stops } = rule
  const find = (only: string): Promise<void> =>
    findSimilar(connection, { rule: rule.id, rows: rowsQuery(rule, only), similar: rule.similar, order: rule.unique.order })
  await find('TRUE')
  const alone = await numberOf(connection, 'SELECT count(*) FROM similar_found')
  const left = `(SELECT __row FROM judged WHERE __first < ${index} UNION ALL SELECT __row FROM same WHERE __stops)`
  // Of fewer rows others may be the first of their kind.
  if (alone > 0 && (await numberOf(connection, `SELECT count(*) FROM ${left}`)) > 0)
    await find(`${ROW_COLUMN} NOT IN (SELECT __row FROM ${left})`)
  await connection.run(`INSERT INTO same SELECT __row, ${index}, __kept_record, ${stops} FROM similar_found`)
  await connection.run('DROP TABLE similar_found')
  return alone
}

function rowsQuery({ source, unique, similar }: SimilarRule, only: string): string {
  const groups = similar.groups.map((sql, at) => `${sql} AS __g${at}`)
  const order = unique.order.map(({ sql }, at) => `${sql} AS __o${at}`)
  const columns = [ROW_COLUMN, '__record', `${similar.text} AS __text`, ...groups, ...order]
  return `SELECT ${columns.join(', ')} FROM ${source} WHERE ${unique.takesPart} AND ${only}`
}

async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql)
  return Number(reader.getRowsJson()[0]?.[0] ?? 0)
}
