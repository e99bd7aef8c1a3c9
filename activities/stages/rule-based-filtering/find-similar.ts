import type { DuckDBConnection } from '@duckdb/node-api'
import { OnclockError } from '../../../pipeline/errors.ts'

/** Which texts are compared, as SQL over a row of the source. */
export interface CompiledSimilar {
  /** The text as it is compared, see `normalText`; NULL takes no part. */
  readonly text: string
  /** What rows must have in common to be compared at all; NULL takes no part. */
  readonly groups: readonly string[]
  /** The least share, as the digits of its percentage. */
  readonly percent: number
  readonly scale: number
}

/** Rows to be compared: `rows` is a query of `__row, __record, __text`, the groups as `__g0, …` and what orders them, `__o0, …`. */
interface SimilarRows {
  readonly rule: string
  readonly rows: string
  readonly similar: CompiledSimilar
  readonly order: readonly { readonly direction: string }[]
}

/** Small letters without accents; punctuation, white space and invisible characters between words are one space. */
export const normalText = (text: string): string =>
  String.raw`nullif(trim(regexp_replace(strip_accents(lower(${text})), '[\s\p{P}\p{Z}\p{C}]+', ' ', 'g')), '')`

/** A row is dropped for the first kept row before it that is similar: a batch at a time, each against all kept before it. */
const FIRST_BATCH = 256
const LARGEST_BATCH = 16_384
/** Pairs that share a rare piece, of texts in a batch with kept ones and with one another. */
const MOST_PAIRS_WITH_KEPT = 20_000_000
const MOST_PAIRS_WITHIN = 2_000_000
/** Beyond this a stage would not end in any time that people wait for. */
const MOST_PAIRS = 1_000_000_000

/**
 * Finds the rows whose text is similar to that of a row that is kept before them: table `similar_found` (`__row`,
 * `__kept_record`). Exact: two texts that are similar share one of their rarest pieces (the others are too few), so only
 * texts that do are compared. Throws CONFIG_INVALID when even these pairs are too many.
 */
export async function findSimilar(connection: DuckDBConnection, wanted: SimilarRows): Promise<void> {
  const last = await prepareTexts(connection, wanted)
  const finder = new SimilarFinder(connection, wanted)
  let size = FIRST_BATCH
  for (let from = 1; from <= last;) {
    const took = await finder.batch(from, Math.min(from + size - 1, last))
    from += took
    size = Math.min(took * 2, LARGEST_BATCH)
  }
  await connection.run(`CREATE OR REPLACE TEMP TABLE similar_found AS
    SELECT r.__row, k.__record AS __kept_record FROM similar_rows r
    LEFT JOIN similar_to s ON s.pos = r.first_at JOIN similar_rows k ON k.pos = coalesce(s.kept, r.first_at)
    WHERE r.pos <> k.pos`)
  for (const table of [...TABLES, 'similar_rows']) await connection.run(`DROP TABLE IF EXISTS ${table}`)
}

const TABLES = [
  'similar_texts',
  'similar_pieces',
  'similar_batch',
  'similar_rare',
  'similar_kept',
  'similar_kept_rare',
  'similar_to',
]

