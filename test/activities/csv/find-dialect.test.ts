import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Dialect, dialectYaml, PLAIN } from '../../../activities/csv/dialect.ts'
import { type CsvBench, openBench, readCsv } from './read-csv.ts'

let bench: CsvBench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const utf16be = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()

describe('the encoding', () => {
  test.each([
    ['UTF-8', Buffer.from('a,b\n1,é€😀\n'), 'utf-8', 'é€😀', 4],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffa,b\n1,é€😀\n'), 'utf-8', 'é€😀', 7],
    ['ASCII', Buffer.from('a,b\n1,x\n'), 'utf-8', 'x', 4],
    ['Windows-1252', Buffer.from('612c620a312c9280e90a', 'hex'), 'windows-1252', '’€é', 4],
    [
      'Latin-1 with a control character that Windows-1252 lacks',
      Buffer.from('612c620a312c81e90a', 'hex'),
      'latin-1',
      '\u0081é',
      4,
    ],
    ['UTF-16 LE', Buffer.from('\ufeffa,b\n1,é€😀\n', 'utf16le'), 'utf-16le', 'é€😀', 10],
    ['UTF-16 BE', utf16be('a,b\n1,é€😀\n'), 'utf-16be', 'é€😀', 10],
    ['UTF-16 LE without a mark', Buffer.from('a,b\n1,plain text\n', 'utf16le'), 'utf-16le', 'plain text', 8],
  ])('%s is found, and the byte offset is that of the file', async (...[, bytes, encoding, cell, byte]) => {
    const read = await readCsv(bench, bytes)
    expect(read.dialect.encoding).toBe(encoding)
    expect(read.columns).toEqual(['a', 'b'])
    expect(read.rows).toEqual([['1', cell]])
    expect(read.places).toEqual([[1, 2, byte]])
  })

  test('a file that turns out not to be UTF-8 far behind its beginning is read again', async () => {
    const ascii = Buffer.from(`a,b\n${'1,plain\n'.repeat(300_000)}`)
    const read = await readCsv(bench, Buffer.concat([ascii, Buffer.from('2,caf\xe9\n', 'latin1')]))
    expect(read.dialect.encoding).toBe('windows-1252')
    expect(read.rows.at(-1)).toEqual(['2', 'café'])
    expect(read.records).toBe(300_001)
  })

  const among = (cell: string): Buffer =>
    Buffer.from(`a,b\n${'1,plain text\n'.repeat(150)}2,${cell}\n${'3,more text\n'.repeat(150)}`, 'latin1')

  test.each([
    ['a byte that no text has', 'na\xffme'],
    ['a byte that Windows-1252 lacks', 'na\x81me'],
    ['the first half of a character of UTF-8', 'caf\xc3'],
    ['a mark inside a word', 'na\xb3me'],
    ['a loose byte beside a character of UTF-8', 'caf\xc3\xa9 \xe9t'],
  ])('%s among hundreds of records in ASCII is damage: its record is rejected', async (_, cell) => {
    const read = await readCsv(bench, among(cell))
    expect(read.dialect.encoding).toBe('utf-8')
    expect(read.bad).toMatchObject([{ rule: 'invalid_byte', record: 151 }])
    expect(read.rows).toHaveLength(300)
    expect(read.warnings).toEqual([expect.stringMatching(/1 record is rejected .* encoding:$/)])
  })

  test.each([
    ['a word', 'caf\xe9', 'café'],
    ['a word in capitals', 'CAF\xc9', 'CAFÉ'],
    ['a price', '5 \x80', '5 €'],
    ['an apostrophe', 'it\x92s', 'it’s'],
    ['a name in guillemets', '\xabGr\xfcn\xbb', '«Grün»'],
  ])('%s in Windows-1252 among hundreds of records in ASCII is read as what it is', async (_, cell, text) => {
    const read = await readCsv(bench, among(cell))
    expect(read.dialect.encoding).toBe('windows-1252')
    expect(read.bad).toEqual([])
    expect(read.rows[150]).toEqual(['2', text])
  })

  test('an odd byte far behind the beginning of a file in ASCII is damage as well', async () => {
    const ascii = Buffer.from(`a,b\n${'1,plain\n'.repeat(300_000)}`)
    const read = await readCsv(bench, Buffer.concat([ascii, Buffer.from('2,na\xffme\n', 'latin1')]))
    expect(read.dialect.encoding).toBe('utf-8')
    expect(read.bad).toMatchObject([{ rule: 'invalid_byte', record: 300_001 }])
  })

  test('a pinned encoding is not corrected', async () => {
    const read = await readCsv(bench, Buffer.from('a,b\n1,caf\xe9\n2,x\n', 'latin1'), { pins: { encoding: 'utf-8' } })
    expect(read.bad.map(({ rule }) => rule)).toEqual(['invalid_byte'])
  })
})

