import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkIntakeConfig, intakeConfigFiles } from '../../../../activities/stages/take-input-csv/check-config.ts'
import { takeInputCsvSchema } from '../../../../activities/stages/take-input-csv/config.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'onclock-check-'))
  await writeFile(join(dir, 'tags.txt'), 'a\nb\n')
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const configOf = (column: unknown) => takeInputCsvSchema.parse({ columns: { c: column } })

describe('checkIntakeConfig', () => {
  test.each([
    [{ matches: '(?<=a)b' }, ['columns', 'c', 'matches'], 'bad_regex'],
    [{ not_matches: { link: 'ok', open: '(' } }, ['columns', 'c', 'not_matches', 'open'], 'bad_regex'],
    [{ in: { file: 'none.txt' } }, ['columns', 'c', 'in'], 'file_not_found'],
    [{ in: { list: 'tags' } }, ['columns', 'c', 'in'], 'bad_list'],
    [{ min: 5, below: 5 }, ['columns', 'c'], 'bad_bound'],
  ])('finds the fault in %j', async (column, path, code) => {
    expect(await checkIntakeConfig(configOf(column), dir)).toEqual([expect.objectContaining({ path, code })])
  })

  test.each([
    [{ delimiter: ';', quote: ';' }, 'quote'],
    [{ delimiter: '~|~', escape: '|' }, 'escape'],
    [{ delimiter: '#', comment: '##' }, 'comment'],
  ])('finds the marks in %j that cannot be told apart', async (config, key) => {
    const issues = await checkIntakeConfig(takeInputCsvSchema.parse(config), dir)
    expect(issues).toEqual([expect.objectContaining({ path: [key], code: 'bad_mark' })])
  })

  test('finds none in marks of their own', async () => {
    const config = { delimiter: '~|~', quote: "'", escape: '\\', comment: '//' }
    expect(await checkIntakeConfig(takeInputCsvSchema.parse(config), dir)).toEqual([])
  })

  test('finds none where there is none', async () => {
    expect(await checkIntakeConfig(configOf({ matches: '^a', in: { file: 'tags.txt' }, min: 3, max: 3 }), dir)).toEqual([])
  })
})

describe('intakeConfigFiles', () => {
  test('names each list file once', () => {
    expect(intakeConfigFiles(configOf({ in: { file: 'tags.txt' }, not_contains: { file: 'tags.txt#x' } }))).toEqual(['tags.txt'])
  })
})
