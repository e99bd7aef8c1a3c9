import { sqlName, sqlText } from '../../duckdb.ts'
import type { IntakeCheck, IntakeColumn } from './intake-columns.ts'

/** Cells that cleaning changed are marked by one bit a column; a BIGINT holds this many. */
const BITS = 60

export interface IntakeQuery {
  readonly columns: readonly IntakeColumn[]
  readonly checks: readonly IntakeCheck[]
  /** FROM item with the cells as delivered and the place columns. */
  readonly source: string
  readonly places: readonly string[]
  /** By column: whether cells may have something to trim. */
  readonly untidy: readonly boolean[]
  /** SQL hash of the cleaned cells (UBIGINT), to find duplicates by; null when they are not looked for. */
  readonly hash: string | null
}

/**
 * One pass over the rows as delivered: the cleaned cells; `__changed_n`, the cells that cleaning changed; `__violations` and
 * the delivered `__cells` of a row that is rejected, NULL otherwise; `__hash` of a row that is not.
 */
export function intakeQuery({ columns, checks, source, places, untidy, hash }: IntakeQuery): string {
  const names = columns.map(({ text }) => text)
  const delivered = columns.map((_, index) => sqlName(`__delivered ${index}`))
  const cleaned = columns.map((column, index) => (untidy[index] === false ? column.cleanedTidy : column.cleaned))
  const bad = checks.length === 0 ? 'FALSE' : checks.map(({ violated }) => `(${violated})`).join(' OR ')
  const cells = `CASE WHEN __bad THEN [${delivered.join(', ')}] END`
  return `
    SELECT ${names.join(', ')}, ${changedMasks(columns, cleaned, delivered).join(', ')},
      ${checks.length === 0 ? `NULL::${VIOLATIONS_TYPE}` : `CASE WHEN __bad THEN ${violations(checks, columns, delivered)} END`} AS __violations,
      ${checks.length === 0 ? 'NULL::VARCHAR[]' : cells} AS __cells,
      ${hash === null ? 'NULL::UBIGINT' : `CASE WHEN NOT __bad THEN ${hash} END`} AS __hash,
      ${places.join(', ')}
    FROM (
      SELECT *, ${bad} AS __bad
      FROM (
        SELECT ${columns.map(({ text }, index) => `${cleaned[index]} AS ${text}`).join(', ')},
          ${columns.map(({ text }, index) => `${text} AS ${delivered[index]}`).join(', ')}, ${places.join(', ')}
        FROM ${source}
      )
    )`
}

export const VIOLATIONS_TYPE = 'STRUCT(rule VARCHAR, "column" VARCHAR, "value" VARCHAR, message VARCHAR)[]'

function violations(checks: IntakeQuery['checks'], columns: readonly IntakeColumn[], delivered: readonly string[]): string {
  const items = checks.map(({ rule, column, violated, message }) => {
    const value = delivered[columns.findIndex(({ name }) => name === column)] ?? 'NULL'
    const fields = `'rule': ${sqlText(rule)}, 'column': ${column === null ? 'NULL' : sqlText(column)}, 'value': ${value}, 'message': ${sqlText(message)}`
    return `CASE WHEN ${violated} THEN {${fields}} END`
  })
  return `list_filter([${items.join(', ')}], lambda violation: violation IS NOT NULL)`
}

/** How many `__changed_n` columns there are. */
function maskCount(columns: number): number {
  return Math.max(1, Math.ceil(columns / BITS))
}

function changedMasks(
  columns: readonly IntakeColumn[],
  cleaned: readonly string[],
  delivered: readonly string[],
): readonly string[] {
  const bits = columns.map(({ text }, index) =>
    cleaned[index] === text
      ? []
      : [`CASE WHEN ${text} IS DISTINCT FROM ${delivered[index]} THEN ${2n ** BigInt(index % BITS)} ELSE 0 END`],
  )
  return Array.from({ length: maskCount(columns.length) }, (_, mask) => {
    const set = bits.slice(mask * BITS, (mask + 1) * BITS).flat()
    return `(${['0', ...set].join(' + ')})::BIGINT AS __changed_${mask}`
  })
}

/** SELECT that counts the changed cells of each column, over the rows of an intake query. */
export function changedCounts(columns: readonly IntakeColumn[], table: string): string {
  const sums = columns.map(
    (_, index) => `count(*) FILTER (WHERE __changed_${Math.floor(index / BITS)} & ${2n ** BigInt(index % BITS)} <> 0)`,
  )
  const some = Array.from({ length: maskCount(columns.length) }, (_, mask) => `__changed_${mask} <> 0`).join(' OR ')
  return `SELECT [${sums.join(', ')}] FROM ${table} WHERE ${some}`
}
