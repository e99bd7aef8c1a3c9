import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CsvLook, lookAtCsv } from '../../activities/csv/look-at-csv.ts'
import { RecordScanner } from '../../activities/csv/scan-records.ts'
import { separableText } from '../../activities/csv/separable-text.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import type { DirtyFile } from './dirty-bytes.ts'
import type { StageBench } from './stage-bench.ts'

/** A reading of a file does not depend on the chunks that it comes in. */
export async function checkChunks(bench: StageBench, file: DirtyFile): Promise<void> {
  const bytes = Buffer.from(file.base64, 'base64')
  // Byte by byte a long record takes too long: it is the borders of short ones that matter.
  if (bytes.length > 20_000) return
  const dir = await mkdtemp(join(bench.dir, 'scan-'))
  try {
    await writeFile(join(dir, 'input.csv'), bytes)
    const look = await lookAtCsv(join(dir, 'input.csv'), 'input.csv', { pins: {}, expectedColumns: [] })
    const whole = await scan(look, [bytes])
    for (const size of [1, 2, 3, 7, 64]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
      assert.deepEqual(await scan(look, chunks), whole, `chunks of ${size} bytes`)
    }
  } catch (error) {
    if (!(error instanceof OnclockError)) throw error
  } finally {
    await rm(dir, { recursive: true })
  }
}

async function scan(look: CsvLook, chunks: readonly Buffer[]): Promise<readonly unknown[]> {
  const found: unknown[] = []
  const text = separableText(each(chunks), look.dialect.encoding)
  const note = (fate: string) => (bytes: Buffer, start: number, end: number, place: object) =>
    void found.push([fate, bytes.toString('latin1', start, end), { ...place }])
  const scanner = new RecordScanner(
    { ...look, ...text, width: look.columns.length },
    { sound: note('sound'), short: note('short'), malformed: note('malformed') },
  )
  for await (const chunk of text.chunks) scanner.push(chunk)
  scanner.end()
  return [...found, { ...scanner.counts }]
}

/** As a file is read: the memory of a chunk is used again for the next one. */
async function* each(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    const lent = Buffer.from(chunk)
    yield lent
    lent.fill(0x22)
  }
}
