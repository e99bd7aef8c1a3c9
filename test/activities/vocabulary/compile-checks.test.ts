import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../../activities/duckdb.ts'
import { checkShape } from '../../../activities/vocabulary/column-checks-schema.ts'
import type { ColumnType } from '../../../activities/vocabulary/column-type-schema.ts'
import { openTestDatabase, testEnv, violatedChecks } from './evaluate.ts'

let database: Database
let projectDir: string
beforeAll(async () => {
  database = await openTestDatabase()
  projectDir = await mkdtemp(join(tmpdir(), 'onclock-checks-'))
  await writeFile(join(projectDir, 'brands.txt'), '\uFEFFAcme\r\n\r\n Globex \nInitech\n')
  await writeFile(join(projectDir, 'bots.csv'), 'id;handle\n1;"a;b"\n7506832682593094928;spam bot\n')
  await writeFile(join(projectDir, 'latin.txt'), Buffer.from('caf\xe9\n5\x80\n', 'latin1'))
})
afterAll(async () => {
  database.close()
  await rm(projectDir, { recursive: true })
})

interface Case {
  readonly spec: Record<string, unknown>
  /** Values of the column `c` that the check stops, and near misses that it lets through. */
  readonly stops: readonly (string | null)[]
  readonly passes: readonly (string | null)[]
  readonly type?: ColumnType
  readonly other?: string | null
  readonly otherType?: ColumnType
}

