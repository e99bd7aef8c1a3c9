import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CsvBench, openBench, readCsv } from './read-csv.ts'

let bench: CsvBench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

describe('loadCsv', () => {
  test('keeps rows in order, with record, line and byte of each', async () => {
    const text = 'a,b\n1,x\n\n2,"y\nz"\n3,"q""q"\n'
    const read = await readCsv(bench, text)
    expect(read.rows).toEqual([
      ['1', 'x'],
      ['2', 'y\nz'],
      ['3', 'q"q'],
    ])
    expect(read.places).toEqual([
      [1, 2, 4],
      [2, 4, 9],
      [3, 6, text.indexOf('3,')],
    ])
    expect(read).toMatchObject({ records: 3, lines: { blank: 1 }, malformedCount: 0, columns: ['a', 'b'] })
    expect(read.inputs).toEqual([
      { path: 'input.csv', bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') },
    ])
  })

  test('reads empty cells as NULL, quoted ones too', async () => {
    expect((await readCsv(bench, 'a,b,c\n1,,""\n')).rows).toEqual([['1', null, null]])
  })

  test('reads identifiers of any length as they are written', async () => {
    const id = '7506832682593094928123456789'
    expect((await readCsv(bench, `id,n\n${id},007\n1e3,1.10\n`)).rows).toEqual([
      [id, '007'],
      ['1e3', '1.10'],
    ])
  })

  test.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('counts records and lines with line end %s', async (_, eol) => {
    const read = await readCsv(bench, ['a,b', '1,"x', 'y"', '2,z', ''].join(eol))
    expect(read.rows).toEqual([
      ['1', `x${eol}y`],
      ['2', 'z'],
    ])
    expect(read.places.map(([record, line]) => [record, line])).toEqual([
      [1, 2],
      [2, 4],
    ])
  })

  test('reads line ends of all kinds in one file, and a last line without one', async () => {
    const read = await readCsv(bench, 'a,b\r\n1,x\n2,y\r3,z')
    expect(read.rows.map(([a]) => a)).toEqual(['1', '2', '3'])
    expect(read.places.map(([, line]) => line)).toEqual([2, 3, 4])
  })

  test('reads a file that is many times larger than a slice, in order', async () => {
    const body = Array.from(
      { length: 400_000 },
      (_, index) => `${index},"some text, number ${index}","and\nmore of it ${'x'.repeat(40)}"`,
    )
    const read = await readCsv(bench, `n,a,b\n${body.join('\n')}\n`)
    expect(read.records).toBe(400_000)
    expect(read.rows.every(([n], index) => n === String(index))).toBe(true)
    expect(read.places.every(([record, line], index) => record === index + 1 && line === 2 + index * 2)).toBe(true)
  })

  test('reads a cell of three megabytes', async () => {
    const long = 'word, "" '.repeat(350_000)
    const read = await readCsv(bench, `a,b\n1,"${long}"\n2,x\n`)
    expect(read.rows[0]?.[1]).toBe(long.replaceAll('""', '"'))
    expect(read.rows[1]).toEqual(['2', 'x'])
  })

  test('unpacks .gz on the way', async () => {
    const packed = gzipSync('a,b\n1,x\n')
    const read = await readCsv(bench, packed)
    expect(read.rows).toEqual([['1', 'x']])
    expect(read.inputs[0]?.sha256).toBe(createHash('sha256').update(packed).digest('hex'))
  })

  test('gives an empty table with the columns for a header alone', async () => {
    expect(await readCsv(bench, 'a,b,c\n')).toMatchObject({ records: 0, rows: [], columns: ['a', 'b', 'c'] })
  })

  test('names blank and repeated header fields and says so', async () => {
    const read = await readCsv(bench, 'id,,ID,__line\n1,2,3,4\n')
    expect(read.columns).toEqual(['id', 'column2', 'ID_2', '__line_2'])
    expect(read.warnings).toEqual([
      'column 2 has no name in the header; it is called column2',
      'column 3 has a name that is taken; it has _2 behind it',
      'column 4 has a name that is taken; it has _2 behind it',
    ])
  })

  test('keeps a header that begins with #', async () => {
    expect((await readCsv(bench, '#,a\n1,2\n#3,4\n')).rows).toEqual([
      ['1', '2'],
      ['#3', '4'],
    ])
  })

  test('leaves no file behind once it is discarded', async () => {
    await readCsv(bench, 'a,b\n1,2\n3\n')
    expect((await readdir(bench.dir)).filter((name) => name !== 'spill' && name !== 'input.csv')).toEqual([])
  })

  test('stops when it is aborted', async () => {
    const signal = AbortSignal.abort(new Error('stopped by a test'))
    await expect(readCsv(bench, `a,b\n${'1,2\n'.repeat(100_000)}`, { signal })).rejects.toThrow()
  })
})
