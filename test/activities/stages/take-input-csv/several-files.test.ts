import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { takeInputCsv } from '../../../../activities/stages/take-input-csv/stage.ts'
import { makeZip } from '../../csv/make-zip.ts'
import { type Intake, type IntakeBench, openIntakeBench, runIntake } from './run-intake.ts'

const OUT = 'intake_20260102_030405.csv'
const REJECTED = 'stage1_rejected_20260102_030405'
const DUPLICATES = 'stage1_duplicates_20260102_030405'
const lenient = { budget: { fail: '100%' }, min_output: '0 rows' }

let bench: IntakeBench
beforeAll(async () => {
  bench = await openIntakeBench()
})
afterEach(() => rm(join(bench.dir, 'in'), { recursive: true, force: true }))
afterAll(() => bench.close())

async function put(files: { readonly [name: string]: string | Buffer }): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(bench.dir, 'in', name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
  }
}

const take = (inputFile: string | readonly string[], config: { readonly [key: string]: unknown } = {}): Promise<Intake> =>
  runIntake(bench, null, { ...lenient, ...config, input_file: inputFile })

describe('several files by a glob', () => {
  test('are taken in natural order, each with its own dialect, columns matched by name', async () => {
    await put({
      'v_10.csv': 'id,name\n5,e\n',
      'v_2.csv': Buffer.from('name;id\ncafé;3\n;4\n', 'latin1'),
      'v_1.csv': '\ufeffid\tname\r\n1\ta\r\n2\tb\r\n',
    })
    const run = await take('in/v_*.csv')
    expect(await run.text(OUT)).toBe('id,name\n1,a\n2,b\n3,café\n4,\n5,e\n')
    expect(run.rows).toEqual({ in: 5, out: 5, rejected: 0, filtered: 0, duplicates: 0 })
    expect(run.inputs.map(({ path }) => path)).toEqual(['in/v_1.csv', 'in/v_2.csv', 'in/v_10.csv'])
    expect(run.inputs[2]?.sha256).toBe(createHash('sha256').update('id,name\n5,e\n').digest('hex'))
    expect(run.metadata['files']).toMatchObject([
      { file: 'in/v_1.csv', records: 2, dialect: { delimiter: '\t' } },
      { file: 'in/v_2.csv', records: 2, dialect: { encoding: 'windows-1252', delimiter: ';' } },
      { file: 'in/v_10.csv', records: 1 },
    ])
  })

  test('rows left out have the file, record, line and byte of their own file, and the numbers add up', async () => {
    await put({ 'a.csv': 'id,n\n1,1\n2\n', 'b.csv': 'id,n\n3,x\n1,1\n4,5,6\n' })
    const run = await take('in/?.csv', { columns: { n: { type: 'integer' } } })
    expect(run.rows).toEqual({ in: 5, out: 1, rejected: 3, filtered: 0, duplicates: 1 })
    expect((await run.lines(`${REJECTED}.jsonl`)).map(({ file, record, line, byte }) => [file, record, line, byte])).toEqual([
      ['in/a.csv', 2, 3, 9],
      ['in/b.csv', 1, 2, 5],
      ['in/b.csv', 3, 4, 13],
    ])
    const [duplicate] = await run.lines(`${DUPLICATES}.jsonl`)
    expect(duplicate).toMatchObject({ file: 'in/b.csv', record: 2, violations: [{ message: 'equals record 1 of in/a.csv' }] })
  })

  test('a missing and an additional column are told by name', async () => {
    await put({ 'a.csv': 'id,n\n1,1\n', 'b.csv': 'id,m\n2,2\n' })
    await expect(take('in/*.csv')).rejects.toMatchObject({
      code: 'COLUMNS_DIFFER',
      message: 'in/b.csv has other columns than in/a.csv: it lacks "n" and has "m" besides',
      hint: expect.stringContaining('union: by_name'),
    })
  })

  test('a file without the header is told without its cells', async () => {
    await put({ 'a.csv': 'id,n\n1,1\n', 'b.csv': 'secret,other\nx,y\n' })
    const error: unknown = await take('in/*.csv').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'COLUMNS_DIFFER', hint: expect.stringContaining('header: false') })
    expect(String(error)).not.toContain('secret')
  })

  test('by name, what a file lacks is empty', async () => {
    await put({ 'a.csv': 'id,n\n1,1\n', 'b.csv': 'm,id\n9,2\n' })
    const run = await take('in/*.csv', { union: 'by_name' })
    expect(await run.text(OUT)).toBe('id,n,m\n1,1,\n2,,9\n')
    expect(run.metadata['files']).toMatchObject([{ missing_columns: ['m'] }, { missing_columns: ['n'] }])
  })

  test('a column that the config requires may come from a later file', async () => {
    await put({ 'a.csv': 'id,n\n1,1\n', 'b.csv': 'id,n,m\n2,2,x\n' })
    const run = await take('in/*.csv', { union: 'by_name', columns: { m: { in: ['x'] } } })
    expect(run.rows).toMatchObject({ out: 2 })
  })

  test('names that differ in case and spaces are one column where the config says so', async () => {
    await put({ 'a.csv': 'Video ID,n\n1,1\n', 'b.csv': 'video_id,n\n2,2\n' })
    await expect(take('in/*.csv')).rejects.toMatchObject({ code: 'COLUMNS_DIFFER' })
    expect((await take('in/*.csv', { column_names: 'loose' })).rows).toMatchObject({ out: 2 })
  })

  test('a file that is not UTF-8 far down is read again, and nothing is taken twice', async () => {
    const plain = `id,name\n${Array.from({ length: 120_000 }, (_, at) => `${at},plain text here\n`).join('')}`
    await put({ 'a.csv': 'id,name\nx,y\n', 'b.csv': Buffer.concat([Buffer.from(plain), Buffer.from('z,caf\xe9\n', 'latin1')]) })
    const run = await take('in/*.csv')
    expect(run.rows).toEqual({ in: 120_002, out: 120_002, rejected: 0, filtered: 0, duplicates: 0 })
    expect((await run.text(OUT)).endsWith('z,café\n')).toBe(true)
  })

  test('the limit holds for all files together', async () => {
    await put({ 'a.csv': 'id,n\n1,1\n2,2\n', 'b.csv': 'id,n\n3,3\n4,4\n', 'c.csv': 'id,n\n5,5\n' })
    const run = await take('in/*.csv', { limit: 3 })
    expect(await run.text(OUT)).toBe('id,n\n1,1\n2,2\n3,3\n')
  })

  test('a list keeps its order, names each file once, and may hold globs', async () => {
    await put({ 'b.csv': 'id,n\n2,2\n', 'a.csv': 'id,n\n1,1\n' })
    expect(await (await take(['in/b.csv', 'in/*.csv'])).text(OUT)).toBe('id,n\n2,2\n1,1\n')
  })

  test('a name that is a file is no glob', async () => {
    await put({ 'v[1].csv': 'id,n\n1,1\n', 'v1.csv': 'id,n\n2,2\n' })
    expect(await (await take('in/v[1].csv')).text(OUT)).toBe('id,n\n1,1\n')
  })

  test('no match is an error that says the glob', async () => {
    await expect(take('in/none_*.csv')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: 'no file matches in/none_*.csv',
    })
  })

  test('what a run has written is not matched', async () => {
    await put({ 'a.csv': 'id,n\n1,1\n', 'execution_20260101_000000/out.csv': 'id,n\n9,9\n' })
    expect((await take('in/**/*.csv')).rows).toMatchObject({ in: 1 })
  })

  test('one empty file among them is named', async () => {
    await put({ 'a.csv': 'id,n\n1,1\n', 'b.csv': '' })
    await expect(take('in/*.csv')).rejects.toMatchObject({ code: 'INPUT_UNREADABLE', message: /in\/b\.csv is empty/ })
  })

  test('what a glob matches is part of the meaning, and a plain name is not', async () => {
    await put({ 'v_10.csv': '', 'v_9.csv': '' })
    const sources = (inputFile: string | readonly string[]) =>
      takeInputCsv.sources?.(takeInputCsv.schema.parse({ input_file: inputFile }), bench.dir)
    expect(await sources('in/v_*.csv')).toEqual(['in/v_9.csv', 'in/v_10.csv'])
    expect(await sources('in/v_9.csv')).toEqual([])
  })
})

