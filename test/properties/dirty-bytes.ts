import fc from 'fast-check'
import { csvFiles } from './csv-files.ts'

/** Any bytes, and what the config pins of how they are read. */
export interface DirtyFile {
  readonly base64: string
  readonly pins: Readonly<Record<string, unknown>>
}

/** Bytes that matter to a reader of CSV, written as UTF-8 unless they say otherwise. */
const PIECES = ['a', 'b', '1', '2.5', ' ', 'word', 'é', '😀', '-', '\u00a0', '\ufeff', '\u0085', '#', 'sep=;', '{', '[', '<', '=', 'a,b', '1;2', 'x\ty'].map(
  (text) => Buffer.from(text),
) // prettier-ignore
const MARKS = [',', ';', '\t', '|', '"', '""', "'", '\\', '\\"', '\n', '\r\n', '\r', '\n\n', '",', ',"', '"\n', '\n"'].map(
  (text) => Buffer.from(text),
)
const WRONG = ['00', 'ff', 'fe', 'e9', 'c3', 'e282', 'f09f98', '80', 'c0af', 'eda080', '1a', 'efbbbf'].map((hex) =>
  Buffer.from(hex, 'hex'),
)

const piece = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 10, arbitrary: fc.constantFrom(...MARKS) },
  { weight: 1, arbitrary: fc.constantFrom(...WRONG) },
)
const jumble = fc.array(piece, { maxLength: 80 }).map((pieces) => Buffer.concat(pieces))
const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const marks: readonly (readonly number[])[] = [[], [0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff], [0x1f, 0x8b]]
const marked = fc
  .tuple(fc.constantFrom(...marks), fc.oneof(jumble, random))
  .map(([mark, bytes]) => Buffer.concat([Buffer.from(mark), bytes]))

const slip = fc.record({
  at: fc.nat(),
  put: fc.option(piece, { nil: Buffer.alloc(0) }),
  remove: fc.constantFrom(0, 0, 1, 1, 2, 7),
})
/** Sound files with a few slips of the hand. */
const slipped = fc.tuple(csvFiles, fc.array(slip, { minLength: 1, maxLength: 4 })).map(([file, slips]) => {
  const bytes = slips.reduce(
    (whole, { at, put, remove }) => {
      const place = whole.length === 0 ? 0 : at % whole.length
      return Buffer.concat([whole.subarray(0, place), put, whole.subarray(place + remove)])
    },
    Buffer.from(file.base64, 'base64'),
  )
  return { bytes, pins: file.pins }
})

const somePins = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        delimiter: fc.constantFrom(',', ';', '\t', '|', ' ', ':'),
        quote: fc.constantFrom('"', "'", 'none'),
        header: fc.boolean(),
        encoding: fc.constantFrom('utf-8', 'windows-1252', 'latin-1', 'utf-16le', 'utf-16be'),
      },
      { requiredKeys: [] },
    ),
  },
)

export const dirtyFiles: fc.Arbitrary<DirtyFile> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(jumble, somePins).map(([bytes, pins]) => ({ base64: bytes.toString('base64'), pins })) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.oneof(random, marked), somePins).map(([bytes, pins]) => ({ base64: bytes.toString('base64'), pins })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(slipped, fc.boolean())
      .map(([{ bytes, pins }, keep]) => ({ base64: bytes.toString('base64'), pins: keep ? pins : {} })),
  },
)
