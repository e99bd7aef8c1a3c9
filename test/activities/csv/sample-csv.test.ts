import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type CsvSample, sampleCsv } from '../../../activities/csv/sample-csv.ts'
import { temporaryFolder } from '../../support/stage-project.ts'

async function sample(bytes: Buffer, records: number): Promise<CsvSample & { bytes: Buffer }> {
  const folder = temporaryFolder()
  const [path, to] = [join(folder, 'in.csv'), join(folder, 'out.csv')]
  writeFileSync(path, bytes)
  const found = await sampleCsv({ path, shown: 'in.csv', pins: {}, expectedColumns: [], records, to })
  return { ...found, bytes: readFileSync(to) }
}

const TEXT = 'id,text\r\n1,"two\r\nlines"\r\n2,é\r\n\r\n3\r\n4,last\r\n'

describe('sampleCsv', () => {
  it('cuts between two records, not between two lines, and counts malformed ones', async () => {
    const cut = async (records: number): Promise<string> => (await sample(Buffer.from(TEXT), records)).bytes.toString()
    expect(await cut(1)).toBe('id,text\r\n1,"two\r\nlines"\r\n')
    expect(await cut(2)).toBe('id,text\r\n1,"two\r\nlines"\r\n2,é\r\n\r\n')
    expect(await cut(3)).toBe('id,text\r\n1,"two\r\nlines"\r\n2,é\r\n\r\n3\r\n')
  })

  it('says whether the file has more', async () => {
    expect(await sample(Buffer.from(TEXT), 3)).toMatchObject({ records: 3, whole: false })
    expect(await sample(Buffer.from(TEXT), 4)).toMatchObject({ records: 4, whole: true, bytes: Buffer.from(TEXT) })
  })

  it('keeps the bytes of UTF-16, mark included, and unpacks', async () => {
    const wide = Buffer.from(`\ufeff${TEXT}`, 'utf16le')
    expect((await sample(wide, 1)).bytes.toString('utf16le')).toBe('\ufeffid,text\r\n1,"two\r\nlines"\r\n')
    expect((await sample(gzipSync(Buffer.from(TEXT)), 1)).bytes.toString()).toBe('id,text\r\n1,"two\r\nlines"\r\n')
  })
})
