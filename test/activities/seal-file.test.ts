import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sealFile } from '../../activities/seal-file.ts'
import { temporaryFolder } from '../support/stage-project.ts'

const CHUNK = 1 << 20

async function rowsOf(text: string, format: 'csv' | 'jsonl'): Promise<number | null> {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, text)
  const seal = await sealFile(path, format)
  expect([seal.bytes, seal.sha256]).toEqual([Buffer.byteLength(text), createHash('sha256').update(text).digest('hex')])
  return seal.rows
}

describe('sealFile counts', () => {
  test.each([
    ['', 0],
    ['a,b', 0],
    ['a,b\n1,2\n', 1],
    ['a,b\n1,2\n3,4', 2],
    ['a,b\r\n1,2\r\n3,4\r\n', 2],
    ['a,b\r1,2\r3,4\r', 2],
    ['a,b\n"1\n\n\r",2\n"say ""\n""",4\n', 2],
    ['a\n""\n"""\n"\n', 2],
    [`a,b\n"${'x\n'.repeat(CHUNK)}",2\n3,4\n`, 2],
    [`a,b\n${'x'.repeat(CHUNK - 5)}\r\n3,4\r\n`, 2],
  ])('the records of a CSV, the header left out: case %#', async (text, rows) => {
    expect(await rowsOf(text, 'csv')).toBe(rows)
  })

  test.each([
    ['', 0],
    ['{}\n{}\n', 2],
    ['{}\n{}', 2],
    [`"${'x'.repeat(CHUNK)}"\n{}\n`, 2],
  ])('the lines of JSON lines: case %#', async (text, rows) => {
    expect(await rowsOf(text, 'jsonl')).toBe(rows)
  })
})
