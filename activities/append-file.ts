import { open } from 'node:fs/promises'

const CHUNK_BYTES = 1 << 20

/** By which spreadsheets know that a file is UTF-8. */
export const BYTE_ORDER_MARK: Uint8Array = Uint8Array.of(0xef, 0xbb, 0xbf)

/** Puts the bytes of a file behind those of another. */
export async function appendFile(from: string, to: string): Promise<void> {
  const piece = await open(from, 'r')
  try {
    const whole = await open(to, 'a')
    try {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
      for (;;) {
        const { bytesRead } = await piece.read(buffer, 0, CHUNK_BYTES, null)
        if (bytesRead === 0) return
        await whole.writeFile(buffer.subarray(0, bytesRead))
      }
    } finally {
      await whole.close()
    }
  } finally {
    await piece.close()
  }
}
