import { sqlName, sqlText } from '../../duckdb.ts'
import { VIOLATIONS_TYPE } from '../../left-out/violations-type.ts'
import type { DeliveredColumn, IntakeCheck, IntakeColumn } from './intake-columns.ts'

/** Cells that cleaning changed are marked by one bit a column; a BIGINT holds this many. */
const BITS = 60

export interface IntakeQuery {
  readonly columns: readonly IntakeColumn[]
  readonly delivered: readonly DeliveredColumn[]
  readonly checks: readonly IntakeCheck[]
  /** FROM item with the cells as delivered and the place columns. */
  readonly source: string
  readonly places: readonly string[]
  /** By column of the file: whether cells may have something to trim. */
  readonly untidy: readonly boolean[]
  /** SQL hash of the cleaned cells (UBIGINT), to find duplicates by; null when they are not looked for. */
  readonly hash: string | null
}

/**
 * One pass over the rows as delivered: the cleaned cells; `__changed_n`, the cells that cleaning changed, and a mark for each
 * other change; `__violations` and the delivered `__cells` of a row that is rejected, NULL otherwise; `__hash` of a row that
 * is not.
 */
export function intakeQuery(query: IntakeQuery): string {
  const { columns, delivered, checks, places, hash } = query
  const bad = checks.length === 0 ? 'FALSE' : checks.map(({ violated }) => `(${violated})`).join(' OR ')
  const cells = `CASE WHEN __bad THEN [${delivered.map((_, position) => deliveredCell(position)).join(', ')}] END`
  const marks = changeMarks(columns).map(({ mark }) => mark)
  return `
    SELECT ${[...columns.map(({ text }) => text), ...changedMasks(query), ...marks].join(', ')},
      ${checks.length === 0 ? `NULL::${VIOLATIONS_TYPE}` : `CASE WHEN __bad THEN ${violations(checks, columns)} END`} AS __violations,
      ${checks.length === 0 ? 'NULL::VARCHAR[]' : cells} AS __cells,
      ${hash === null ? 'NULL::UBIGINT' : `CASE WHEN NOT __bad THEN ${hash} END`} AS __hash,
      ${places.join(', ')}
    FROM (
      SELECT *, ${bad} AS __bad
      FROM ${clamped(preset(read(cleaned(query), columns), columns), columns)}
    )`
}

const deliveredCell = (position: number): string => sqlName(`__delivered ${position}`)
const cleanedCell = (index: number): string => sqlName(`__cleaned ${index}`)

function cleanedBy({ untidy }: IntakeQuery, { position, cleaned, cleanedTidy }: IntakeColumn): string {
  return position !== null && untidy[position] === false ? cleanedTidy : cleaned
}

function cleaned(query: IntakeQuery): string {
  const { columns, delivered, places, source } = query
  return `(
        SELECT ${columns.map((column) => `${cleanedBy(query, column)} AS ${column.text}`).join(', ')},
          ${delivered.map(({ cell }, position) => `${cell} AS ${deliveredCell(position)}`).join(', ')}, ${places.join(', ')}
        FROM ${source}
      )`
}

/** Whether more is done to the cells than to clean them. */
const isWorked = ({ reading, preset, clamp }: IntakeColumn): boolean => reading !== null || preset !== null || clamp !== null

/** Cells that the locale writes in its own way get their normal text; what they were stays beside them. */
function read(from: string, columns: readonly IntakeColumn[]): string {
  const worked = columns.map((column, index) => ({ column, index })).filter(({ column }) => isWorked(column))
  if (worked.length === 0) return from
  const normal = worked.flatMap(({ column: { text, reading } }) =>
    reading === null ? [] : [`CASE WHEN ${reading.valid} THEN ${reading.normal} ELSE ${text} END AS ${text}`],
  )
  const beside = worked.flatMap(({ column: { text, reading }, index }) => [
    `${text} AS ${cleanedCell(index)}`,
    ...(reading === null ? [] : [`(${text} IS NOT NULL AND NOT ${reading.valid}) AS ${reading.unread}`]),
  ])
  return `(SELECT *${normal.length === 0 ? '' : ` REPLACE (${normal.join(', ')})`}, ${beside.join(', ')} FROM ${from})`
}

function preset(from: string, columns: readonly IntakeColumn[]): string {
  const filled = columns.flatMap(({ text, preset }, index) => (preset === null ? [] : [{ text, index, to: sqlText(preset) }]))
  if (filled.length === 0) return from
  const texts = filled.map(({ text, to }) => `coalesce(${text}, ${to}) AS ${text}`)
  return `(SELECT * REPLACE (${texts.join(', ')}), ${filled.map(({ text, index }) => `(${text} IS NULL) AS ${sqlName(`__filled ${index}`)}`).join(', ')} FROM ${from})`
}

