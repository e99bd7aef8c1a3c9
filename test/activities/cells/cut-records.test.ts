import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CellBatch, VERBATIM } from '../../../activities/cells/cell-batch.ts'
import { CsvBuffer } from '../../../activities/cells/csv-buffer.ts'
import { type CutOptions, RecordCutter } from '../../../activities/cells/cut-records.ts'

function cut(text: string, options: Partial<CutOptions> & { readonly width: number }, limit?: number) {
  const bytes = Buffer.from(`${text}?`)
  const batch = new CellBatch(options.width, bytes)
  const place = { record: 0, line: 1, byte: 0 }
  const cutter = new RecordCutter({ delimiter: 0x2c, quoted: true, headerText: null, ...options })
  const end = cutter.cut(batch, 0, limit ?? bytes.length - 1, place)
  batch.used = end
  return { batch, end, place, text }
}

function cellsOf(batch: CellBatch): string[][] {
  return Array.from({ length: batch.count }, (_, row) =>
    Array.from({ length: batch.width }, (_, column) => {
      const cell = row * batch.width + column
      const [from, end] = [batch.cellStarts[cell] ?? 0, batch.cellEnds[cell] ?? 0]
      const text = batch.bytes.toString('utf8', from, end < 0 ? ~end : end)
      return end < 0 ? text.replaceAll('""', '"') : text
    }),
  )
}

/** The records as we write them, whatever stood verbatim. */
function written(batch: CellBatch): string {
  const buffer = new CsvBuffer()
  for (let row = 0; row < batch.count; row += 1) {
    if (batch.flags[row] === VERBATIM) buffer.addVerbatim(batch, row)
    else buffer.addRecord(batch, row)
  }
  buffer.endRun()
  return buffer.filled.toString()
}

const cell = fc.oneof(fc.constantFrom('', 'a', 'é', '😀', '#', 'a"b', '"', ' x ', 'a,b', 'a;b', 'a\nb', 'a\r\nb'), fc.string())
const tables = fc
  .integer({ min: 2, max: 4 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }))

describe('RecordCutter', () => {
  test.each([',', ';'])(
    'finds the cells that csv-parse finds, separated by %s, and what it writes reads the same',
    (delimiter) => {
      const quoting = fc.func(fc.boolean())
      fc.assert(
        fc.property(tables, quoting, fc.constantFrom('\n', '\r\n'), (rows, alsoQuoted, lineEnd) => {
          const field = (text: string) => (/[",;\r\n]/.test(text) || alsoQuoted(text) ? `"${text.replaceAll('"', '""')}"` : text)
          const text = rows.map((row) => row.map(field).join(delimiter) + lineEnd).join('')
          // A lone CR, a NUL and the like are left to the reader that knows them.
          if (/\r(?!\n)|\0/.test(text)) return
          const { batch, end } = cut(text, { width: rows[0]?.length ?? 0, delimiter: delimiter.charCodeAt(0) })
          expect(end).toBe(Buffer.byteLength(text))
          expect(cellsOf(batch)).toEqual(rows)
          expect(parse(written(batch), { relax_column_count: false })).toEqual(rows)
          const again = cut(written(batch), { width: rows[0]?.length ?? 0 })
          expect(again.batch.flags.subarray(0, again.batch.count).every((flag) => flag === VERBATIM)).toBe(true)
        }),
        { numRuns: 300 },
      )
    },
  )

  test.each([
    ['a stray quote', 'c"d,e\n'],
    ['text behind a closing quote', '"c"d,e\n'],
    ['too few fields', 'c\n'],
    ['too many fields', 'c,d,e\n'],
    ['a NUL', 'c\0,d\n'],
    ['a lone CR', 'c,d\re,f\n'],
    ['a lone CR in quotes', '"c\rd",e\n'],
    ['a blank line', '\n'],
    ['a comment', '#c,d\n'],
    ['the header', 'h,i\n'],
    ['an unclosed quote', '"c,d\ne,f\n'],
    ['no line end', 'c,d'],
  ])('stops before %s', (_, unusual) => {
    const { batch, end, place } = cut(`a,b\n"1\n2",3\n${unusual}`, { width: 2, comment: 0x23, headerText: Buffer.from('h,i') })
    expect(end).toBe(12)
    expect(cellsOf(batch)).toEqual([
      ['a', 'b'],
      ['1\n2', '3'],
    ])
    expect(place).toEqual({ record: 2, line: 4, byte: 12 })
    expect([...batch.lines.subarray(0, 2)]).toEqual([1, 2])
  })

  test('stops before a record that the limit cuts in two, wherever that is', () => {
    const text = 'ab,"c ""d"""\r\nef,gh\r\n'
    for (let limit = 0; limit <= text.length; limit += 1) {
      const { end } = cut(text, { width: 2 }, limit)
      expect(end).toBe(limit < 14 ? 0 : limit < 21 ? 14 : 21)
    }
  })

  test('leaves bytes above ASCII to others where the encoding is none of UTF-8', () => {
    expect(cut('a,b\nc,é\n', { width: 2, asciiOnly: true }).end).toBe(4)
    expect(cut('a,b\n"é",d\n', { width: 2, asciiOnly: true }).end).toBe(4)
  })

  test('leaves a quote to others where nothing is quoted, since it has to be quoted in what is written', () => {
    expect(cut('a,b\nc,d"\n', { width: 2, quoted: false }).end).toBe(4)
    expect(cut('a,b\n"c",d\n', { width: 2, quoted: false }).end).toBe(4)
  })

  test('takes whatever stands in a file of ours', () => {
    expect(cellsOf(cut('"a\rb",c\0\n', { width: 2, ours: true }).batch)).toEqual([['a\rb', 'c\0']])
  })
})