const CASES: Record<string, Case> = {
  required: { spec: { required: true }, stops: [null, ''], passes: ['0', ' '] },
  'required, through trim': { spec: { required: true, as: ['trim'] }, stops: ['  ', '\t\n', '\u00a0'], passes: [' x '] },
  'required: false': { spec: { required: false, min: 1 }, stops: ['0'], passes: [null] },
  type: { spec: { type: 'integer' }, stops: ['1.5', '1e3', 'x', '1_000'], passes: ['15', '15.0', null] },
  'equals a text': { spec: { equals: 'claim' }, stops: ['Claim', 'claims'], passes: ['claim', null] },
  'equals through lower': { spec: { equals: 'Claim', as: ['lower'] }, stops: ['claims'], passes: ['CLAIM', 'claim'] },
  'equals a number, in text': { spec: { equals: 5 }, stops: ['5.0', '05'], passes: ['5'] },
  'equals a number, in a number': { spec: { equals: 5 }, type: 'integer', stops: ['6'], passes: ['5.0', '05'] },
  'equals a number as written, in a number': { spec: { equals: '007' }, type: 'integer', stops: ['8'], passes: ['7'] },
  'equals true, in a boolean': { spec: { equals: true }, type: 'boolean', stops: ['no'], passes: ['yes', '1'] },
  'equals true, in text': { spec: { equals: true }, stops: ['yes'], passes: ['true'] },
  'equals a date': { spec: { equals: '2024-01-31' }, type: 'date', stops: ['2024-02-01'], passes: ['2024-01-31'] },
  'equals another column': { spec: { equals: { column: 'd' } }, other: 'x', stops: ['X'], passes: ['x', null] },
  'equals twice another column': { spec: { equals: { column: 'd', times: 2 } }, other: '4', stops: ['9'], passes: ['8', '8.0'] },
  'equals another column, through lower': {
    spec: { equals: { column: 'd' }, as: ['lower'] },
    other: 'Xy',
    stops: ['xz'],
    passes: ['xY', null],
  },
  'type, through trim': { spec: { type: 'integer', as: ['trim'] }, stops: [' 1.5 ', '1 5'], passes: [' 15 ', '15', '  '] },
  'min, through trim': { spec: { min: 5, as: ['trim'] }, stops: [' 4 ', ' x '], passes: [' 6 ', '6', '  ', null] },
  'min without steps': { spec: { min: 5 }, stops: [' 6 '], passes: ['6'] },
  'max of another column, through trim': {
    spec: { max: { column: 'd' }, as: ['trim'] },
    other: ' 6 ',
    stops: [' 7 '],
    passes: [' 6 ', '5'],
  },
  'below a date, through trim': {
    spec: { below: '2024-02-01', as: ['trim'] },
    stops: [' 2024-02-01 '],
    passes: [' 2024-01-31 '],
  },
  'within, through trim': { spec: { within: '2d', as: ['trim'] }, stops: [' 2026-11-20 '], passes: [' 2026-11-23 '] },
  not_equals: { spec: { not_equals: 'banned' }, stops: ['banned'], passes: ['Banned', null, 'banned '] },
  'not_equals another column': { spec: { not_equals: { column: 'd' } }, other: 'x', stops: ['x'], passes: ['y', null] },
  in: { spec: { in: ['claim', 'opinion'] }, stops: ['Claim', 'opinions', 'claim '], passes: ['claim', 'opinion', null] },
  'in, a single value': { spec: { in: 'claim' }, stops: ['x'], passes: ['claim'] },
  'in, IDs of 19 digits': {
    spec: { in: ['7506832682593094928'] },
    type: 'id',
    stops: ['7506832682593095000', '7506832682593094929'],
    passes: ['7506832682593094928'],
  },
  'in, 19 digits in a number': {
    spec: { in: ['7506832682593094928'] },
    type: 'integer',
    stops: ['7506832682593094929'],
    passes: ['7506832682593094928'],
  },
  'in, leading zeros in text': {
    spec: { in: ['007', '1.10', '1e3'] },
    stops: ['7', '1.1', '1000'],
    passes: ['007', '1.10', '1e3'],
  },
  'in, numbers': { spec: { in: [1, 2.5] }, type: 'decimal', stops: ['3'], passes: ['1.0', '2.50'] },
  'in a named list': { spec: { in: { list: 'stars' } }, stops: ['Bob'], passes: ['Ann'] },
  'in a file': {
    spec: { in: { file: 'brands.txt' } },
    stops: ['acme', ' Globex', ''.padStart(2)],
    passes: ['Acme', 'Globex', 'Initech', null],
  },
  'in a column of a CSV': { spec: { in: { file: 'bots.csv#handle' } }, stops: ['1', 'handle'], passes: ['a;b', 'spam bot'] },
  'in a file that is not UTF-8': { spec: { in: { file: 'latin.txt' } }, stops: ['caf'], passes: ['café', '5€'] },
  not_in: { spec: { not_in: { file: 'bots.csv#id' } }, stops: ['7506832682593094928'], passes: ['7506832682593094929', null] },
  'in, with a quote': { spec: { in: ["it's"] }, stops: ['its'], passes: ["it's"] },
  min: { spec: { min: 1000 }, type: 'integer', stops: ['999', '-5'], passes: ['1000', null] },
  'min, in text': { spec: { min: 1000 }, stops: ['999', 'many', '1_000', '0x1F40'], passes: ['1000', '1e3', '20000', null] },
  max: { spec: { max: 5 }, type: 'decimal', stops: ['5.01'], passes: ['5', '-7'] },
  above: { spec: { above: 5 }, type: 'integer', stops: ['5'], passes: ['6'] },
  below: { spec: { below: 5 }, type: 'integer', stops: ['5'], passes: ['4'] },
  'min, beyond 2^53': {
    spec: { min: '9007199254740993' },
    type: 'integer',
    stops: ['9007199254740992'],
    passes: ['9007199254740993'],
  },
  'min of a share': { spec: { min: '0.5%' }, type: 'percent', stops: ['0.49 %'], passes: ['0.5%'] },
  'max of a duration': { spec: { max: '1m' }, type: 'duration', stops: ['01:01'], passes: ['00:60', '60s', '1:00'].slice(1) },
  'min of a date': { spec: { min: '2024-01-31' }, type: 'date', stops: ['2024-01-30'], passes: ['2024-01-31', null] },
  'min of a date, in text': {
    spec: { min: '2024-01-31' },
    stops: ['2024-01-30', 'soon', '31.01.2024'],
    passes: ['2024-01-31', '2024-01-31 00:00'],
  },
  'max: now': {
    spec: { max: 'now' },
    type: 'datetime',
    stops: ['2026-11-24 12:00:01'],
    passes: ['2026-11-24 12:00:00', '2020-01-01'],
  },
  'max of another column': {
    spec: { max: { column: 'd' } },
    type: 'integer',
    other: '10',
    otherType: 'integer',
    stops: ['11'],
    passes: ['10', null],
  },
  'max of half another column': {
    spec: { max: { column: 'd', times: 0.5 } },
    type: 'integer',
    other: '11',
    otherType: 'integer',
    stops: ['6'],
    passes: ['5'],
  },
  'max of another column, in text': { spec: { max: { column: 'd' } }, other: '10', stops: ['11', 'x'], passes: ['9', '10'] },
  'max of an empty column': {
    spec: { max: { column: 'd' } },
    type: 'integer',
    other: null,
    otherType: 'integer',
    stops: [],
    passes: ['11'],
  },
  'max of an empty column, nulls: fail': {
    spec: { max: { column: 'd' }, nulls: 'fail' },
    type: 'integer',
    other: null,
    otherType: 'integer',
    stops: ['11'],
    passes: [],
  },
  'min of another column plus a number': {
    spec: { min: { column: 'd', plus: 2 } },
    type: 'integer',
    other: '10',
    otherType: 'integer',
    stops: ['11'],
    passes: ['12'],
  },
  'max of another date plus days': {
    spec: { max: { column: 'd', plus: '7d' } },
    type: 'date',
    other: '2024-01-01',
    otherType: 'date',
    stops: ['2024-01-09'],
    passes: ['2024-01-08'],
  },
  within: {
    spec: { within: '90d' },
    type: 'date',
    stops: ['2026-08-25', '2027-03-01', '2020-01-01'],
    passes: ['2026-08-27', '2026-11-24', null],
  },
  'within, in text': { spec: { within: '90d' }, stops: ['soon', '2020-01-01'], passes: ['2026-11-01'] },
  not_within: { spec: { not_within: '1d' }, type: 'date', stops: ['2026-11-24'], passes: ['2026-11-22', null] },
  matches: { spec: { matches: '^#?[a-z]+$' }, stops: ['#Ab', 'a b', '#'], passes: ['#ab', 'ab', null] },
  'matches one of several': { spec: { matches: ['^a', 'z$'] }, stops: ['baby'], passes: ['ab', 'buzz'] },
  'matches, a flag stays in its pattern': { spec: { matches: ['(?i)^a', '^b'] }, stops: ['B'], passes: ['A', 'b'] },
  'matches, names of groups that clash': { spec: { matches: ['(?P<x>a)1', '(?P<x>b)2'] }, stops: ['a2'], passes: ['a1', 'b2'] },
  not_matches: { spec: { not_matches: 'https?://\\S+' }, stops: ['see http://x.de'], passes: ['see http:// x', null] },
  'not_matches, named': {
    spec: { not_matches: { link: 'www\\.', phone: '\\d{3}-\\d{4}' } },
    stops: ['www.x', '555-1234'],
    passes: ['www x', '55-1234'],
  },
  'contains a word': {
    spec: { contains: 'bar' },
    stops: ['barista', 'crowbar', 'bär', 'bar_1', 'Bar'],
    passes: ['a bar!', 'bar', '«bar»', null],
  },
  'contains a word, umlauts': { spec: { not_contains: 'ber' }, stops: ['ber', '(ber)'], passes: ['über', 'berä'] },
  'contains a word beside emoji': { spec: { contains: 'sale' }, stops: ['wholesale🔥'], passes: ['🔥sale🔥', '#sale'] },
  'contains a hashtag': { spec: { contains: '#ad' }, stops: ['#adult', 'ad'], passes: ['this is #ad', 'x#ad.'] },
  'contains an emoji': { spec: { contains: '🔥' }, stops: ['fire'], passes: ['hot🔥hot'] },
  'contains several words, one regex': {
    spec: { contains: ['a.b', 'c++', 'free money'] },
    stops: ['aXb', 'c+', 'free  money', 'freemoney'],
    passes: ['say a.b', 'in c++ now', 'free money!'],
  },
  'contains, through lower': { spec: { contains: ['Promo Code'], as: ['lower'] }, stops: ['promocode'], passes: ['PROMO CODE'] },
  'contains, through fold': {
    spec: { contains: ['CAFÉ'], as: ['fold'] },
    stops: ['caf'],
    passes: ['cafe', 'Café', 'CAFE\u0301'],
  },
  'min and below, of a text': {
    spec: { min: { text: 'b' }, below: { text: 'd' } },
    stops: ['a', 'd', 'B', '5'],
    passes: ['b', 'c', 'czz', null],
  },
  'max of a text, in a text that looks like a number': { spec: { max: { text: '5' } }, stops: ['6', '7'], passes: ['10', '5'] },
  'min of a text, through lower': { spec: { min: { text: 'b' }, as: ['lower'] }, stops: ['A'], passes: ['B'] },
  'contains the text of another column, as a word': {
    spec: { contains: { column: 'd' } },
    other: 'a.b',
    stops: ['xa.b', 'a.bc', 'axb'],
    passes: ['x a.b y', 'a.b', '(a.b)', null],
  },
  'contains the text of another column, as a part, through lower': {
    spec: { contains: { column: 'd' }, match: 'substring', as: ['lower'] },
    other: 'Ben',
    stops: ['Bob'],
    passes: ['BENJAMIN', 'ben'],
  },
  'contains another column that is empty': { spec: { contains: { column: 'd' } }, other: null, stops: [], passes: ['x'] },
  'not_contains another column': { spec: { not_contains: { column: 'd' } }, other: '#x', stops: ['a#x'], passes: ['#xy', 'x'] },
  'starts with another column': { spec: { starts_with: { column: 'd' } }, other: 'ab', stops: ['cab'], passes: ['abc', 'ab'] },
  'ends with another column': { spec: { not_ends_with: { column: 'd' } }, other: 'ab', stops: ['cab'], passes: ['abc', 'abC'] },
  'contains a part': { spec: { contains: 'bar', match: 'substring' }, stops: ['ba r', 'Bar'], passes: ['barista', 'crowbar'] },
  'contains a part of several': {
    spec: { contains: ['a.b', 'x', 'yy'], match: 'substring' },
    stops: ['aXb'],
    passes: ['1a.b2', 'ayyb'],
  },
  'contains keeps blanks that are meant': {
    spec: { contains: ' bar ', match: 'substring', as: ['trim'] },
    stops: ['bar none'],
    passes: ['a bar none'],
  },
  'contains a word beside an emoji with a mark': {
    spec: { contains: 'ad' },
    stops: ['❤️ade', 'e\u0301ad', 'ad\u0301', '❤️a️d'],
    passes: ['❤️ad', 'ad❤️', '❤️ad❤️', '\ufe0fad', 'é ad'],
  },
  'contains an emoji with a mark': { spec: { contains: '❤️' }, stops: ['❤', 'love'], passes: ['❤️ad', 'a❤️b', '❤️'] },
  'contains the word of another column, beside such an emoji': {
    spec: { contains: { column: 'd' } },
    other: 'ad',
    stops: ['❤️ade', 'bad'],
    passes: ['❤️ad', 'ad❤️'],
  },
  'length in words, of emoji with marks': {
    spec: { length: { in: 'words', min: 2 } },
    stops: ['❤️ad', '❤️ ❤️ ad'],
    passes: ['❤️a b'],
  },
  'repeats of words, of emoji with marks': {
    spec: { repeats: { of: 'words', max: 1 } },
    stops: ['❤️a a'],
    passes: ['❤️ ❤️ a', '☀️☀️'],
  },
  'count of a list, words beside emoji with marks': {
    spec: { count: { of: { list: 'stars' }, min: 2 } },
    stops: ['❤️Ann'],
    passes: ['❤️Ann❤️Joe'],
  },
  'count of hashtags and keycaps': { spec: { count: { of: 'hashtags', max: 1 } }, stops: ['#a #b'], passes: ['#️⃣ #a'] },
  'contains at least two': {
    spec: { contains: { words: ['a', 'b', 'c'], at_least: 2 } },
    stops: ['a a a', 'ab'],
    passes: ['a b', 'c, a'],
  },
  'contains at least two of a file': {
    spec: { contains: { file: 'brands.txt', at_least: 2 } },
    stops: ['Acme Acme'],
    passes: ['Acme, Initech'],
  },
  'contains at least two of a list': {
    spec: { contains: { list: 'stars', at_least: 2 } },
    stops: ['Ann'],
    passes: ['Ann and Joe'],
  },
  not_contains: {
    spec: { not_contains: ['promo code', 'giveaway'] },
    stops: ['big giveaway', 'promo code: x'],
    passes: ['giveaways', 'promo codes', null],
  },
  'not_contains at least two': {
    spec: { not_contains: { words: ['a', 'b'], at_least: 2 } },
    stops: ['b a'],
    passes: ['a', 'b b'],
  },
  contains_all: { spec: { contains_all: ['a', 'b'] }, stops: ['a', 'ab'], passes: ['b a', null] },
  not_contains_all: { spec: { not_contains_all: ['a', 'b'] }, stops: ['b a'], passes: ['a', null] },
  starts_with: { spec: { starts_with: ['Re:', 'Fwd:'] }, stops: ['re:', ' Re:', 'R'], passes: ['Re: x', 'Fwd:', null] },
  not_starts_with: { spec: { not_starts_with: '#' }, stops: ['#x'], passes: ['x#', null] },
  ends_with: { spec: { ends_with: '.csv' }, stops: ['.csv ', 'csv'], passes: ['a.csv'] },
  not_ends_with: { spec: { not_ends_with: ['!', '?'] }, stops: ['a?'], passes: ['?a', null] },
  'length in characters': { spec: { length: { min: 2, max: 3 } }, stops: ['ä', 'abcd', '🔥'], passes: ['ää', '🔥🔥🔥', null] },
  'length, exactly': { spec: { length: { equals: 2 } }, stops: ['a', 'abc'], passes: ['ab'] },
  'length, above and below': { spec: { length: { above: 1, below: 3 } }, stops: ['a', 'abc'], passes: ['ab'] },
  'length in words': { spec: { length: { in: 'words', min: 2 } }, stops: ['über', '!! x'], passes: ['a b', 'één twee'] },
  'length in bytes': { spec: { length: { in: 'bytes', max: 3 } }, stops: ['ää', '🔥'], passes: ['äb', 'abc'] },
  'length through trim': { spec: { length: { min: 3 }, as: ['trim'] }, stops: [' ab '], passes: [' abc '] },
  'contains, except what another column has': {
    spec: { not_contains: { words: ['kfc', 'subway'], except_in: 'd' }, match: 'substring', as: ['lower'] },
    other: 'KFC Berlin',
    stops: ['Subway', 'kfc and subway'],
    passes: ['the kfc', 'x', null],
  },
  'contains, except in an empty column': {
    spec: { not_contains: { words: ['kfc'], except_in: 'd' } },
    other: null,
    stops: ['kfc'],
    passes: ['x'],
  },
  'contains two, except what another column has': {
    spec: { contains: { words: ['a', 'b', 'c'], at_least: 2, except_in: 'd' } },
    other: 'a',
    stops: ['a b'],
    passes: ['b c'],
  },
  'count of words': {
    spec: { count: { of: 'words', min: 2, max: 3 } },
    stops: ['a', 'a b c d', '!'],
    passes: ['a b', 'ä-ö ü', null],
  },
  'count of letters': { spec: { count: { of: 'letters', equals: 2 } }, stops: ['a1', 'abc'], passes: ['ä1b'] },
  'count of digits': { spec: { count: { of: 'digits', above: 2 } }, stops: ['12', 'Ⅻ'], passes: ['1a23'] },
  'count of symbols': { spec: { count: { of: 'symbols', below: 2 } }, stops: ['!!', 'a!?'], passes: ['a!', 'ä ö'] },
  'count of emoji': {
    spec: { count: { of: 'emoji', max: 1 } },
    stops: ['😀😀', '🔥 ☀️'],
    passes: ['👨‍👩‍👧', '👍🏽', '🇩🇪', 'a', '12#'],
  },
  'count of links': {
    spec: { count: { of: 'links', max: 0 } },
    stops: ['see HTTP://x', 'www.x.de'],
    passes: ['http:// x', 'www'],
  },
  'count of e-mails': { spec: { count: { of: 'emails', max: 1 } }, stops: ['a@b.de c@d.co.uk'], passes: ['a@b.de c@d', null] },
  'count of phones': {
    spec: { count: { of: 'phones', max: 0 } },
    stops: ['call 555-123-4567', '+49 30 123456'],
    passes: ['12 34', 'in 2024'],
  },
  'count of hashtags': { spec: { count: { of: 'hashtags', max: 1 } }, stops: ['#a #ü1'], passes: ['#a #', '# b'] },
  'count of mentions': { spec: { count: { of: 'mentions', max: 1 } }, stops: ['@a @b.c'], passes: ['@a @'] },
  'count of lines': { spec: { count: { of: 'lines', max: 2 } }, stops: ['a\nb\r\nc'], passes: ['a\nb\n'] },
  'count of a list, whole words side by side': {
    spec: { count: { of: { list: 'stars' }, max: 2 } },
    stops: ['Ann Ann Joe', 'Ann,Ann,Ann'],
    passes: ['Ann Joe', 'Anna Anne Joey', null],
  },
  'count of a list, parts of words': {
    spec: { count: { of: { list: 'stars' }, max: 1 }, match: 'substring' },
    stops: ['Anna Joey'],
    passes: ['Anna', 'ann joe'],
  },
  'count of a list in a file': {
    spec: { count: { of: { file: 'brands.txt' }, below: 1 } },
    stops: ['by Acme'],
    passes: ['Acmes'],
  },
  'share of a list': { spec: { share: { of: { list: 'stars' }, max: '50%' } }, stops: ['Ann Joe'], passes: ['Ann to', 'Anna'] },
  'repeats of a list': {
    spec: { repeats: { of: { list: 'stars' }, max: 1 } },
    stops: ['Ann and Ann'],
    passes: ['Ann and Joe', 'and and'],
  },
  'average length of a list': {
    spec: { average_length: { of: { file: 'brands.txt' }, max: 5 } },
    stops: ['Acme Initech'],
    passes: ['Acme', 'none at all'],
  },
  'count of matches': { spec: { count: { of: { matches: 'ab?' }, max: 2 } }, stops: ['a ab a'], passes: ['ab a'] },
  'share of a class': { spec: { share: { of: { matches: '[a-z]' }, min: '50%' } }, stops: ['a12'], passes: ['ab12', null] },
  'share of matches': { spec: { share: { of: { matches: 'ab' }, max: '50%' } }, stops: ['abab1'], passes: ['ab12', 'aabb'] },
  'share of letters': { spec: { share: { of: 'letters', above: '50%' } }, stops: ['ä1'], passes: ['äö1'] },
  'repeats of words, times': {
    spec: { repeats: { of: 'words', longer_than: 2, max: 2 } },
    stops: ['the the the', 'abc x abc abc'],
    passes: ['the the', 'ab ab ab', 'The the THE', null, '!'],
  },
  'repeats of words, share': { spec: { repeats: { of: 'words', max: '50%' } }, stops: ['a a b'], passes: ['a b', 'a a b c'] },
  'repeats of letters in each word': {
    spec: { repeats: { of: 'letters', in_each: 'word', longer_than: 3, max: '50%' } },
    stops: ['ok baaa', 'aaaa'],
    passes: ['aaa', 'abab', 'aabb ccdd'],
  },
  'repeats, both': { spec: { repeats: { of: 'letters', min: 2, max: '80%' } }, stops: ['ab', 'aa'], passes: ['aab', null] },
  average_length: {
    spec: { average_length: { of: 'words', max: 3 } },
    stops: ['abcd', 'a abcdef'],
    passes: ['abc', 'a abcde', '!', null],
  },
  'nulls: fail': { spec: { in: ['a'], nulls: 'fail' }, stops: [null, '', 'b'], passes: ['a'] },
  'nulls: fail, turned round': { spec: { not_in: ['a'], nulls: 'fail' }, stops: [null, 'a'], passes: ['b'] },
}

