import { createReadStream } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { ownCsvBatches } from '../csv/own-csv-batches.ts'
import { VERBATIM } from './cell-batch.ts'
import { CsvBuffer } from './csv-buffer.ts'

const HASH = 0x23

/**
 * DuckDB puts cells with a `#` into quotes, since other programs may take it for a comment; RFC 4180 does not, and our files
 * are the same whoever wrote them. Rewrites a CSV of this many columns where it has such a cell.
 */
export async function dropNeedlessQuotes(path: string, width: number): Promise<void> {
  if (!(await holdsByte(path, HASH))) return
  const rewritten = `${path}.rewritten`
  const file = await open(rewritten, 'wx')
  try {
    const buffer = new CsvBuffer()
    for await (const batch of ownCsvBatches(path, width)) {
      for (let row = 0; row < batch.count; row += 1) {
        if (batch.flags[row] === VERBATIM) buffer.addVerbatim(batch, row)
        else buffer.addRecord(batch, row)
      }
      buffer.endRun()
      await file.writeFile(buffer.filled)
      buffer.clear()
    }
  } finally {
    await file.close()
  }
  await rename(rewritten, path)
}

async function holdsByte(path: string, byte: number): Promise<boolean> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    if (chunk.includes(byte)) return true
  }
  return false
}
