import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, sqlText } from '../../../activities/duckdb.ts'
import { CLEAN_STEPS, type CleanStep } from '../../../activities/vocabulary/clean-schema.ts'
import { cleanSql } from '../../../activities/vocabulary/clean-sql.ts'
import { cleanText } from '../../../activities/vocabulary/clean-text.ts'
import { openTestDatabase, valueOf } from './evaluate.ts'

let database: Database
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())

const CASES: readonly (readonly [CleanStep[], string, string])[] = [
  [['trim'], ' \t\r\n\u00a0\u3000x y\u2003\u0085\v\f', 'x y'],
  [['trim'], 'x', 'x'],
  [['trim'], ' ', ''],
  [['trim'], '', ''],
  [['trim'], '🔥 ä', '🔥 ä'],
  [['trim'], 'ä\n', 'ä'],
  [['trim'], '\u200bx', '\u200bx'],
  [['squeeze'], ' a \t\n b ', ' a b '],
  [['squeeze'], 'a\v\fb\u2028c\u3000\u00a0d\u0085e', 'a b c d e'],
  [['lower'], 'ÄÖÜ Straße İΣ', 'äöü straße iσ'],
  [['upper'], 'äöü', 'ÄÖÜ'],
  [['fold'], 'Straße ÉÀ', 'strasse ea'],
  [['nfc'], 'e\u0301', 'é'],
  [['visible'], 'a\u061c\u180eb', 'ab'],
  [['visible'], 'a\u200bb\u0000c\ufeff\td\n', 'abc\td\n'],
  [['visible', 'trim', 'lower'], '\ufeff A ', 'a'],
]

describe('cleanSql', () => {
  test.each(CASES)('%j makes %j of %j', async (steps, text, expected) => {
    expect(await valueOf(database, `SELECT ${cleanSql(steps, literal(text))}`)).toBe(expected)
  })

  test('leaves NULL alone', async () => {
    expect(await valueOf(database, `SELECT ${cleanSql(CLEAN_STEPS, 'CAST(NULL AS VARCHAR)')}`)).toBeNull()
  })

  test('does to a value what cleanText does to an entry of the config', async () => {
    const characters = fc.constantFrom(
      ...'aZäÖßéİσΣ \t\n\u00a0\u200b\ufeff🔥中1-'.split(/(?:)/u),
      'e\u0301',
      '\u0085',
      '\v',
      '\u061c',
      '\u180e',
      '\u2028',
    )
    const texts = fc.array(characters, { maxLength: 8 }).map((parts) => parts.join(''))
    const steps = fc.uniqueArray(fc.constantFrom(...CLEAN_STEPS), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(steps, texts, async (steps, text) => {
        // As hex: the Node API takes a byte order mark off a text that it hands over.
        const cleaned = await valueOf(database, `SELECT lower(hex(${cleanSql(steps, literal(text))}))`)
        expect(cleaned).toBe(Buffer.from(cleanText(steps, text)).toString('hex'))
      }),
      { numRuns: 300 },
    )
  })
})

/** DuckDB refuses a NUL in a literal. */
const literal = (text: string): string =>
  text
    .split('\u0000')
    .map((part) => sqlText(part))
    .join(` || chr(0) || `)
