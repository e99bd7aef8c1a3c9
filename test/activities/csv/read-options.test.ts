import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dialect, DialectPins } from '../../../activities/csv/dialect.ts'
import { type CsvBench, openBench, readCsv } from './read-csv.ts'

let bench: CsvBench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

type Rows = readonly (readonly (string | null)[])[]

describe('lines that belong to no table', () => {
  test.each<[string, string, number, readonly string[]]>([
    ['a title', 'Sales by week\nid,name,n\n1,x,5\n2,y,6\n', 1, ['id', 'name', 'n']],
    ['a title, a note and a blank line', 'Sales\nas of 1.2.2024, by week\n\nid,name,n\n1,x,5\n2,y,6\n', 3, ['id', 'name', 'n']],
    [
      'names and values',
      'Account;DE12\n\nBalance;1.234,56\n\nday;text;sum;who\n1.1.;a;5;b\n2.1.;c;6;d\n',
      4,
      ['day', 'text', 'sum', 'who'],
    ],
    ['a title padded with delimiters', 'Report,,,\nid,name,n,m\n1,x,5,6\n2,y,6,7\n', 1, ['id', 'name', 'n', 'm']],
    ['lines with #', '# made by hand\n# twice, even\nid,name,n\n1,x,5\n', 2, ['id', 'name', 'n']],
    [
      'notes of several fields above numbers',
      'notes\nmore notes,...\nnumber,text,date\n345.0,A,2000-12-13\n',
      2,
      ['number', 'text', 'date'],
    ],
    ['nothing', 'id,name\n1,x\n2,y\n', 0, ['id', 'name']],
    ['a header that begins with #', '#,name\n1,x\n2,y\n', 0, ['#', 'name']],
    ['a header with a field too few', 'a,b\n1,2,3\n4,5,6\n', 0, ['a', 'b']],
  ])('above it are %s', async (_, text, skipLines, columns) => {
    const read = await readCsv(bench, text)
    expect(read.dialect.skipLines).toBe(skipLines)
    expect(read.columns).toEqual(columns)
    expect(read.lines.preamble).toBe(skipLines)
    const pinned = await readCsv(bench, text, { pins: { skipLines } })
    expect([pinned.rows, pinned.places, pinned.lines]).toEqual([read.rows, read.places, read.lines])
    expect(read.places.slice(0, 1).map(([, line]) => line)).toEqual(read.rows.slice(0, 1).map(() => skipLines + 2))
  })

  test('at its end are left out when asked, blank lines not counted', async () => {
    const text = 'id,n\r\n1,5\r\n2,6\r\n\r\nTotal,11\r\n(2 rows)\r\n\r\n'
    const read = await readCsv(bench, text, { pins: { skipFooter: 2 } })
    expect(read.rows).toEqual([
      ['1', '5'],
      ['2', '6'],
    ])
    expect(read.lines).toEqual({ blank: 1, comment: 0, preamble: 0, footer: 2 })
    expect((await readCsv(bench, text)).records).toBe(4)
  })

  test('are comments when asked, and records when not', async () => {
    const text = '# top\nid,n\n1,5\n# "between\n2,#6\n'
    const read = await readCsv(bench, text, { pins: { comment: '#' } })
    expect(read.rows).toEqual([
      ['1', '5'],
      ['2', '#6'],
    ])
    expect(read.lines).toMatchObject({ comment: 2, preamble: 0 })
    expect(read.places.map(([record, line]) => [record, line])).toEqual([
      [1, 3],
      [2, 5],
    ])
    expect((await readCsv(bench, text)).bad).toHaveLength(1)
  })

  test('all lines of a file are accounted for', async () => {
    const text = 'Title\n\nid,n,m\n1,"two\nlines",5\n# no\n\n2,x,6\nend\n'
    const { lines } = await readCsv(bench, text, { pins: { comment: '#', skipFooter: 1 } })
    expect(lines).toEqual({ blank: 1, comment: 1, preamble: 2, footer: 1 })
  })
})

describe('blank lines', () => {
  test('are records of a table with one column when asked', async () => {
    const read = await readCsv(bench, 'name\nAnn\n\nBob\n', { pins: { skipBlankLines: false, header: true } })
    expect([read.rows, read.lines.blank]).toEqual([[['Ann'], [null], ['Bob']], 0])
    expect((await readCsv(bench, 'name\nAnn\n\nBob\n')).rows).toHaveLength(2)
  })

  test('are too short for a table with more columns', async () => {
    const read = await readCsv(bench, 'a,b\n1,2\n\n3,4\n', { pins: { skipBlankLines: false } })
    expect(read.bad.map(({ rule, record, line }) => [rule, record, line])).toEqual([['too_few_fields', 2, 3]])
  })
})

