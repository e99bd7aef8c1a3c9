import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, sqlText } from '../../../activities/duckdb.ts'
import type { ColumnType } from '../../../activities/vocabulary/column-type-schema.ts'
import { type TypeOptions, typedColumn } from '../../../activities/vocabulary/column-types.ts'
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
    options: { formats: ['%d.%m.%Y', '%Y/%m/%d'] },
    values: { '29.02.2024': '2024-02-29', '2024/02/29': '2024-02-29', '30.02.2024': null, '2024-02-29': null },
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
  percent: { type: 'percent', values: { '3 %': '0.03', '3%': '0.03', '-1.5%': '-0.015', '3': null, '%': null, '3 % x': null } },
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
