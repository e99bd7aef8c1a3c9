import { describe, expect, it } from 'vitest'
import { parseSet, readParamsFile } from '../../../client/project/parse-set.ts'
import { parseConfig } from '../../../client/project/read-config.ts'
import { temporaryFolder, write } from '../../support/stage-project.ts'

describe('parseSet', () => {
  it('keeps the value as typed, with every further = in it', () => {
    expect(parseSet(['id=007', 'url=http://x/?a=b', 'empty='])).toEqual({ id: '007', url: 'http://x/?a=b', empty: '' })
  })
})

describe('readParamsFile', () => {
  it.each([
    ['p.yaml', 'id: 7506832682593094928\nzip: 007\nshare: 1.10\nname: "x y"\non: true\n'],
    ['p.json', '{"id": 7506832682593094928, "zip": "007", "share": 1.10, "name": "x y", "on": true}'],
  ])('takes values from %s by their source text', async (file, text) => {
    const folder = temporaryFolder()
    write(folder, { [file]: text })
    expect(await readParamsFile(folder, file)).toEqual({
      id: '7506832682593094928',
      zip: '007',
      share: '1.10',
      name: 'x y',
      on: 'true',
    })
  })

  it.each([
    ['- a\n', 'PARAM_INVALID', 'names and values'],
    ['a: [1]\n', 'PARAM_INVALID', '"a" must have one value'],
    ['a: *b\n', 'PARAM_INVALID', 'p.yaml'],
  ])('refuses %j', async (text, code, message) => {
    const folder = temporaryFolder()
    write(folder, { 'p.yaml': text })
    await expect(readParamsFile(folder, 'p.yaml')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    })
  })

  it('says that the file is not there', async () => {
    await expect(readParamsFile(temporaryFolder(), 'none.yaml')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })
})

describe('parseConfig', () => {
  it('reads JSON and YAML, and keeps numbers that a computer would change as text', () => {
    const expected = { id: '7506832682593094928', zip: '007', min: 5 }
    expect(parseConfig('{"id": 7506832682593094928, "zip": "007", "min": 5}', 'x')).toEqual(expected)
    expect(parseConfig('id: 7506832682593094928\nzip: 007\nmin: 5\n', 'x')).toEqual(expected)
  })

  it('keeps every sign of a JSON text', () => {
    expect(parseConfig(String.raw`{"matches": "\\d+ \/ \ud83d\ude00\t\"", "n": 1234567890123456789}`, 'x')).toEqual({
      matches: '\\d+ / 😀\t"',
      n: '1234567890123456789',
    })
  })

  it.each(['not json', '[1]', '"text"', 'a: *b', ''])('refuses %j', (text) => {
    expect(() => parseConfig(text, 'line 3')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('line 3') as string }) as Error,
    )
  })
})