describe('compileChecks', () => {
  const rows = Object.entries(CASES).flatMap(([name, item]) => [
    ...item.stops.map((value) => ({ name, item, value, verb: 'stops' })),
    ...item.passes.map((value) => ({ name, item, value, verb: 'lets through' })),
  ])
  test.each(rows)('$name $verb $value', async ({ item, value, verb }) => {
    const types = {
      ...(item.type === undefined ? {} : { c: item.type }),
      ...(item.otherType === undefined ? {} : { d: item.otherType }),
    }
    const env = testEnv(['c', 'd'], { types, lists: { stars: ['Ann', 'Joe'] }, projectDir })
    const violated = await violatedChecks(database, {
      spec: item.spec,
      row: { c: value, d: item.other ?? null },
      column: 'c',
      env,
    })
    expect(violated.length > 0).toBe(verb === 'stops')
  })

  test('has a case for every check, with something it stops and something it lets through', () => {
    const tested = new Set(
      Object.values(CASES)
        .filter(({ stops, passes }) => stops.length > 0 && passes.length > 0)
        .flatMap(({ spec }) => Object.keys(spec)),
    )
    expect(Object.keys(checkShape).filter((check) => !tested.has(check))).toEqual([])
  })

  test.each(['id', 'integer'] as const)('finds a value among many thousands, as %s', async (type) => {
    const env = testEnv(['c'], { types: { c: type } })
    const spec = { in: Array.from({ length: 20_000 }, (_, index) => (type === 'id' ? `x'${index}` : `0${index}`)) }
    const cell = (index: number): string => (type === 'id' ? `x'${index}` : String(index))
    const violated = (value: string | null) => violatedChecks(database, { spec, row: { c: value }, column: 'c', env })
    expect([await violated(cell(19_999)), await violated(cell(20_000)), await violated(null)]).toEqual([[], ['in'], []])
  })

  test('looks for many thousands of words without taking for ever', async () => {
    const env = testEnv(['c'])
    const words = Array.from({ length: 5_000 }, (_, index) => `word${(index * 7919).toString(36)}`)
    const violated = (value: string, match: string) =>
      violatedChecks(database, { spec: { not_contains: words, match }, row: { c: value }, column: 'c', env })
    const long = 'nothing to be found here. '.repeat(200)
    expect(await violated(`${long}${words[4999] ?? ''}`, 'word')).toEqual(['not_contains'])
    expect(await violated(`${long}x${words[4999] ?? ''}x`, 'word')).toEqual([])
    expect(await violated(`${long}x${words[2500] ?? ''}x`, 'substring')).toEqual(['not_contains'])
  }, 5000)

  test('reports all that is wrong with a value', async () => {
    const env = testEnv(['c'])
    expect(
      await violatedChecks(database, {
        spec: { type: 'integer', length: { max: 2 }, in: ['1'] },
        row: { c: 'abc' },
        column: 'c',
        env,
      }),
    ).toEqual(['type', 'in', 'length'])
  })

  test.each([
    [{ in: { list: 'none' } }, 'there is no list "none"'],
    [{ in: { file: 'none.txt' } }, 'the list file none.txt does not exist'],
    [{ in: { file: 'bots.csv#handel' } }, 'the list file bots.csv has no column "handel"'],
    [{ max: { column: 'x' } }, 'the input has no column "x"'],
    [{ max: 'many' }, '"many" is neither a number, a date, a duration nor a share'],
  ])('refuses %j', async (spec, message) => {
    const env = testEnv(['c'], { lists: { stars: ['a'] }, projectDir })
    await expect(violatedChecks(database, { spec, row: { c: 'x' }, column: 'c', env })).rejects.toThrow(message)
  })

  test('refuses a value that a typed column cannot have', async () => {
    const env = testEnv(['c'], { types: { c: 'integer' } })
    await expect(violatedChecks(database, { spec: { in: ['x'] }, row: { c: '1' }, column: 'c', env })).rejects.toThrow('"x"')
  })
})
