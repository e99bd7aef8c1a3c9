import { type FileHandle, open } from 'node:fs/promises'
import type { CellBatch } from './cell-batch.ts'
import {
  constantPages,
  dataPageHeader,
  dictionaryPageHeader,
  ENCODING,
  numberPage,
  PageBuffer,
  textPage,
} from './parquet-pages.ts'
import type { RowRange } from './row-range.ts'
import { ThriftWriter } from './thrift-compact.ts'

const MAGIC = Buffer.from('PAR1')
const INT64 = 2
const BYTE_ARRAY = 6
const UTF8 = 0
const REQUIRED = 0
const OPTIONAL = 1

interface ColumnChunk {
  readonly name: string
  readonly type: number
  readonly encodings: readonly number[]
  readonly values: number
  readonly bytes: number
  readonly dataOffset: number
  readonly dictionaryOffset: number | null
}

interface RowGroup {
  readonly rows: number
  readonly bytes: number
  readonly chunks: readonly ColumnChunk[]
}

export interface ParquetOptions {
  /** Names of the data's columns. */
  readonly columns: readonly string[]
  /** Name of a column that says the same for all rows of a batch. */
  readonly constant: string
  /** Names of columns of whole numbers. */
  readonly numbers: readonly string[]
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Writes a Parquet file of texts from batches, a row group for each: plain values, not compressed, since it is written once
 * and read a few times. The format: https://parquet.apache.org/docs/file-format/
 */
export class ParquetFile {
  readonly #options: ParquetOptions
  readonly #file: FileHandle
  readonly #groups: RowGroup[] = []
  readonly #buffer = new PageBuffer()
  #at = 0

  static async create(path: string, options: ParquetOptions): Promise<ParquetFile> {
    const file = new ParquetFile(await open(path, 'wx'), options)
    await file.#write(MAGIC)
    return file
  }

  private constructor(file: FileHandle, options: ParquetOptions) {
    this.#file = file
    this.#options = options
  }

  /** Writes rows of a batch as a row group; the numbers are those of the batch's records, in the order of the columns. */
  async add(
    batch: CellBatch,
    range: RowRange,
    { constant, numbers }: { readonly constant: string; readonly numbers: readonly Float64Array[] },
  ): Promise<void> {
    if (range.count === 0) return
    const { columns } = this.#options
    const before = this.#at
    const chunks: ColumnChunk[] = []
    for (const [index, name] of columns.entries()) {
      chunks.push(await this.#chunk(name, BYTE_ARRAY, range.count, textPage(batch, index, range, this.#buffer)))
    }
    chunks.push(await this.#constant(this.#options.constant, constant, range.count))
    for (const [index, name] of this.#options.numbers.entries()) {
      const page = numberPage(numbers[index] ?? new Float64Array(0), range, this.#buffer)
      chunks.push(await this.#chunk(name, INT64, range.count, page))
    }
    this.#groups.push({ rows: range.count, bytes: this.#at - before, chunks })
  }

  /** Ends the file. */
  async close(): Promise<void> {
    const footer = this.#footer()
    const length = Buffer.alloc(4)
    length.writeUInt32LE(footer.length)
    await this.#write(Buffer.concat([footer, length, MAGIC]))
    await this.#file.close()
  }

  /** Closes the file as it is, to be removed. */
  abandon(): Promise<void> {
    return this.#file.close()
  }

  async #chunk(name: string, type: number, values: number, page: Buffer): Promise<ColumnChunk> {
    const dataOffset = this.#at
    await this.#write(dataPageHeader(page.length, values, ENCODING.plain))
    await this.#write(page)
    const encodings = [ENCODING.plain, ENCODING.rle]
    return { name, type, encodings, values, bytes: this.#at - dataOffset, dataOffset, dictionaryOffset: null }
  }

  async #constant(name: string, text: string, values: number): Promise<ColumnChunk> {
    const { dictionary, data } = constantPages(text, values)
    const dictionaryOffset = this.#at
    await this.#write(Buffer.concat([dictionaryPageHeader(dictionary.length, 1), dictionary]))
    const dataOffset = this.#at
    await this.#write(Buffer.concat([dataPageHeader(data.length, values, ENCODING.dictionary), data]))
    const encodings = [ENCODING.plain, ENCODING.rle, ENCODING.dictionary]
    return { name, type: BYTE_ARRAY, encodings, values, bytes: this.#at - dictionaryOffset, dataOffset, dictionaryOffset }
  }

  async #write(bytes: Buffer): Promise<void> {
    let written = 0
    while (written < bytes.length) {
      const { bytesWritten } = await this.#file.write(bytes, written, bytes.length - written, null)
      written += bytesWritten
    }
    this.#at += bytes.length
  }

  /** FileMetaData of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
  #footer(): Buffer {
    const { columns, constant, numbers, metadata = {} } = this.#options
    const thrift = new ThriftWriter()
    const elements = [
      ...columns.map((name) => ({ name, type: BYTE_ARRAY, repetition: OPTIONAL })),
      { name: constant, type: BYTE_ARRAY, repetition: REQUIRED },
      ...numbers.map((name) => ({ name, type: INT64, repetition: OPTIONAL })),
    ]
    thrift.i32(1, 2)
    thrift.structs(2, [null, ...elements], (element) => schemaElement(thrift, element, elements.length))
    thrift.i64(
      3,
      this.#groups.reduce((sum, { rows }) => sum + rows, 0),
    )
    thrift.structs(4, this.#groups, (group) => rowGroup(thrift, group))
    thrift.structs(5, Object.entries(metadata), ([key, value]) => {
      thrift.text(1, key)
      thrift.text(2, value)
    })
    thrift.text(6, 'onclock')
    return thrift.end()
  }
}

interface SchemaElement {
  readonly name: string
  readonly type: number
  readonly repetition: number
}

/** A column; null: the root, which has them all. */
function schemaElement(thrift: ThriftWriter, element: SchemaElement | null, columns: number): void {
  if (element === null) {
    thrift.text(4, 'rows')
    thrift.i32(5, columns)
    return
  }
  thrift.i32(1, element.type)
  thrift.i32(3, element.repetition)
  thrift.text(4, element.name)
  if (element.type === BYTE_ARRAY) thrift.i32(6, UTF8)
}

function rowGroup(thrift: ThriftWriter, { rows, bytes, chunks }: RowGroup): void {
  thrift.structs(1, chunks, (chunk) => {
    thrift.i64(2, chunk.dictionaryOffset ?? chunk.dataOffset)
    thrift.struct(3, () => {
      thrift.i32(1, chunk.type)
      thrift.i32s(2, chunk.encodings)
      thrift.texts(3, [chunk.name])
      thrift.i32(4, 0)
      thrift.i64(5, chunk.values)
      thrift.i64(6, chunk.bytes)
      thrift.i64(7, chunk.bytes)
      thrift.i64(9, chunk.dataOffset)
      if (chunk.dictionaryOffset !== null) thrift.i64(11, chunk.dictionaryOffset)
    })
  })
  thrift.i64(2, bytes)
  thrift.i64(3, rows)
}