describe('archives', () => {
  const TEXT = 'id,n\n1,a\n2\n'
  const CSV = Buffer.from(TEXT)

  test.each([
    ['gzip', gzipSync(CSV)],
    ['gzip in two members', Buffer.concat([gzipSync(CSV.subarray(0, 4)), gzipSync(CSV.subarray(4))])],
    ['gzip with zeros behind it', Buffer.concat([gzipSync(CSV), Buffer.alloc(100)])],
    ['zip', makeZip({ 'x.csv': CSV })],
    ['zip, stored', makeZip({ 'x.csv': CSV }, { stored: true })],
    [
      'zip with clutter',
      makeZip({ 'sub/x.csv': CSV, '__MACOSX/._x.csv': Buffer.from('junk'), 'readme.md': Buffer.from('hello') }),
    ],
    ['zip with a note on it', makeZip({ 'README.txt': 'hello', 'x.csv': CSV })],
    ['zip with a text file alone', makeZip({ 'x.txt': CSV })],
  ])('%s is read as it is, whatever its name, with places in what is inside', async (_, bytes) => {
    await put({ 'data.bin': bytes })
    const run = await take('in/data.bin')
    expect(run.rows).toMatchObject({ in: 2, out: 1, rejected: 1 })
    expect(await run.lines(`${REJECTED}.jsonl`)).toMatchObject([{ file: 'in/data.bin', record: 2, line: 3, byte: 9 }])
    expect(run.inputs).toEqual([
      { path: 'in/data.bin', bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    ])
  })

  test('members of a zip by a glob are files of their own, and the archive is one input', async () => {
    await put({ 'a.zip': makeZip({ 'v_10.csv': 'id,n\n3,c\n', 'v_9.csv': 'id,n\n1,a\n2\n', 'other.csv': 'x\n1\n' }) })
    const run = await take('in/a.zip', { member: 'v_*.csv' })
    expect(run.rows).toMatchObject({ in: 3, out: 2, rejected: 1 })
    expect(await run.lines(`${REJECTED}.jsonl`)).toMatchObject([{ file: 'in/a.zip/v_9.csv', record: 2 }])
    expect(run.inputs.map(({ path }) => path)).toEqual(['in/a.zip'])
  })

  test.each<[string, Buffer, RegExp, RegExp]>([
    [
      'several CSV files',
      makeZip({ 'a.csv': 'x\n1\n', 'b.csv': 'y\n1\n' }),
      /zip archive with 2 CSV files/,
      /a\.csv, b\.csv.*member:/,
    ],
    [
      'several text files',
      makeZip({ 'a.txt': 'x\n1\n', 'b.txt': 'y\n1\n' }),
      /zip archive with 2 CSV files/,
      /all: member: '\*\.txt'/,
    ],
    ['a workbook', makeZip({ '[Content_Types].xml': '<x/>', 'xl/workbook.xml': '<x/>' }), /is an Excel workbook/, /CSV UTF-8/],
    ['an OpenDocument sheet', makeZip({ mimetype: 'x', 'content.xml': '<x/>' }), /is an OpenDocument file/, /save/],
    ['nothing', makeZip({}), /with no file in it/, /Export/],
    ['a PDF', makeZip({ 'a.csv': '%PDF-1.7\n' }), /is a PDF/, /CSV/],
    ['an empty file', makeZip({ 'a.csv': '' }), /has nothing in it/, /Export/],
    ['a wrong checksum', makeZip({ 'a.csv': 'id,n\n1,2\n' }, { badChecksum: true }), /damaged: its checksum differs/, /again/],
    ['a member that is encrypted', makeZip({ 'a.csv': 'id,n\n1,2\n' }, { encrypted: true }), /encrypted/, /again/],
    ['its end cut off', makeZip({ 'a.csv': 'id,n\n1,2\n' }).subarray(0, -30), /damaged or cut off/, /again/],
  ])('a zip with %s is refused', async (_, bytes, message, hint) => {
    await put({ 'x.zip': bytes })
    await expect(take('in/x.zip')).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
  })

  test('a member that is not there is told with those that are', async () => {
    await put({ 'x.zip': makeZip({ 'a.csv': 'x\n1\n' }) })
    await expect(take('in/x.zip', { member: 'b.csv' })).rejects.toMatchObject({
      message: /no member "b\.csv"/,
      hint: 'It has a.csv.',
    })
  })

  const LONG = Buffer.from(`id,n\n${Array.from({ length: 200_000 }, (_, at) => `${at},row number ${at * 7919}\n`).join('')}`)
  const damaged = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes)
    copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 0xff
    return copy
  }

  test.each([
    ['gzip that was cut off', () => gzipSync(LONG).subarray(0, -100_000), /gzip file that ends too early/],
    ['gzip that was damaged', () => damaged(gzipSync(LONG)), /damaged gzip file/],
    ['gzip with text behind its end', () => Buffer.concat([gzipSync(CSV), Buffer.from('more,text\n')]), /damaged gzip file/],
    ['a zip whose member was damaged', () => damaged(makeZip({ 'a.csv': LONG })), /zip archive that is damaged/],
  ])('%s is an error and never silently short', async (_, bytes, message) => {
    await put({ 'x.csv': bytes() })
    await expect(take('in/x.csv')).rejects.toMatchObject({ code: 'INPUT_UNREADABLE', message: expect.stringMatching(message) })
  })

  const zstd = hasZstd()
  const packed = (bytes: Buffer, ...flags: string[]): Buffer =>
    execFileSync('zstd', ['-q', '-c', ...flags], { input: bytes, maxBuffer: 1 << 28 })

  describe.skipIf(!zstd)('zstd [needs the command zstd]', () => {
    test.each<[string, () => Buffer]>([
      ['as the command writes it', () => packed(CSV)],
      ['without a checksum', () => packed(CSV, '--no-check')],
      ['in two frames', () => Buffer.concat([packed(CSV.subarray(0, 4)), packed(CSV.subarray(4))])],
      ['with a frame that is skipped', () => Buffer.concat([Buffer.from('502a4d1803000000616263', 'hex'), packed(CSV)])],
    ])('%s is read', async (_, bytes) => {
      await put({ 'x.csv': bytes() })
      expect((await take('in/x.csv')).rows).toMatchObject({ in: 2, out: 1, rejected: 1 })
    })

    test('a long one comes out as it went in', async () => {
      await put({ 'x.zst': packed(LONG, '-9') })
      const run = await take('in/x.zst', { duplicates: 'keep' })
      expect(await run.text(OUT)).toBe(LONG.toString())
    })

    test.each<[string, () => Buffer, RegExp]>([
      ['that was cut off', () => packed(LONG).subarray(0, -100_000), /zstd file that ends too early/],
      ['that lacks its checksum', () => packed(CSV).subarray(0, -2), /zstd file that ends too early/],
      ['that was damaged', () => damaged(packed(LONG)), /damaged zstd file/],
      ['with text behind its end', () => Buffer.concat([packed(CSV), Buffer.from('more,text\n')]), /damaged zstd file/],
    ])('one %s is an error', async (_, bytes, message) => {
      await put({ 'x.zst': bytes() })
      await expect(take('in/x.zst')).rejects.toMatchObject({ code: 'INPUT_UNREADABLE', message: expect.stringMatching(message) })
    })
  })
})