describe('the habits of a file', () => {
  test.each<[string, string, Partial<Dialect>, Rows]>([
    [
      'blanks around quotes',
      'a, b\n1, "x, y"\n2, "z" \n3, "w"\n',
      { paddedQuotes: true },
      [
        ['1', 'x, y'],
        ['2', 'z'],
        ['3', 'w'],
      ],
    ],
    ['a blank behind a quote', 'a,"b,c" ,d\n1,2,3\n', { paddedQuotes: true }, [['1', '2', '3']]],
    ['quotes as minutes', 'place,at\nModesto,37.8"N 17.9"W\n', { strayQuotes: 'text' }, [['Modesto', '37.8"N 17.9"W']]],
    [
      'quotes inside quoted cells',
      `a,b\n${'1,"say "no" twice"\n2,"x"\n'.repeat(5)}`,
      { strayQuotes: 'text' },
      Array.from({ length: 5 }, () => [
        ['1', 'say "no" twice'],
        ['2', 'x'],
      ]).flat(),
    ],
    [
      'escapes without quotes',
      'a\tb\n1\tx\\\ty\n2\tz\\\tw\n',
      { quote: null, escape: '\\' },
      [
        ['1', 'x\ty'],
        ['2', 'z\tw'],
      ],
    ],
    [
      'doubled bars',
      'a||b\n1||x|\n'.replace('|\n', '\n') + '2||y\n',
      { delimiter: '||' },
      [
        ['1', 'x'],
        ['2', 'y'],
      ],
    ],
    ['unit separators', 'a\x1fb\n1\x1fx\n', { delimiter: '\x1f' }, [['1', 'x']]],
    [
      'lone CRs',
      'a,b\r1,x\r2,y\r',
      {},
      [
        ['1', 'x'],
        ['2', 'y'],
      ],
    ],
    [
      'line ends of all kinds',
      'a,b\r\n1,x\n2,y\r3,z\r\n',
      {},
      [
        ['1', 'x'],
        ['2', 'y'],
        ['3', 'z'],
      ],
    ],
  ])('%s', async (_, text, dialect, rows) => {
    const read = await readCsv(bench, text)
    expect(read.dialect).toMatchObject(dialect)
    expect(read.rows).toEqual(rows)
    expect(read.bad).toEqual([])
  })

  test('a single quote among sound records is a fault', async () => {
    const rows = Array.from({ length: 30 }, (_, index) => `${index},x,"y"`)
    rows[12] = '12,5" wide,"y"'
    const read = await readCsv(bench, `a,b,c\n${rows.join('\n')}\n`)
    expect(read.bad.map(({ rule, record }) => [rule, record])).toEqual([['stray_quote', 13]])
  })

  test.each<[string, DialectPins, string, Rows]>([
    [
      'a delimiter of two characters',
      { delimiter: ', ' },
      'a, b\n1, "x, y"\n2, z,w\n',
      [
        ['1', 'x, y'],
        ['2', 'z,w'],
      ],
    ],
    [
      'a delimiter that is no ASCII',
      { delimiter: '§' },
      'a§b\n1§x,"y\n2§z\n',
      [
        ['1', 'x,"y'],
        ['2', 'z'],
      ],
    ],
    [
      'stray quotes as text',
      { strayQuotes: 'text' },
      'a,b\n1,x\n2,5" wide\n3,y\n',
      [
        ['1', 'x'],
        ['2', '5" wide'],
        ['3', 'y'],
      ],
    ],
  ])('pinned: %s', async (_, pins, text, rows) => {
    const read = await readCsv(bench, text, { pins: pins.delimiter === '§' ? { ...pins, quote: null } : pins })
    expect([read.rows, read.bad]).toEqual([rows, []])
  })

  test('a delimiter of several characters is found across the border of two chunks', async () => {
    const text = `a~|~b\n${Array.from({ length: 200_000 }, (_, index) => `${index}~|~x "y"`).join('\n')}\n`
    const read = await readCsv(bench, text, { pins: { delimiter: '~|~', strayQuotes: 'text' } })
    expect([read.records, read.rows.at(-1), read.bad]).toEqual([200_000, ['199999', 'x "y"'], []])
  })
})

describe('a header and its records', () => {
  test.each<[string, string, readonly string[], number, RegExp | null]>([
    ['a delimiter at the end of each record', 'a,b\n1,2,\n3,4,\n', ['a', 'b', 'column3'], 2, /2 fields, most records have 3/],
    ['a delimiter at the end of the header', 'a,b,\n1,2\n3,4\n', ['a', 'b'], 2, /3 fields, most records have 2/],
    ['a name too few', 'a,b\n1,2,3\n4,5,6\n', ['a', 'b'], 0, /mend the header/],
    ['as many', 'a,b\n1,2\n3,4\n', ['a', 'b'], 2, null],
  ])('%s', async (...[, text, columns, rows, warning]) => {
    const read = await readCsv(bench, text)
    expect([read.columns, read.rows.length]).toEqual([columns, rows])
    expect(read.warnings.some((said) => warning?.test(said) ?? false)).toBe(warning !== null)
  })

  test('a first record that comes again and again is no header', async () => {
    const read = await readCsv(bench, 'x,y\nx,y\nz,w\nx,y\n')
    expect([read.dialect.header, read.records, read.bad]).toEqual([false, 4, []])
  })
})

describe('the number of records', () => {
  test('is limited, malformed ones included, and the whole file is hashed', async () => {
    const text = `a,b\n${'1,2\n3\n'.repeat(50)}`
    const [read, whole] = [await readCsv(bench, text, { limit: 5 }), await readCsv(bench, text)]
    expect([read.records, read.rows.length, read.bad.length]).toEqual([5, 3, 2])
    expect(read.inputs).toEqual(whole.inputs)
  })

  test('does not change when short records are filled', async () => {
    const read = await readCsv(bench, 'a,b,c\n1\n2,"x"\n3,y,z\n4,y,z,w\n', { fillShort: true })
    expect(read.rows).toEqual([
      ['1', null, null],
      ['2', 'x', null],
      ['3', 'y', 'z'],
    ])
    expect([read.shortRecords, read.records, read.bad.map(({ rule }) => rule)]).toEqual([2, 4, ['too_many_fields']])
  })
})
