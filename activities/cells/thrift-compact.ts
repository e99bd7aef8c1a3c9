/** Types of the Thrift compact protocol that a Parquet footer needs. */
const THRIFT = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const

/**
 * Writes Thrift's compact protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
 * Fields of a struct must come in the order of their numbers.
 */
export class ThriftWriter {
  readonly #bytes: number[] = []
  readonly #fields: number[] = []
  #last = 0

  i32(field: number, value: number): void {
    this.#field(field, THRIFT.i32)
    this.#zigzag(value)
  }

  i64(field: number, value: number): void {
    this.#field(field, THRIFT.i64)
    this.#zigzag(value)
  }

  text(field: number, value: string): void {
    this.#field(field, THRIFT.binary)
    this.#binary(value)
  }

  /** A nested struct: its fields are written by `content`. */
  struct(field: number, content: () => void): void {
    this.#field(field, THRIFT.struct)
    this.#nested(content)
  }

  structs<Item>(field: number, items: readonly Item[], content: (item: Item) => void): void {
    this.#field(field, THRIFT.list)
    this.#listHeader(items.length, THRIFT.struct)
    for (const item of items) this.#nested(() => content(item))
  }

  i32s(field: number, values: readonly number[]): void {
    this.#field(field, THRIFT.list)
    this.#listHeader(values.length, THRIFT.i32)
    for (const value of values) this.#zigzag(value)
  }

  texts(field: number, values: readonly string[]): void {
    this.#field(field, THRIFT.list)
    this.#listHeader(values.length, THRIFT.binary)
    for (const value of values) this.#binary(value)
  }

  /** The whole struct. */
  end(): Buffer {
    return Buffer.from([...this.#bytes, 0])
  }

  #nested(content: () => void): void {
    this.#fields.push(this.#last)
    this.#last = 0
    content()
    this.#bytes.push(0)
    this.#last = this.#fields.pop() ?? 0
  }

  #field(field: number, type: number): void {
    this.#bytes.push(((field - this.#last) << 4) | type)
    this.#last = field
  }

  #listHeader(size: number, type: number): void {
    if (size < 15) this.#bytes.push((size << 4) | type)
    else {
      this.#bytes.push(0xf0 | type)
      this.#varint(size)
    }
  }

  #binary(value: string): void {
    const bytes = Buffer.from(value)
    this.#varint(bytes.length)
    for (const byte of bytes) this.#bytes.push(byte)
  }

  /** Numbers are not negative here, and below 2^52. */
  #zigzag(value: number): void {
    this.#varint(value * 2)
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#bytes.push((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes.push(rest)
  }
}
