import { detectEncoding, type EncodingGuess } from './detect-encoding.ts'
import type { DialectPins } from './dialect.ts'
import { openBytes, separable } from './read-bytes.ts'
import { type CsvHead, readHead } from './read-head.ts'
import { refuseBinary, refuseOtherKinds, requireFile } from './refuse-input.ts'

const SAMPLE_BYTES = 1 << 20

/** What a look at the beginning of a file has found. */
export interface CsvLook extends CsvHead {
  readonly path: string
  readonly gzip: boolean
  readonly bytes: number
}

/** Refuses what is not a CSV file, and finds out how the rest is to be read. `shown` names the file in messages. */
export async function lookAtCsv(
  path: string,
  shown: string,
  options: { readonly pins: DialectPins; readonly expectedColumns: readonly string[] },
): Promise<CsvLook> {
  const bytes = await requireFile(path, shown)
  const raw = await firstBytes(openBytes(path, false).chunks, SAMPLE_BYTES)
  const gzip = raw[0] === 0x1f && raw[1] === 0x8b
  const delivered = gzip ? await firstBytes(openBytes(path, true).chunks, SAMPLE_BYTES) : raw
  refuseOtherKinds(delivered, shown)
  const encoding = chooseEncoding(delivered, options.pins)
  const sample = await firstBytes(separable(once(delivered), encoding.encoding), SAMPLE_BYTES * 2)
  refuseBinary(sample.subarray(0, 65_536), shown)
  const whole = delivered.length < SAMPLE_BYTES
  return { path, gzip, bytes, ...readHead(sample, encoding, { ...options, whole, shown }) }
}

function chooseEncoding(sample: Buffer, pins: DialectPins): EncodingGuess {
  const guess = detectEncoding(sample)
  if (pins.encoding === undefined) return guess
  return { encoding: pins.encoding, certain: true, markBytes: pins.encoding === guess.encoding ? guess.markBytes : 0 }
}

async function firstBytes(chunks: AsyncIterable<Buffer>, wanted: number): Promise<Buffer> {
  const taken: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    taken.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes >= wanted) break
  }
  return Buffer.concat(taken)
}

async function* once(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk
}
