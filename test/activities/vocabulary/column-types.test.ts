import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, sqlText } from '../../../activities/duckdb.ts'
import type { ColumnType } from '../../../activities/vocabulary/column-type-schema.ts'
import { normalText, type TypeOptions, typedColumn } from '../../../activities/vocabulary/column-types.ts'
import { openTestDatabase, valueOf } from './evaluate.ts'

let database: Database
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())

/** Text, and what it is read as; null: refused. */
const CASES: Record<string, { type: ColumnType; options?: TypeOptions; values: Record<string, string | null> }> = {
  text: { type: 'text', values: { x: 'x', ' 1 ': ' 1 ' } },
  id: { type: 'id', values: { '7506832682593094928': '7506832682593094928', '007': '007', '7.5E+18': '7.5E+18' } },
  integer: {
    type: 'integer',
    values: {
      '0': '0',
      '-5': '-5',
      '+5': '5',
      '007': '7',
      '12345.0': '12345',
      '5.': '5',
      '9007199254740993.0': '9007199254740993',
      '9223372036854775807': '9223372036854775807',
      '9223372036854775808': null,
      '1.5': null,
      '0x1F': null,
      '1_000': null,
      '7.12E+18': null,
      '1e3': null,
      ' 1': null,
      '1 ': null,
      '': null,
      '-': null,
      '1,000': null,
      '１': null,
      NaN: null,
      '1\n': null,
    },
  },
  decimal: {
    type: 'decimal',
    values: {
      '1.5': '1.5',
      '.5': '0.5',
      '5.': '5.0',
      '-1e3': '-1000.0',
      '1E+2': '100.0',
      '1e999': null,
      inf: null,
      nan: null,
      '1_000.5': null,
      '1,5': null,
      '1.5.1': null,
      '0x1p3': null,
      ' 1.5': null,
      '1.5\n': null,
      '.': null,
    },
  },
  'decimal with a comma': {
    type: 'decimal',
    options: { decimal: ',', group: '.' },
    values: {
      '1.234,5': '1234.5',
      '1234,5': '1234.5',
      '1.234.567': '1234567.0',
      '1.23,5': null,
      '1,234.5': null,
      '1.5': null,
      '12': '12.0',
    },
  },
  'integer with groups': {
    type: 'integer',
    options: { group: ',' },
    values: { '1,000': '1000', '1,00': null, '1000': '1000', '1,000,000': '1000000', ',100': null, '1.5': null },
  },
  'integer with units': {
    type: 'integer',
    options: { units: true },
    values: { '541.2K': '541200', '1.4M': '1400000', '2b': '2000000000', '1.2345K': null, '12': '12', K: null, '1T': null },
  },
  'integer with spaces between groups': {
    type: 'integer',
    options: { group: 'space' },
    values: {
      '1 234 567': '1234567',
      '1\u00a0234': '1234',
      '1\u202f234': '1234',
      '12 34': null,
      '1 ': null,
      ' 123': null,
      '1  234': null,
    },
  },
  'decimal with apostrophes': {
    type: 'decimal',
    options: { group: 'apostrophe' },
    values: { "1'234.5": '1234.5', '1’234': '1234.0', "12'34": null, "1'234'5": null, '1,5': null },
  },
  'integer with all of it': {
    type: 'integer',
    options: { decimal: ',', group: '.', units: true },
    values: {
      '1,4M': '1400000',
      '1.234,5K': '1234500',
      '541.2K': null,
      '1.4M': null,
      '-2b': '-2000000000',
      '+0,5k': '500',
      '0,0001K': null,
      '1,0': '1',
      '1,5': null,
      '1.234': '1234',
      '9.223.372.036.854.775.807': '9223372036854775807',
      '9.223.372.036.854.775.808': null,
      '0x1F': null,
      '1_000': null,
      NaN: null,
      Infinity: null,
      '１.２３４': null,
      '1K M': null,
      '1 K': null,
      '.234': null,
      '1..234': null,
      '1.234,': null,
    },
  },
  'decimal with units': {
    type: 'decimal',
    options: { units: true },
    values: {
      '541.2K': '541200.0',
      '1.2345K': '1234.5',
      '0.1': '0.1',
      '.5K': '500.0',
      '1e3': '1000.0',
      '1e3K': null,
      '007K': '7000.0',
    },
  },
  'percent with a comma': {
    type: 'percent',
    options: { decimal: ',', group: '.' },
    values: { '3,3\u00a0%': '0.033', '3 %': '0.03', '1.234,5%': '12.345', '3.3 %': null, '3,3': null, '-0,5 %': '-0.005' },
  },
  'boolean by words': {
    type: 'boolean',
    options: { true_words: ['ja', 'Oui'], false_words: ['nein'] },
    values: { JA: 'true', oui: 'true', nein: 'false', true: 'true', False: 'false', yes: null, '1': null, 'ja ': null },
  },
  boolean: { type: 'boolean', values: { true: 'true', YES: 'true', '1': 'true', n: 'false', '0': 'false', '2': null, ja: null } },
  date: {
    type: 'date',
    values: {
      '2024-02-29': '2024-02-29',
      '2023-02-29': null,
      '2024-2-9': null,
      '24-02-09': null,
      '2024-02-29 10:00': null,
      today: null,
      epoch: null,
    },
  },
  'date by formats': {
    type: 'date',
    options: { format: ['%d.%m.%Y', '%Y/%m/%d'] },
    values: {
      '29.02.2024': '2024-02-29',
      '2024/02/29': '2024-02-29',
      '1.2.2024': '2024-02-01',
      '30.02.2024': null,
      '2024-02-29': null,
      '29.02.24': null,
      ' 29.02.2024': null,
      '29.02.2024 ': null,
      '29.02.2024x': null,
      '29,02,2024': null,
      '29.02.02024': null,
      '２９.02.2024': null,
    },
  },
  'date by formats that overlap': {
    type: 'date',
    options: { format: ['%d/%m/%Y', '%m/%d/%Y'] },
    values: { '02/03/2024': '2024-03-02', '02/13/2024': '2024-02-13', '13/13/2024': null },
  },
  'date by names': {
    type: 'date',
    options: { format: ['%d %b %Y', '%B %d, %Y', '%y%j'] },
    values: { '1 feb 2024': '2024-02-01', 'March 5, 2024': '2024-03-05', '24060': '2024-02-29', '1 Fbr 2024': null },
  },
  'datetime by formats': {
    type: 'datetime',
    options: { format: ['%d.%m.%Y %H:%M', '%Y-%m-%d %H:%M:%S%z', '%Y-%m-%d %H:%M %Z', '%m/%d/%Y %I:%M:%S.%f %p'] },
    values: {
      '31.12.2024 23:59': '2024-12-31 23:59:00',
      '31.12.2024 24:00': null,
      '31.12.2024': null,
      '2024-01-01 10:00:00+02:00': '2024-01-01 08:00:00',
      '2024-01-01 10:00:00+0230': '2024-01-01 07:30:00',
      '2024-01-01 10:00:00Z': '2024-01-01 10:00:00',
      '2024-01-01 10:00:00': null,
      '2024-07-01 10:00 Europe/Berlin': '2024-07-01 08:00:00',
      '2024-07-01 10:00 Nowhere': null,
      '1/2/2024 10:05:00.25 PM': '2024-01-02 22:05:00.25',
      '13/2/2024 10:05:00.25 PM': null,
    },
  },
  datetime: {
    type: 'datetime',
    values: {
      '2024-01-01': '2024-01-01 00:00:00',
      '2024-01-01 10:00': '2024-01-01 10:00:00',
      '2024-01-01T10:00:00+02:00': '2024-01-01 08:00:00',
      '2024-01-01T10:00:00.5Z': '2024-01-01 10:00:00.5',
      '2024-01-01 24:00': null,
      '2024-02-30 10:00': null,
      '2024-01-01T10:00:00+2': null,
      now: null,
    },
  },
  duration: {
    type: 'duration',
    values: {
      '01:05': '65.0',
      '1:02:03': '3723.0',
      '1h30m': '5400.0',
      '90s': '90.0',
      '500 ms': '0.5',
      PT1H5M: '3900.0',
      P1D: '86400.0',
      '65': null,
      P: null,
      '1:75': null,
      x: null,
      '': null,
    },
  },
  percent: {
    type: 'percent',
    values: {
      '3.3%': '0.033',
      '3\u00a0%': '0.03',
      '.5%': '0.005',
      '3 %': '0.03',
      '3%': '0.03',
      '-1.5%': '-0.015',
      '3': null,
      '%': null,
      '3 % x': null,
    },
  },
  email: {
    type: 'email',
    values: {
      'a.b+c@x-y.de': 'a.b+c@x-y.de',
      'jörg@müller.de': 'jörg@müller.de',
      'a@b': null,
      'a b@c.de': null,
      '@x.de': null,
      'a..b@x.de': null,
      'a@x..de': null,
      'a@x.de ': null,
    },
  },
  url: {
    type: 'url',
    values: {
      'https://x.de/a?b=1': 'https://x.de/a?b=1',
      'HTTP://x': 'HTTP://x',
      'www.x.de': null,
      'https://': null,
      'https://x y': null,
    },
  },
  enum: { type: 'enum', options: { values: ['a', "b'"] }, values: { a: 'a', "b'": "b'", A: null } },
}

