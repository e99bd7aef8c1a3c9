import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CsvBench, openBench, readCsv } from './read-csv.ts'

let bench: CsvBench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const good = (n: number): string => `${n},text ${n},"quoted, ${n}"`
const rowsAround = (damage: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(`id,a,b\n${good(1)}\n${good(2)}\n`), Buffer.from(damage), Buffer.from(`\n${good(4)}\n${good(5)}\n`)])

describe('loadCsv with one damaged record', () => {
  test.each([
    ['one field too many', '3,x,y,z', 'too_many_fields'],
    ['an empty field too many', '3,x,y,', 'too_many_fields'],
    ['a field too few', '3,x', 'too_few_fields'],
    ['a single word', 'oops', 'too_few_fields'],
    ['a quote inside a plain field', '3,x"y,z', 'stray_quote'],
    ['a quote at the end of a plain field', '3,xy",z', 'stray_quote'],
    ['text behind a closing quote', '3,"x" and more,z', 'text_after_quote'],
    ['a quote that is not doubled', '3,"he said "no" twice",z', 'text_after_quote'],
    ['a quote that is never closed', '3,"x,z', 'unclosed_quote'],
    ['a lost closing quote at the end', '3,x,"z', 'unclosed_quote'],
    ['a byte that is not UTF-8', Buffer.from('332c636166e92cff', 'hex'), 'invalid_byte'],
    ['a NUL character', '3,x\0y,z', 'nul_character'],
    ['the header again', 'id,a,b', 'repeated_header'],
    ['a missing field in a record of two lines', '3,"x\ny"', 'too_few_fields'],
  ])('rejects %s and nothing else', async (_, damage, rule) => {
    const input = rowsAround(damage)
    const read = await readCsv(bench, rule === 'invalid_byte' ? Buffer.concat([input, Buffer.from('6,é,ü\n7,ö,ß\n')]) : input)
    expect(read.bad.map(({ rule: found, record, line }) => [found, record, line])).toEqual([[rule, 3, 4]])
    expect(read.rows.slice(0, 4).map(([id]) => id)).toEqual(['1', '2', '4', '5'])
    expect(read.rows[2]).toEqual(['4', 'text 4', 'quoted, 4'])
    expect(read.records).toBe(read.rows.length + 1)
    expect(read.bad[0]?.byte).toBe(input.indexOf(damage, 6))
  })

  test('keeps the raw text of what could not be split', async () => {
    expect((await readCsv(bench, rowsAround('3,x,y,"z, ""zz"""'))).bad[0]).toMatchObject({
      raw: '3,x,y,"z, ""zz"""',
      message: 'has 4 fields where 3 are expected',
    })
  })

  test('says from which line to which when the record covers several', async () => {
    expect((await readCsv(bench, rowsAround('3,"x\ny\nz"'))).bad[0]?.message).toBe(
      'has 2 fields where 3 are expected (lines 4 to 6)',
    )
  })

  test('ends an unclosed quote behind the lines that belong to it', async () => {
    const read = await readCsv(bench, rowsAround('3,"two\nlines","open'))
    expect(read.bad.map(({ rule, record, line, raw }) => [rule, record, line, raw])).toEqual([
      ['unclosed_quote', 3, 4, '3,"two\nlines","open'],
    ])
    expect(read.rows.map(([id]) => id)).toEqual(['1', '2', '4', '5'])
  })

  test('an unclosed quote takes no neighbour in a file without another quote', async () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `${index},${index % 7},text ${index}`)
    lines[2_000] = '2000,6,"text 2000'
    const read = await readCsv(bench, `id,n,t\n${lines.join('\n')}\n`)
    expect(read.bad.map(({ rule, record, line }) => [rule, record, line])).toEqual([['unclosed_quote', 2001, 2002]])
    expect(read.rows).toHaveLength(4_999)
  })

  test('an unclosed quote in the last record takes no neighbour', async () => {
    const read = await readCsv(bench, `id,a,b\n${good(1)}\n2,"x,y`)
    expect(read.bad.map(({ rule, record, line, raw }) => [rule, record, line, raw])).toEqual([['unclosed_quote', 2, 3, '2,"x,y']])
  })

  test('two damaged records beside each other are two, though a cell across both would give the right number of fields', async () => {
    const sound = (n: number): string => `${n},a,"text ${n}",z`
    const damaged = ['3,a,"x" and more,z', '4a,"two\nlines",z']
    const read = await readCsv(bench, ['id,a,b,c', sound(1), sound(2), ...damaged, sound(5), ''].join('\n'))
    expect(read.bad.map(({ rule, record, line }) => [rule, record, line])).toEqual([
      ['text_after_quote', 3, 4],
      ['too_few_fields', 4, 5],
    ])
    expect(read.rows.map(([id]) => id)).toEqual(['1', '2', '5'])
  })

  test('many unclosed quotes are told apart', async () => {
    const lines = Array.from({ length: 2_000 }, (_, index) =>
      index % 10 === 3 ? `${index},"open ${index},x` : `${index},"fine",x`,
    )
    const read = await readCsv(bench, `id,a,b\n${lines.join('\n')}\n`)
    expect(read.bad.map(({ record }) => record)).toEqual(Array.from({ length: 200 }, (_, index) => index * 10 + 4))
  })

  test('damage across the border of two chunks is found', async () => {
    const filler = Array.from({ length: 30_000 }, (_, index) => `${index},"${'x'.repeat(index % 97)}",y`)
    filler[29_000] = '29000,"open,y'
    filler[12_345] = '12345,"a" b,y'
    const read = await readCsv(bench, `id,a,b\n${filler.join('\n')}\n`)
    expect(read.bad.map(({ rule, record }) => [rule, record])).toEqual([
      ['text_after_quote', 12_346],
      ['unclosed_quote', 29_001],
    ])
  })
})
