import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase, sqlText } from '../../../../activities/duckdb.ts'
import { findSimilar, normalText } from '../../../../activities/stages/rule-based-filtering/find-similar.ts'

let database: Database
let connection: DuckDBConnection
beforeAll(async () => {
  database = await openDatabase({ spillDir: join(tmpdir(), 'onclock-similar'), threads: 1 })
  connection = await database.connect()
})
afterAll(() => {
  connection.closeSync()
  database.close()
})

type Text = string | null
interface Asked {
  readonly texts: readonly Text[]
  readonly groups?: readonly Text[]
  readonly percent: number
  readonly last?: boolean
}

/** By row from 1: the row that it is dropped for. */
async function found({ texts, groups, percent, last = false }: Asked): Promise<Record<number, number>> {
  const sql = (text: Text): string => (text === null ? 'NULL' : sqlText(text))
  const rows = texts.map((text, index) => `(${index + 1}, ${sql(text)}, ${sql(groups?.[index] ?? null)})`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE given AS
    SELECT col0::BIGINT AS __row, col1::VARCHAR AS t, col2::VARCHAR AS g FROM (VALUES ${rows.join(', ')})`)
  await findSimilar(connection, {
    rule: 'r',
    rows: `SELECT __row, __row AS __record, ${normalText('t')} AS __text, g AS __g0, __row AS __o0 FROM given`,
    similar: { text: '', groups: groups === undefined ? [] : ['g'], percent, scale: 1 },
    order: [{ direction: last ? 'DESC' : 'ASC' }],
  })
  const reader = await connection.runAndReadAll('SELECT __row::INTEGER, __kept_record::INTEGER FROM similar_found ORDER BY ALL')
  return Object.fromEntries(reader.getRows().map(([row, kept]) => [Number(row), Number(kept)]))
}

const piecesOf = (text: string): Set<string> => {
  const characters = Array.from(text)
  const starts = Array.from({ length: Math.max(characters.length - 2, 1) }, (_, index) => index)
  return new Set(starts.map((start) => characters.slice(start, start + 3).join('')))
}

/** The same, as the docs say it: each row with every row that is kept before it. */
function expected({ texts, groups, percent, last = false }: Asked): Record<number, number> {
  const kept: { row: number; group: Text; pieces: Set<string> }[] = []
  const dropped: Record<number, number> = {}
  const rows = texts.map((text, index) => ({ row: index + 1, text, group: groups?.[index] ?? null }))
  for (const { row, text, group } of last ? rows.toReversed() : rows) {
    if (text === null || (groups !== undefined && group === null)) continue
    const pieces = piecesOf(text)
    const like = kept.find((other) => {
      const common = [...pieces].filter((piece) => other.pieces.has(piece)).length
      return other.group === group && common * 100 >= percent * (pieces.size + other.pieces.size - common)
    })
    if (like === undefined) kept.push({ row, group, pieces })
    else dropped[row] = like.row
  }
  return dropped
}

describe('the text that is compared', () => {
  test.each([
    ['Great PLACE to eat!!', 'great place to eat'],
    ['  Café — olé  ', 'cafe ole'],
    ['so\tmany\n\nlines', 'so many lines'],
    ['🔥🔥 wow', '🔥🔥 wow'],
    ['日本語。', '日本語'],
    ['?!…', null],
    ['', null],
  ])('of %j is %j', async (text, normal) => {
    const reader = await connection.runAndReadAll(`SELECT ${normalText(sqlText(text))}`)
    expect(reader.getRows()[0]?.[0]).toBe(normal)
  })
})

describe('findSimilar', () => {
  // 18 pieces, of which the second text lacks one and has one of its own: 17 of 19 are 89.5 %.
  const one = 'a b c d e f g h i jk'
  const two = 'a b c d e f g h i jx'

  test('takes texts for similar from the share on, and not below', async () => {
    expect(await found({ texts: [one, two], percent: 89 })).toEqual({ 2: 1 })
    expect(await found({ texts: [one, two], percent: 90 })).toEqual({})
  })

  test('does not see capital letters, accents and punctuation', async () => {
    expect(await found({ texts: ['Crème brûlée, please', 'creme BRULEE please!', null, '...'], percent: 100 })).toEqual({ 2: 1 })
  })

  test('names the row that is kept, never one that is dropped itself', async () => {
    const chain = ['abcdefghijklmnopqrst', 'abcdefghijklmnopqrsX', 'abcdefghijklmnopqrYX', 'abcdefghijklmnopqrYZ']
    const asked = { texts: chain, percent: 85 }
    expect(await found(asked)).toEqual(expected(asked))
    expect(await found(asked)).toEqual({ 2: 1, 4: 3 })
  })

  test('keeps the last when asked to', async () => {
    expect(await found({ texts: [one, two, 'other'], percent: 85, last: true })).toEqual({ 1: 2 })
  })

  test('compares within a group alone, and rows without one not at all', async () => {
    const asked = { texts: [one, one, two, one, one], groups: ['a', 'b', 'a', null, null], percent: 85 }
    expect(await found(asked)).toEqual({ 3: 1 })
  })

  test.each([
    [50, 1],
    [70, 2],
    [85, 3],
    [93, 4],
    [100, 5],
  ])('at %i percent finds what a comparison of each with each finds (seed %i)', async (percent, seed) => {
    const random = generator(seed)
    const words = Array.from({ length: 30 }, () => Array.from({ length: 3 + random(6) }, () => 'abcdefgh'[random(8)]).join(''))
    const base = Array.from({ length: 60 }, () => Array.from({ length: 1 + random(9) }, () => words[random(30)] ?? ''))
    const texts = Array.from({ length: 900 }, () => {
      const copy = [...(base[random(60)] ?? [])]
      for (let change = random(3); change > 0; change -= 1) copy[random(copy.length)] = words[random(30)] ?? ''
      return copy.join(' ')
    })
    const groups = texts.map(() => ['x', 'y', null][random(3)] ?? null)
    for (const asked of [
      { texts, percent },
      { texts, percent, last: true },
      { texts, groups, percent },
    ]) {
      const dropped = await found(asked)
      expect(dropped).toEqual(expected(asked))
      expect(Object.keys(dropped).length).toBeGreaterThan(100)
    }
  })

  test('ends soon where thousands of texts are much alike, or share common words', async () => {
    const texts = Array.from({ length: 6000 }, (_, index) =>
      index % 2 === 0
        ? `thank you for your order number ${index} it will be with you in a day or two`
        : `${index} ${index * 7919} the ${index * 31}`,
    )
    const dropped = await found({ texts, percent: 80 })
    expect(Object.keys(dropped).length).toBeGreaterThan(2900)
  }, 20_000)
})

/** Numbers below a limit, the same for the same seed. */
function generator(seed: number): (below: number) => number {
  let state = seed * 2654435761
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0
    return state % below
  }
}