/** Texts are numbered in the order in which they are kept, equal ones of a group once. Gives the last number. */
async function prepareTexts(connection: DuckDBConnection, { rows, similar, order }: SimilarRows): Promise<number> {
  const groups = similar.groups.map((_, index) => `__g${index}`)
  const group = groups.length === 0 ? '0' : `dense_rank() OVER (ORDER BY ${groups.join(', ')})`
  const there = ['__text', ...groups].map((name) => `${name} IS NOT NULL`)
  const by = order.map(({ direction }, index) => `__o${index} ${direction}`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE similar_all AS
    SELECT __row, __record, __text, ${group} AS g, row_number() OVER (ORDER BY ${by.join(', ')}) AS pos FROM (${rows}) WHERE ${there.join(' AND ')}`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE similar_rows AS
    SELECT __row, __record, g, pos, min(pos) OVER (PARTITION BY g, __text) AS first_at FROM similar_all`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE similar_texts AS
    SELECT pos, g, __text FROM (SELECT *, count(*) OVER (PARTITION BY g) AS together FROM (
      SELECT a.pos, a.g, a.__text FROM similar_all a SEMI JOIN (SELECT DISTINCT first_at AS pos FROM similar_rows) USING (pos)
    )) WHERE together > 1 ORDER BY pos`)
  await connection.run('DROP TABLE similar_all')
  await connection.run(`CREATE OR REPLACE TEMP TABLE similar_pieces AS
    SELECT piece, CAST(row_number() OVER (ORDER BY times, piece) AS INTEGER) AS id
    FROM (SELECT piece, count(*) AS times FROM (SELECT ${PIECES} AS piece FROM similar_texts) GROUP BY piece)`)
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE similar_kept (pos BIGINT, pieces INTEGER[], ${MARKS.map((mark) => `${mark} UBIGINT`).join(', ')})`,
  )
  await connection.run('CREATE OR REPLACE TEMP TABLE similar_kept_rare (pos BIGINT, g BIGINT, size INTEGER, id INTEGER)')
  await connection.run('CREATE OR REPLACE TEMP TABLE similar_to (pos BIGINT, kept BIGINT)')
  return numberOf(connection, 'SELECT coalesce(max(pos), 0) FROM similar_texts')
}

/** The pieces of a text: every three characters that follow one another; of a shorter text the whole. */
const PIECES = 'unnest(list_transform(range(1, greatest(length(__text) - 1, 2)), lambda i: __text[i:i+2]))'

/** 256 bits in which each piece of a text marks one. */
const MARKS = ['m0', 'm1', 'm2', 'm3'] as const
const markSql = (mark: string, at: number): string =>
  `bit_or(CASE WHEN (id // 64) % 4 = ${at} THEN 1::UBIGINT << (id % 64) ELSE 0::UBIGINT END) AS ${mark}`

class SimilarFinder {
  readonly #connection: DuckDBConnection
  readonly #wanted: SimilarRows
  #pairs = 0

  constructor(connection: DuckDBConnection, wanted: SimilarRows) {
    this.#connection = connection
    this.#wanted = wanted
  }

  /** Decides about the texts numbered `from` to `to`, or only the first of them where all at once are too many; gives how many. */
  async batch(from: number, to: number): Promise<number> {
    for (let upTo = to; ; upTo = from + Math.floor((upTo - from) / 4)) {
      await this.#openBatch(from, upTo)
      const withKept = await this.#count(`SELECT coalesce(sum(times), 0) FROM similar_kept_rare JOIN ${TIMES} USING (g, id)`)
      if (withKept > MOST_PAIRS_WITH_KEPT && upTo > from) continue
      await this.#dropSimilarTo('similar_kept_rare', 'similar_kept', 'k.pos')
      const within = await this.#count(`SELECT coalesce(sum(times * (times - 1) / 2), 0) FROM ${TIMES}`)
      if (within > MOST_PAIRS_WITHIN && upTo > from) {
        await this.#connection.run(`DELETE FROM similar_to WHERE pos >= ${from}`)
        continue
      }
      this.#spend(withKept + within)
      await this.#decideWithin()
      await this.#keepRest()
      return upTo - from + 1
    }
  }