function hasZstd(): boolean {
  try {
    execFileSync('zstd', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('strict', () => {
  test('refuses to guess, and says the lines that have to be added', async () => {
    await put({ 'a.csv': 'a;b\n1;2\n' })
    const lines = ['encoding: utf-8', `delimiter: ';'`, `quote: '"'`, 'header: true']
    await expect(take('in/a.csv', { strict: true })).rejects.toMatchObject({
      code: 'DIALECT_NOT_PINNED',
      hint: expect.stringContaining(lines.join('\n')),
    })
    const pinned = { strict: true, encoding: 'utf-8', delimiter: ';', quote: '"', header: true }
    expect((await take('in/a.csv', pinned)).rows).toMatchObject({ out: 1 })
  })

  test('a byte order mark is certain', async () => {
    await put({ 'a.csv': '\ufeffa;b\n1;2\n' })
    const error: unknown = await take('in/a.csv', { strict: true, delimiter: ';', quote: '"' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ hint: expect.stringMatching(/:\nheader: true$/) })
  })
})

describe('IDs that a spreadsheet has shortened', () => {
  test('are counted and warned of, by column and without the value', async () => {
    await put({ 'a.csv': 'video_id,ref,views,note\n7.50683E+18,"7,5E+18",1E+10,1E+12\n7506832682593094928,1,2,x\n' })
    const run = await take('in/a.csv', { columns: { ref: { type: 'id' } } })
    expect(run.metadata['shortened_ids']).toEqual({ video_id: 1, ref: 1 })
    expect(run.warnings).toEqual([
      expect.stringMatching(/^column video_id: 1 ID was shortened/),
      expect.stringMatching(/^column ref/),
    ])
    expect(run.warnings.join()).not.toContain('50683')
  })

  test('a code with an e in it is none', async () => {
    await put({ 'a.csv': 'id,n\nE+18,1\n1E18,2\nA1E+18,3\n' })
    expect((await take('in/a.csv')).warnings).toEqual([])
  })
})
