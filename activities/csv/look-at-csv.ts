import { OnclockError } from '../../pipeline/errors.ts'
import { detectEncoding, type EncodingGuess } from './detect-encoding.ts'
import type { DialectPins } from './dialect.ts'
import { openBytes } from './read-bytes.ts'
import { type CsvHead, readHead } from './read-head.ts'
import { fileError, refuseBinary, refuseOtherKinds, requireFile } from './refuse-input.ts'
import { separableText } from './separable-text.ts'
import { type Packing, streamPacking } from './unpack.ts'
import { chooseMembers, isZip, listMembers } from './zip-members.ts'

const SAMPLE_BYTES = 1 << 20

/** What a look at the beginning of a file has found. */
export interface CsvLook extends CsvHead {
  readonly path: string
  readonly packing: Packing
  readonly bytes: number
  /** A byte order mark says the encoding. */
  readonly encodingMarked: boolean
}

export interface LookOptions {
  readonly pins: DialectPins
  readonly expectedColumns: readonly string[]
  /** The member of a zip archive that is read: a name, or a glob that one name matches. */
  readonly member?: string
}

/** Refuses what is not a CSV file, and finds out how the rest is to be read. `shown` names the file in messages. */
export async function lookAtCsv(path: string, shown: string, options: LookOptions): Promise<CsvLook> {
  try {
    const bytes = await requireFile(path, shown)
    const raw = await firstBytes(openBytes(path, null).chunks, SAMPLE_BYTES)
    const packing = await packingOf(path, shown, raw, options.member)
    const delivered = packing === null ? raw : await firstBytes(openBytes(path, packing).chunks, SAMPLE_BYTES)
    refuseOtherKinds(delivered, shown)
    const guess = detectEncoding(delivered, shown)
    const encoding = chooseEncoding(guess, options.pins)
    const sample = await firstBytes(separableText(once(delivered), encoding.encoding).chunks, SAMPLE_BYTES * 2)
    if (encoding.encoding.startsWith('utf-16')) refuseOtherKinds(sample, shown)
    refuseBinary(sample.subarray(0, 65_536), shown)
    if (sample.length === 0) throw emptyInside(shown)
    const whole = delivered.length < SAMPLE_BYTES
    const head = readHead(sample, encoding, { ...options, whole, shown })
    const warnings = encoding.doubt === null ? head.warnings : [...head.warnings, encoding.doubt]
    const encodingMarked = guess.certain && guess.encoding === encoding.encoding
    return { path, packing, bytes, encodingMarked, ...head, warnings }
  } catch (error) {
    throw error instanceof OnclockError ? error : fileError(error, shown)
  }
}

async function packingOf(path: string, shown: string, head: Buffer, member: string | undefined): Promise<Packing> {
  if (!isZip(head)) return streamPacking(head)
  const chosen = chooseMembers(await listMembers(path, shown), member, shown)
  const [only, second] = chosen
  if (only !== undefined && second === undefined) return { member: only }
  throw new OnclockError('INPUT_UNREADABLE', `${shown} has ${chosen.length} members that "${member}" names`, {
    hint: `Name one of them: ${chosen.map(({ name }) => name).join(', ')}`,
  })
}

function chooseEncoding(guess: EncodingGuess, pins: DialectPins): EncodingGuess {
  if (pins.encoding === undefined) return guess
  const markBytes = pins.encoding === guess.encoding ? guess.markBytes : 0
  return { encoding: pins.encoding, certain: true, markBytes, doubt: null }
}

function emptyInside(shown: string): OnclockError {
  return new OnclockError('INPUT_UNREADABLE', `${shown} has nothing in it`, { hint: 'Export the file again.' })
}

/** The beginning of a stream of bytes: so many, or all, and up to a chunk more. */
export async function firstBytes(chunks: AsyncIterable<Buffer>, wanted: number): Promise<Buffer> {
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
