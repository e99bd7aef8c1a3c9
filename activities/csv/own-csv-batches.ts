import { type FileHandle, open } from 'node:fs/promises'
import { BATCH_BYTES, CellBatch } from '../cells/cell-batch.ts'
import { RecordCutter } from '../cells/cut-records.ts'

const COMMA = 0x2c

/**
 * The records of a CSV that we have written ourselves (commas, LF) behind its header, which is known, batch by batch. A batch
 * holds until the next one is asked for: its memory is used again.
 */
export async function* ownCsvBatches(path: string, width: number, header = ''): AsyncGenerator<CellBatch> {
  const cutter = new RecordCutter({ delimiter: COMMA, quoted: true, width, headerText: null, ours: true })
  const place = { record: 0, line: 1, byte: 0 }
  const file = await open(path, 'r')
  try {
    await passHeader(file, header)
    const { size } = await file.stat()
    const batch = new CellBatch(width, Buffer.allocUnsafeSlow(Math.min(BATCH_BYTES, size) + 2))
    for (;;) {
      const { bytesRead } = await file.read(batch.bytes, batch.used, batch.bytes.length - 1 - batch.used, null)
      batch.used += bytesRead
      batch.count = 0
      const end = cutter.cut(batch, 0, batch.used, place)
      if (batch.count > 0) yield batch
      if (bytesRead === 0) {
        if (end < batch.used) throw new Error('a file of our own does not end with a record')
        return
      }
      keepRest(batch, end)
    }
  } finally {
    await file.close()
  }
}

/** Puts the record that has not ended yet to the front. */
function keepRest(batch: CellBatch, end: number): void {
  const { bytes, used } = batch
  const rest = used - end
  if (rest < bytes.length - 1) bytes.copyWithin(0, end, used)
  else {
    batch.bytes = Buffer.allocUnsafeSlow(bytes.length * 2)
    bytes.copy(batch.bytes)
  }
  batch.used = rest
}

async function passHeader(file: FileHandle, header: string): Promise<void> {
  const wanted = Buffer.from(header)
  if (wanted.length === 0) return
  const found = Buffer.alloc(wanted.length)
  await file.read(found, 0, wanted.length, null)
  if (!found.equals(wanted)) throw new Error('a file of our own has another header')
}