describe('the dialect', () => {
  test.each<[string, string, Partial<Dialect>, readonly (string | null)[]]>([
    ['commas', 'a,b\n1,x\n2,y\n', { delimiter: ',' }, ['1', 'x']],
    ['semicolons with decimal commas', 'a;b\n1,5;2,5\n3,5;4,5\n', { delimiter: ';' }, ['1,5', '2,5']],
    ['semicolons with text full of commas', 'a;b\nx, y, z;1\nu, v;2\nw;3\n', { delimiter: ';' }, ['x, y, z', '1']],
    ['tabs', 'a\tb\n1\tx,y\n2\tz\n', { delimiter: '\t' }, ['1', 'x,y']],
    ['pipes', 'a|b\n1|x\n2|y\n', { delimiter: '|' }, ['1', 'x']],
    ['one column', 'name\nAnn\nBob\n', { delimiter: ',' }, ['Ann']],
    ['the delimiter of a sep= line', 'sep=;\na;b\n1;x,y\n', { delimiter: ';' }, ['1', 'x,y']],
    ['apostrophes for quotes', "a,b\n'x, y',1\n'z',2\n", { quote: "'" }, ['x, y', '1']],
    ['apostrophes as apostrophes', "a,b\n'tis,1\nit's,2\n", { quote: '"' }, ["'tis", '1']],
    ['backslashes before quotes', 'a,b\n"say \\"yes\\", no",1\n"z",2\n', { escape: '\\' }, ['say "yes", no', '1']],
    ['inches', 'size,n\n5",1\n7",2\n9",3\n', { quote: null }, ['5"', '1']],
    ['numbers without a header', '1,2\n3,4\n5,6\n', { header: false }, ['1', '2']],
    ['years in a header', 'country,2019,2020\nDE,1,2\nFR,3,4\n', { header: true }, ['DE', '1', '2']],
  ])('%s', async (_, text, expected, first) => {
    const read = await readCsv(bench, text)
    expect(read.dialect).toMatchObject(expected)
    expect(read.rows[0]).toEqual(first)
    expect(read.malformedCount).toBe(0)
  })

  test('what is pinned is not guessed', async () => {
    const read = await readCsv(bench, 'a;b,c\n1;2,3\n', { pins: { delimiter: ',', header: false, quote: null } })
    expect(read.rows).toEqual([
      ['a;b', 'c'],
      ['1;2', '3'],
    ])
    expect(read.columns).toEqual(['column1', 'column2'])
  })

  test('expected columns tell a header of numbers from data', async () => {
    expect((await readCsv(bench, '1,2\n3,4\n', { expectedColumns: ['2'] })).columns).toEqual(['1', '2'])
  })

  test('is written as lines that pin it', () => {
    expect(dialectYaml({ ...PLAIN, encoding: 'utf-8', delimiter: '\t', escape: '\\', header: true })).toEqual([
      'encoding: utf-8',
      String.raw`delimiter: "\t"`,
      `quote: '"'`,
      String.raw`escape: '\'`,
      'header: true',
    ])
  })
})
