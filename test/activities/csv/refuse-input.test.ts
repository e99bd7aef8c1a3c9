import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileError } from '../../../activities/csv/refuse-input.ts'
import { type CsvBench, openBench, readCsv } from './read-csv.ts'

let bench: CsvBench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

describe('loadCsv refuses', () => {
  test.each<[string, string | Buffer, RegExp]>([
    ['an empty file', '', /is empty: 0 bytes/],
    ['blank lines alone', '\n\n  \n', /blank lines only/],
    ['binary content', Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7919) % 251)), /is binary/],
    ['a zip archive that was cut off', Buffer.from('504b03041400', 'hex'), /zip archive that is damaged or cut off/],
    ['an object of JSON', '{"a": 1, "b": [2]}\n', /is JSON/],
    ['a list of JSON', '[\n  {"a": 1}\n]\n', /is JSON/],
    ['JSON lines', '{"a": 1}\n{"a": 2}\n', /is JSON/],
    ['a notebook', '{\n "cells": [],\n "nbformat": 4\n}\n', /Jupyter notebook/],
    ['a web page', '\n<!DOCTYPE html>\n<html><body>a,b</body></html>\n', /is HTML/],
    ['XML', '<?xml version="1.0"?>\n<a/>\n', /is XML/],
    ['a PDF', '%PDF-1.7\n', /is a PDF/],
    ['Parquet', 'PAR1....PAR1', /Parquet/],
    ['lists of JSON objects, one a line', '{"a": 1, "b": "x"}\r\n{"a": 2}\r\n', /is JSON lines/],
    ['JSON in UTF-16', Buffer.from('\ufeff[{"a": 1}]', 'utf16le'), /is JSON/],
    ['XML without a declaration', '<rows>\n  <row id="1"><a>1</a></row>\n</rows>\n', /is XML/],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae10000', 'hex'), /old Excel workbook/],
    ['SQLite', 'SQLite format 3\0....', /SQLite/],
    ['an image', Buffer.from('89504e470d0a1a0a', 'hex'), /an image/],
    ['bzip2', Buffer.from('425a68393141592653590000', 'hex'), /bzip2/],
    ['xz', Buffer.from('fd377a585a000004', 'hex'), /xz file/],
    ['7z', Buffer.from('377abcaf271c0004', 'hex'), /7z archive/],
    ['a packed tar', gzipSync(Buffer.concat([Buffer.alloc(257, 'x'), Buffer.from('ustar\0')])), /tar archive/],
    ['gzip inside gzip', gzipSync(gzipSync('a,b\n1,2\n')), /gzip file inside an archive/],
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n', /Git LFS/],
  ])('%s', async (_, bytes, message) => {
    await expect(readCsv(bench, bytes)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
  })

  test.each<[string, string]>([
    ['a header in angle brackets', '<date>,<open>\n2026-01-02,5\n'],
    ['a cell that is JSON', 'id,data\n1,"{""a"": 1}"\n'],
    ['a first column called version', 'version,n\nhttps://x,1\n'],
    ['a list in brackets', '[id],[name]\n1,x\n'],
  ])('but not %s', async (_, text) => {
    expect((await readCsv(bench, text)).rows).toHaveLength(1)
  })

  test('a file that is not there', async () => {
    await expect(readCsv(bench, { path: join(bench.dir, 'none.csv') })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })

  test('a folder', async () => {
    await mkdir(join(bench.dir, 'folder.csv'))
    await expect(readCsv(bench, { path: join(bench.dir, 'folder.csv') })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: /folder/,
    })
  })

  test.skipIf(process.getuid?.() === 0)('a file that may not be read [needs a user who is not root]', async () => {
    const path = join(bench.dir, 'secret.csv')
    await writeFile(path, 'a,b\n1,2\n')
    await chmod(path, 0)
    await expect(readCsv(bench, { path })).rejects.toMatchObject({ code: 'NO_PERMISSION' })
  })
})

describe('fileError', () => {
  test.each([
    ['EACCES', 'NO_PERMISSION'],
    ['EPERM', 'NO_PERMISSION'],
    ['ENOENT', 'FILE_NOT_FOUND'],
    ['ENOSPC', 'DISK_FULL'],
  ])('says %s as %s', (code, expected) => {
    expect(fileError(Object.assign(new Error(code), { code }), 'x.csv')).toMatchObject({ code: expected })
  })

  test('knows a full disk by the words of DuckDB', () => {
    expect(fileError(new Error('IO Error: Could not write file "x": No space left on device'), 'x.csv')).toMatchObject({
      code: 'DISK_FULL',
    })
  })

  test('keeps values that the data engine quotes to the cause', () => {
    const error = fileError(new Error(`Conversion Error: Could not convert string 'secret' to INT64`), 'x.csv')
    expect(error.message).toBe('Conversion Error of the data engine while working on x.csv')
  })
})