function clamped(from: string, columns: readonly IntakeColumn[]): string {
  const clamps = columns.flatMap(({ text, clamp }, index) => (clamp === null ? [] : [{ text, clamp, index }]))
  if (clamps.length === 0) return from
  const texts = clamps.map(({ text, clamp }) => `${clamp.text} AS ${text}`)
  return `(SELECT * REPLACE (${texts.join(', ')}), ${clamps.map(({ clamp, index }) => `${clamp.out} AS ${sqlName(`__clamped ${index}`)}`).join(', ')} FROM ${from})`
}

function violations(checks: IntakeQuery['checks'], columns: readonly IntakeColumn[]): string {
  const items = checks.map(({ rule, column, violated, message }) => {
    const position = columns.find(({ name }) => name === column)?.position ?? null
    const value = position === null ? 'NULL::VARCHAR' : deliveredCell(position)
    const fields = `'rule': ${sqlText(rule)}, 'column': ${column === null ? 'NULL' : sqlText(column)}, 'value': ${value}, 'message': ${sqlText(message)}`
    return `CASE WHEN ${violated} THEN {${fields}} END`
  })
  return `list_filter([${items.join(', ')}], lambda violation: violation IS NOT NULL)`
}

/** What else was done to cells than cleaning them. */
export const CHANGES = ['rewritten', 'defaulted', 'clamped'] as const
type Change = (typeof CHANGES)[number]

interface ChangeMark {
  readonly change: Change
  readonly index: number
  /** Name of a boolean, in SQL. */
  readonly name: string
  /** What gives it that name. */
  readonly mark: string
}

/** A mark for each change that may be made to a column. */
export function changeMarks(columns: readonly IntakeColumn[]): readonly ChangeMark[] {
  return columns.flatMap(({ text, reading, preset, clamp }, index) => {
    const [rewritten, filled, clamped] = ['rewritten', 'filled', 'clamped'].map((word) => sqlName(`__${word} ${index}`))
    // A cell that was empty, or is clamped afterwards, is counted there.
    const before = [...(preset === null ? [] : [filled]), ...(clamp === null ? [] : [clamped])].map((mark) => `NOT ${mark}`)
    const other = [`${text} IS DISTINCT FROM ${cleanedCell(index)}`, ...before].join(' AND ')
    return [
      ...(reading === null
        ? []
        : [{ change: 'rewritten' as const, index, mark: `(${other}) AS ${rewritten}`, name: rewritten ?? '' }]),
      ...(preset === null ? [] : [{ change: 'defaulted' as const, index, mark: filled ?? '', name: filled ?? '' }]),
      ...(clamp === null ? [] : [{ change: 'clamped' as const, index, mark: clamped ?? '', name: clamped ?? '' }]),
    ]
  })
}

/** How many `__changed_n` columns there are. */
function maskCount(columns: number): number {
  return Math.max(1, Math.ceil(columns / BITS))
}

function changedMasks(query: IntakeQuery): readonly string[] {
  const { columns } = query
  const bits = columns.map((column, index) => {
    const { text, position } = column
    if (position === null || cleanedBy(query, column) === query.delivered[position]?.cell) return []
    const own = isWorked(column) ? cleanedCell(index) : text
    return [`CASE WHEN ${own} IS DISTINCT FROM ${deliveredCell(position)} THEN ${2n ** BigInt(index % BITS)} ELSE 0 END`]
  })
  return Array.from({ length: maskCount(columns.length) }, (_, mask) => {
    const set = bits.slice(mask * BITS, (mask + 1) * BITS).flat()
    return `(${['0', ...set].join(' + ')})::BIGINT AS __changed_${mask}`
  })
}

/** SELECT that counts what else was done to cells, in the order of `changeMarks`; null where nothing was asked for. */
export function otherChangeCounts(columns: readonly IntakeColumn[], table: string): string | null {
  const counts = changeMarks(columns).map(({ name }) => `count(*) FILTER (${name})`)
  return counts.length === 0 ? null : `SELECT [${counts.join(', ')}] FROM ${table}`
}

/** SELECT that counts the changed cells of each column, over the rows of an intake query. */
export function changedCounts(columns: readonly IntakeColumn[], table: string): string {
  const sums = columns.map(
    (_, index) => `count(*) FILTER (WHERE __changed_${Math.floor(index / BITS)} & ${2n ** BigInt(index % BITS)} <> 0)`,
  )
  const some = Array.from({ length: maskCount(columns.length) }, (_, mask) => `__changed_${mask} <> 0`).join(' OR ')
  return `SELECT [${sums.join(', ')}] FROM ${table} WHERE ${some}`
}
