const FIRST_BYTES = 1 << 20
const ZERO = 0x30
const QUOTE = 0x22

/** Bytes that are put one behind the other, in memory that grows and is used again after `clear`. */
export class ByteBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  used = 0

  /** What was put; it holds until the next change. */
  get filled(): Buffer {
    return this.bytes.subarray(0, this.used)
  }

  clear(): void {
    this.used = 0
  }

  /** Makes room for so many more bytes. */
  room(size: number): void {
    if (this.used + size <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.used + size))
    this.bytes.copy(grown, 0, 0, this.used)
    this.bytes = grown
    this.view = new DataView(grown.buffer, grown.byteOffset, grown.length)
  }

  /** The caller has made room. */
  put(byte: number): void {
    this.bytes[this.used] = byte
    this.used += 1
  }

  /** Puts a short text. */
  putAll(bytes: Uint8Array): void {
    this.room(bytes.length)
    this.copy(bytes, 0, bytes.length)
  }

  /** A loop is quicker than `Buffer.copy` for cells. The caller has made room. */
  copy(bytes: Uint8Array, from: number, to: number): void {
    const target = this.bytes
    let at = this.used
    for (let source = from; source < to; source += 1, at += 1) target[at] = bytes[source] as number
    this.used = at
  }

  /** Puts a cell's text; one that ends at `~end` has its quotes doubled, and they are put once. */
  putUnquoted(bytes: Uint8Array, from: number, end: number): void {
    const to = end < 0 ? ~end : end
    this.room(to - from)
    if (end >= 0) {
      this.copy(bytes, from, to)
      return
    }
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] as number
      this.put(byte)
      if (byte === QUOTE) at += 1
    }
  }

  /** Puts a whole number from 0 on in decimal digits. */
  putNumber(value: number): void {
    let digits = 1
    for (let bound = 10; value >= bound; bound *= 10) digits += 1
    this.room(digits)
    let rest = value
    for (let at = this.used + digits - 1; at >= this.used; at -= 1) {
      const shorter = rest < 0x7fff_ffff ? (rest / 10) | 0 : Math.floor(rest / 10)
      this.bytes[at] = ZERO + (rest - shorter * 10)
      rest = shorter
    }
    this.used += digits
  }
}