  async #openBatch(from: number, to: number): Promise<void> {
    const { percent, scale } = this.#wanted.similar
    const whole = 100 * scale
    // Texts that are similar have at least this many of their pieces in common, so one of the others would be among them.
    const rarest = `len(pieces) - (${percent} * len(pieces) + ${whole - 1}) // ${whole} + 1`
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE similar_batch AS
      SELECT pos, g, list_sort(list_distinct(list(id))) AS pieces, ${MARKS.map(markSql).join(', ')}
      FROM (SELECT pos, g, ${PIECES} AS piece FROM similar_texts WHERE pos BETWEEN ${from} AND ${to}) JOIN similar_pieces USING (piece)
      GROUP BY pos, g`)
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE similar_rare AS
      SELECT pos, g, CAST(len(pieces) AS INTEGER) AS size, unnest(pieces[1:${rarest}]) AS id FROM similar_batch`)
  }

  async #dropSimilarTo(rare: string, texts: string, order: string): Promise<void> {
    await this.#connection.run(
      `INSERT INTO similar_to SELECT pos, min(kept) FROM (${this.#similarPairs(rare, texts, order)}) GROUP BY pos`,
    )
    await this.#connection.run('DELETE FROM similar_rare WHERE pos IN (SELECT pos FROM similar_to)')
  }

  /** Pairs of a text of the batch and one before it, of which the smaller has enough of the larger. */
  #similarPairs(rare: string, texts: string, before: string): string {
    const { percent, scale } = this.#wanted.similar
    const whole = 100 * scale
    // Where marks differ, so does at least one piece: most pairs are told apart without a look at their pieces.
    const differing = MARKS.map((mark) => `bit_count(xor(b.${mark}, k.${mark}))::INTEGER`).join(' + ')
    return `SELECT c.pos, c.kept FROM (
        SELECT DISTINCT b.pos, k.pos AS kept FROM similar_rare b JOIN ${rare} k
        ON b.g = k.g AND b.id = k.id AND ${before} < b.pos AND k.size * ${whole} >= b.size * ${percent} AND b.size * ${whole} >= k.size * ${percent}
      ) c JOIN similar_batch b ON b.pos = c.pos JOIN ${texts} k ON k.pos = c.kept
      WHERE CASE WHEN (${differing}) * ${whole + percent} <= ${whole - percent} * (len(b.pieces) + len(k.pieces))
        THEN len(list_intersect(b.pieces, k.pieces)) * ${whole + percent} >= ${percent} * (len(b.pieces) + len(k.pieces)) ELSE FALSE END`
  }

  /** Texts of the batch with one another: in their order, each is dropped for the first before it that is not dropped itself. */
  async #decideWithin(): Promise<void> {
    const reader = await this.#connection.runAndReadAll(
      `SELECT CAST(pos AS INTEGER), CAST(kept AS INTEGER) FROM (${this.#similarPairs('similar_rare', 'similar_batch', 'k.pos')}) ORDER BY pos, kept`,
    )
    const dropped = new Map<number, number>()
    for (const [pos, kept] of reader.getRows() as unknown as readonly (readonly [number, number])[]) {
      if (!dropped.has(pos) && !dropped.has(kept)) dropped.set(pos, kept)
    }
    if (dropped.size === 0) return
    const rows = [...dropped].map(([pos, kept]) => `(${pos}, ${kept})`)
    await this.#connection.run(`INSERT INTO similar_to VALUES ${rows.join(', ')}`)
    await this.#connection.run('DELETE FROM similar_rare WHERE pos IN (SELECT pos FROM similar_to)')
  }

  async #keepRest(): Promise<void> {
    await this.#connection.run('INSERT INTO similar_kept_rare SELECT pos, g, size, id FROM similar_rare')
    await this.#connection.run(
      `INSERT INTO similar_kept SELECT pos, pieces, ${MARKS.join(', ')} FROM similar_batch WHERE pos NOT IN (SELECT pos FROM similar_to)`,
    )
  }

  #count(sql: string): Promise<number> {
    return numberOf(this.#connection, sql)
  }

  #spend(pairs: number): void {
    this.#pairs += pairs
    if (this.#pairs <= MOST_PAIRS) return
    throw new OnclockError(
      'CONFIG_INVALID',
      `rule "${this.#wanted.rule}": similar would have to compare too many pairs of texts`,
      {
        hint: 'Compare within groups (similar: {per: …}), ask for more (at_least: 90%), or filter rows before it.',
      },
    )
  }
}

/** How often each rare piece occurs in the batch. */
const TIMES = '(SELECT g, id, count(*) AS times FROM similar_rare GROUP BY g, id)'

async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql)
  return Number(reader.getRowsJson()[0]?.[0] ?? 0)
}
