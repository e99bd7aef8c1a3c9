import type { CellBatch } from './cell-batch.ts'
import type { RowRange } from './row-range.ts'
import { ThriftWriter } from './thrift-compact.ts'

/** Encodings of the format: https://parquet.apache.org/docs/file-format/data-pages/encodings/ */
export const ENCODING = { plain: 0, rle: 3, dictionary: 8 } as const
const DATA_PAGE = 0
const QUOTE = 0x22
const DICTIONARY_PAGE = 2

/** Memory that is used again for each page. */
export class PageBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(1 << 20)

  /** Room for so many bytes; what was there may be gone. */
  room(size: number): Buffer {
    if (this.bytes.length < size) this.bytes = Buffer.allocUnsafeSlow(size * 1.25)
    return this.bytes
  }
}

/** The bytes of one column of texts, an empty cell as NULL: definition levels, then each text led by its length. */
export function textPage(batch: CellBatch, column: number, range: RowRange, buffer: PageBuffer): Buffer {
  const { bytes, width, cellStarts, cellEnds, used } = batch
  const { rows, count } = range
  const groups = Math.ceil(count / 8)
  const page = buffer.room(used + 4 * count + groups + 32)
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const target = new DataView(page.buffer, page.byteOffset, page.length)
  const levels = putVarint(page, 4, groups * 2 + 1)
  let to = levels + groups
  target.setUint32(0, to - 4, true)
  let defined = 0
  for (let index = 0; index < count; index += 1) {
    const cell = (rows[index] as number) * width + column
    let from = cellStarts[cell] as number
    const end = cellEnds[cell] as number
    if (end !== from) {
      defined |= 1 << (index & 7)
      if (end < 0) to = putUndoubled(page, to, bytes, { from, to: ~end })
      else {
        target.setUint32(to, end - from, true)
        to += 4
        const last = end - 3
        // Four bytes at a time are twice as quick as one.
        for (; from < last; from += 4, to += 4) target.setUint32(to, source.getUint32(from, true), true)
        for (; from < end; from += 1, to += 1) page[to] = bytes[from] as number
      }
    }
    if ((index & 7) === 7) {
      page[levels + (index >>> 3)] = defined
      defined = 0
    }
  }
  if ((count & 7) !== 0) page[levels + groups - 1] = defined
  return page.subarray(0, to)
}

/** A text whose quotes are doubled, with each of them once; where the next text goes. */
function putUndoubled(page: Buffer, begin: number, bytes: Buffer, text: { readonly from: number; readonly to: number }): number {
  let to = begin + 4
  for (let at = text.from; at < text.to; at += 1, to += 1) {
    const byte = bytes[at] as number
    page[to] = byte
    if (byte === QUOTE) at += 1
  }
  page.writeUInt32LE(to - begin - 4, begin)
  return to
}

/** One run that says for all rows whether they are defined. */
function oneLevel(page: Buffer, count: number, level: 0 | 1): number {
  const end = putVarint(page, 4, count * 2)
  page[end] = level
  page.writeUInt32LE(end + 1 - 4, 0)
  return end + 1
}

/** The bytes of a column of whole numbers from 0 on, below 2^53. Where the first one is NaN none is known, and all are NULL. */
export function numberPage(numbers: Float64Array, { rows, count }: RowRange, buffer: PageBuffer): Buffer {
  const page = buffer.room(count * 8 + 16)
  const isKnown = !Number.isNaN(numbers[rows[0] as number])
  const begin = oneLevel(page, count, isKnown ? 1 : 0)
  if (!isKnown) return page.subarray(0, begin)
  const view = new DataView(page.buffer, page.byteOffset + begin, count * 8)
  for (let index = 0; index < count; index += 1) {
    const value = numbers[rows[index] as number] as number
    view.setUint32(index * 8, value >>> 0, true)
    view.setUint32(index * 8 + 4, Math.floor(value / 0x1_0000_0000), true)
  }
  return page.subarray(0, begin + count * 8)
}

/** A dictionary of one text, and a page that says it for all rows. */
export function constantPages(text: string, count: number): { readonly dictionary: Buffer; readonly data: Buffer } {
  const bytes = Buffer.from(text)
  const dictionary = Buffer.alloc(4 + bytes.length)
  dictionary.writeUInt32LE(bytes.length, 0)
  bytes.copy(dictionary, 4)
  const data = Buffer.alloc(16)
  data[0] = 1
  const end = putVarint(data, 1, count * 2)
  return { dictionary, data: data.subarray(0, end + 1) }
}

function putVarint(bytes: Buffer, at: number, value: number): number {
  let rest = value
  let to = at
  for (; rest >= 0x80; to += 1) {
    bytes[to] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[to] = rest
  return to + 1
}

/** What stands before a page of values. */
export function dataPageHeader(size: number, values: number, encoding: number): Buffer {
  const thrift = new ThriftWriter()
  thrift.i32(1, DATA_PAGE)
  thrift.i32(2, size)
  thrift.i32(3, size)
  thrift.struct(5, () => {
    thrift.i32(1, values)
    thrift.i32(2, encoding)
    thrift.i32(3, ENCODING.rle)
    thrift.i32(4, ENCODING.rle)
  })
  return thrift.end()
}

/** What stands before a dictionary. */
export function dictionaryPageHeader(size: number, values: number): Buffer {
  const thrift = new ThriftWriter()
  thrift.i32(1, DICTIONARY_PAGE)
  thrift.i32(2, size)
  thrift.i32(3, size)
  thrift.struct(7, () => {
    thrift.i32(1, values)
    thrift.i32(2, ENCODING.plain)
  })
  return thrift.end()
}
