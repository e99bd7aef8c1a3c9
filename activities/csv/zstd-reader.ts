import { Decompress } from 'fzstd'
import xxhash, { type XXHash, type XXHashAPI } from 'xxhash-wasm'

/** The most memory that a frame may ask for, as in zstd itself. */
const MAX_WINDOW_BYTES = 2 ** 27
const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50

type State = 'frame' | 'skip' | 'block' | 'checksum'

interface Frame {
  readonly decoder: Decompress
  readonly hash: XXHash<bigint>
  readonly hasChecksum: boolean
  /** Bytes of the content as the frame says; null: it does not. */
  readonly size: bigint | null
  bytes: bigint
}

/**
 * Reads zstd frame by frame and block by block, so that no piece of input gives more than 128 KiB at once. The library unpacks;
 * what it does not look at is checked here: checksums, sizes, and that the last frame is complete.
 */
export class ZstdReader {
  readonly #hashes: XXHashAPI
  readonly #fault: (message: string) => Error
  #state: State = 'frame'
  #input = Buffer.alloc(0)
  #toSkip = 0
  #frame: Frame | null = null
  #output: Buffer[] = []

  private constructor(hashes: XXHashAPI, fault: (message: string) => Error) {
    this.#hashes = hashes
    this.#fault = fault
  }

  /** `fault` makes the error of damaged data from words that go on from the name of the file. */
  static async create(fault: (message: string) => Error): Promise<ZstdReader> {
    return new ZstdReader(await xxhash(), fault)
  }

  *push(chunk: Buffer): Generator<Buffer> {
    this.#input = Buffer.concat([this.#input, chunk])
    let at = 0
    for (let step = this.#step(at); step > 0; step = this.#step(at)) {
      at += step
      yield* this.#output.splice(0)
    }
    this.#input = this.#input.subarray(at)
  }

  *end(): Generator<Buffer> {
    if (this.#state !== 'frame' || this.#input.length > 0) throw this.#fault('is a zstd file that ends too early: it was cut off')
    yield* this.#output.splice(0)
  }

  /** Takes one part of the format from the input; how many bytes it was, or 0 where more are needed. */
  #step(at: number): number {
    const left = this.#input.length - at
    if (left === 0) return 0
    switch (this.#state) {
      case 'frame':
        return this.#begin(at, left)
      case 'skip':
        return this.#skip(left)
      case 'block':
        return this.#block(at, left)
      case 'checksum':
        return left < 4 ? 0 : this.#check(at)
      default:
        return this.#state satisfies never
    }
  }

  #begin(at: number, left: number): number {
    if (left < 8) return 0
    const magic = this.#input.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      this.#toSkip = this.#input.readUInt32LE(at + 4)
      this.#state = this.#toSkip === 0 ? 'frame' : 'skip'
      return 8
    }
    if (magic !== MAGIC) throw this.#damaged('something else than a frame follows')
    const header = frameHeader(this.#input.subarray(at))
    if (header === null) return 0
    if (header.hasDictionary) throw this.#fault('was packed by zstd with a dictionary: unpack it with that dictionary first')
    if (header.window > MAX_WINDOW_BYTES) throw this.#fault('asks for too much memory: unpack it first with zstd -d --long=31')
    const { size, hasChecksum } = header
    const frame = { decoder: new Decompress(), hash: this.#hashes.create64(), hasChecksum, size, bytes: 0n }
    frame.decoder.ondata = (data) => {
      frame.bytes += BigInt(data.length)
      if (hasChecksum) frame.hash.update(data)
      if (data.length > 0) this.#output.push(Buffer.from(data.buffer, data.byteOffset, data.length))
    }
    this.#frame = frame
    this.#state = 'block'
    this.#decode(this.#input.subarray(at, at + header.length), false)
    return header.length
  }

  #skip(left: number): number {
    const skipped = Math.min(left, this.#toSkip)
    this.#toSkip -= skipped
    if (this.#toSkip === 0) this.#state = 'frame'
    return skipped
  }

  #block(at: number, left: number): number {
    if (left < 3) return 0
    const header = this.#input.readUIntLE(at, 3)
    const isLast = (header & 1) === 1
    // One byte stands for a whole block of the same.
    const length = 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3)
    if (((header >> 1) & 3) === 3 || header >> 3 > 1 << 17) throw this.#damaged('a block is of no known kind')
    if (left < length) return 0
    this.#decode(this.#input.subarray(at, at + length), isLast && this.#frame?.hasChecksum === false)
    if (isLast) this.#state = 'checksum'
    if (isLast && this.#frame?.hasChecksum === false) this.#finish()
    return length
  }

  #check(at: number): number {
    this.#decode(this.#input.subarray(at, at + 4), true)
    const { hash } = this.#frame as Frame
    if ((hash.digest() & 0xffff_ffffn) !== BigInt(this.#input.readUInt32LE(at))) throw this.#damaged('its checksum differs')
    this.#finish()
    return 4
  }

  #finish(): void {
    const { size, bytes } = this.#frame as Frame
    if (size !== null && size !== bytes) throw this.#damaged('it is longer or shorter than it says')
    this.#frame = null
    this.#state = 'frame'
  }

  #decode(bytes: Uint8Array, final: boolean): void {
    try {
      // The library keeps what it cannot take yet.
      this.#frame?.decoder.push(Uint8Array.from(bytes), final)
    } catch (error) {
      throw this.#damaged(error instanceof Error ? error.message : String(error))
    }
  }

  #damaged(what: string): Error {
    return this.#fault(`is a damaged zstd file: ${what}`)
  }
}

interface FrameHeader {
  readonly length: number
  readonly window: number
  readonly size: bigint | null
  readonly hasChecksum: boolean
  readonly hasDictionary: boolean
}

/** RFC 8878, section 3.1.1.1; null where more bytes are needed. */
function frameHeader(bytes: Buffer): FrameHeader | null {
  const descriptor = bytes[4] as number
  const isSingle = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] as number
  const sizeAt = 5 + (isSingle ? 0 : 1) + dictionary
  const length = sizeAt + sizeBytes
  if (bytes.length < length) return null
  const size = contentSize(bytes, sizeAt, sizeBytes)
  const base = 2 ** (10 + ((bytes[5] as number) >> 3))
  const window = isSingle ? Number(size) : base + (base / 8) * ((bytes[5] as number) & 7)
  const hasDictionary = dictionary > 0 && bytes.subarray(sizeAt - dictionary, sizeAt).some((byte) => byte !== 0)
  return { length, window, size, hasChecksum: (descriptor & 4) !== 0, hasDictionary }
}

function contentSize(bytes: Buffer, at: number, length: number): bigint | null {
  if (length === 0) return null
  if (length === 8) return bytes.readBigUInt64LE(at)
  return BigInt(bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0))
}
