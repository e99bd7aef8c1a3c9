import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fitColumns } from '../../../client/scaffold/fit-columns.ts'
import { makeZip } from '../../activities/csv/make-zip.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'onclock-fit-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('a file to be fitted to', () => {
  test.each<[string, Buffer]>([
    ['gzip', gzipSync('id;when\n1;2026-01-02\n')],
    ['zip', makeZip({ 'x.csv': 'id;when\n1;2026-01-02\n' })],
    ['UTF-16', Buffer.from('\ufeffid;when\n1;2026-01-02\n', 'utf16le')],
  ])('may be packed or in any encoding: %s', async (_, bytes) => {
    await writeFile(join(dir, 'one.csv'), bytes)
    const { columns, sampled } = await fitColumns(join(dir, 'one.csv'), 'one.csv')
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['id', 'id'],
      ['when', 'date'],
    ])
    expect(sampled).toBe(1)
  })

  test('may be several by a glob: types hold for all, and only what they are read alike in is pinned', async () => {
    await writeFile(join(dir, 'part_1.csv'), 'id,n\n1,1\n')
    await writeFile(join(dir, 'part_2.csv'), 'n;id\n1.5;2\n')
    const { columns, pins, sampled } = await fitColumns(join(dir, 'part_*.csv'), 'part_*.csv')
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['id', 'id'],
      ['n', 'decimal'],
    ])
    expect(pins).toEqual(['encoding: utf-8', `quote: '"'`, 'header: true'])
    expect(sampled).toBe(2)
  })

  test('that is not there is told as it was typed, with the place where it would be', async () => {
    const path = join(dir, 'down', 'nope.csv')
    await expect(fitColumns(path, 'down/nope.csv')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: 'down/nope.csv does not exist',
      hint: expect.stringContaining(path) as string,
    })
  })

  test('that no glob matches is told by the glob', async () => {
    await expect(fitColumns(join(dir, 'none_*.csv'), 'none_*.csv')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: /no file matches .*none_\*\.csv/,
    })
  })
})
