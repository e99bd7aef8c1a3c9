import { open } from 'node:fs/promises'
import type { Dialect, DialectPins } from './dialect.ts'
import { lookAtCsv } from './look-at-csv.ts'
import { openBytes } from './read-bytes.ts'
import { RecordScanner } from './scan-records.ts'
import { separableText } from './separable-text.ts'

export interface SampleOptions {
  /** Absolute. */
  readonly path: string
  /** How the file is named in messages. */
  readonly shown: string
  readonly pins: DialectPins
  readonly expectedColumns: readonly string[]
  readonly member?: string
  /** Data records, malformed ones included. */
  readonly records: number
  /** The file that is written: the same bytes up to the end of the last record wanted, unpacked. */
  readonly to: string
}

export interface CsvSample {
  readonly records: number
  /** The file has no more. */
  readonly whole: boolean
  /** How the file is read; the sample alone may be too short to tell. */
  readonly dialect: Dialect
}

/** Writes the beginning of a CSV file, cut between two records. */
export async function sampleCsv(options: SampleOptions): Promise<CsvSample> {
  const { path, shown } = options
  const look = await lookAtCsv(path, shown, options)
  let end: number | null = null
  let found = 0
  const see = ({ record, byte }: { readonly record: number; readonly byte: number }): void => {
    if (record > options.records) end ??= byte
    else found = record
  }
  const text = separableText(openBytes(path, look.packing).chunks, look.dialect.encoding)
  const scanner = new RecordScanner(
    { ...look, ...text, width: look.columns.length },
    {
      sound: (_bytes, _start, _end, place) => see(place),
      short: (_bytes, _start, _end, { place }) => see(place),
      malformed: (_bytes, _start, _end, record) => see(record),
    },
  )
  for await (const chunk of text.chunks) {
    scanner.push(chunk)
    if (end !== null) break
  }
  if (end === null) scanner.end()
  await copyBeginning(openBytes(path, look.packing).chunks, options.to, end)
  return { records: found, whole: end === null, dialect: look.dialect }
}

async function copyBeginning(chunks: AsyncIterable<Buffer>, to: string, end: number | null): Promise<void> {
  const file = await open(to, 'wx')
  try {
    let left = end ?? Infinity
    for await (const chunk of chunks) {
      await file.writeFile(chunk.subarray(0, Math.min(left, chunk.length)))
      left -= chunk.length
      if (left <= 0) break
    }
  } finally {
    await file.close()
  }
}