describe('typedColumn', () => {
  const all = Object.entries(CASES).flatMap(([name, { type, options, values }]) =>
    Object.entries(values).map(([text, expected]) => ({ name, type, options, text, expected })),
  )
  test.each(all)('reads $text as $name: $expected', async ({ type, options, text, expected }) => {
    const typed = typedColumn(type, `CAST(${sqlText(text)} AS VARCHAR)`, options)
    expect(await valueOf(database, `SELECT CAST(${typed.value} AS VARCHAR)`)).toBe(expected)
    expect(await valueOf(database, `SELECT coalesce(${typed.valid}, FALSE)`)).toBe(expected !== null)
    expect(await valueOf(database, `SELECT typeof(${typed.value})`)).toBe(typed.sqlType)
  })

  test.each(Object.values(CASES))('leaves NULL alone as $type', async ({ type, options }) => {
    const typed = typedColumn(type, 'CAST(NULL AS VARCHAR)', options)
    expect(await valueOf(database, `SELECT ${typed.value}`)).toBeNull()
  })
})

describe('normalText', () => {
  test.each([
    [
      'integer',
      { decimal: ',', group: '.', units: true },
      { '1.234': '1234', '1,4M': '1400000', '007': '007', '+5': '+5', '-0,5K': '-500', '0K': '0' },
    ],
    [
      'decimal',
      { decimal: ',', group: 'space' },
      { '1 234,50': '1234.50', '0,1': '0.1', ',5': '.5', '123456789012345678,9': '123456789012345678.9' },
    ],
    [
      'decimal',
      { units: true },
      { '12345678901234567890.123456789012345K': '12345678901234567890123.456789012345', '1.10': '1.10' },
    ],
    ['percent', { decimal: ',' }, { '3,5\u00a0%': '3.5 %', '3,5%': '3.5%' }],
    ['date', { format: ['%d.%m.%Y'] }, { '1.2.2024': '2024-02-01' }],
    [
      'datetime',
      { format: ['%d.%m.%Y %H:%M', '%Y%m%d %H:%M %z'] },
      { '1.2.2024 9:05': '2024-02-01T09:05:00', '20240201 09:05 +0100': '2024-02-01T08:05:00Z' },
    ],
    ['boolean', { true_words: ['ja'] }, { Ja: 'true', NO: 'false' }],
  ] as const)('of %s by %j', async (type, options, values) => {
    for (const [text, expected] of Object.entries(values)) {
      const normal = normalText(type, `CAST(${sqlText(text)} AS VARCHAR)`, options) ?? ''
      expect(await valueOf(database, `SELECT ${normal}`)).toBe(expected)
      // What comes out is of the type to whoever is told nothing else.
      expect(await valueOf(database, `SELECT ${typedColumn(type, sqlText(expected)).valid}`)).toBe(true)
    }
  })

  test.each(['integer', 'decimal', 'percent', 'date', 'datetime', 'boolean', 'text', 'id', 'duration'] as const)(
    'has nothing to say of %s without options',
    (type) => {
      expect(normalText(type, 'x', { decimal: '.', group: 'none', units: false })).toBeNull()
    },
  )
})
