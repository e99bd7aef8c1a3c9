import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { dialectYaml } from '../../activities/csv/dialect.ts'
import { pinsOf } from '../../activities/stages/take-input-csv/describe-dialect.ts'
import { takeInputCsvSchema } from '../../activities/stages/take-input-csv/config.ts'
import { type CsvBench, openBench, readCsv } from '../activities/csv/read-csv.ts'
import { readPage } from './pages.ts'

/** The cells of each row of the page's table; a bar inside backquotes is no border. */
const shown = readPage('docs/odd-files.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.slice(2, -2).split(/ \| (?=found|asked|nothing|[^`]*: `)/))
  .map(([file = '', config = '', read = '']) => [file.slice(1, -1), config, read] as const)

const literal = (text: string): string => text.replaceAll('⏎', '\n').replaceAll('→', '\t')
const coded = (text: string): readonly string[] => [...text.matchAll(/`([^`]*)`/g)].map(([, code = '']) => code)

describe('files on the page of odd files', () => {
  let bench: CsvBench
  beforeAll(async () => {
    bench = await openBench()
  })
  afterAll(() => bench.close())

  it('are all there', () => {
    expect(shown).toHaveLength(18)
  })

  it.each(shown)('%s with %s gives %s', async (file, config, said) => {
    const keys = config.startsWith('asked') ? (parse(coded(config).join('\n')) as object) : {}
    const asked = takeInputCsvSchema.parse(keys)
    const { limit, short_rows: short } = asked
    const options = { pins: pinsOf(asked), fillShort: short === 'fill', ...(limit === undefined ? {} : { limit }) }
    const read = await readCsv(bench, literal(file), options)
    const [columns = '', rest = ''] = said.split(/: (.*)/s)
    const [cells = '', fault] = rest.split(' and record ')
    expect(read.columns.join(', ')).toBe(columns)
    expect(read.rows.map((row) => row.join(','))).toEqual(coded(cells).map(literal))
    const bad = read.bad.map(({ record, rule }) => `${record} is rejected as \`${rule}\``)
    expect(bad).toEqual(fault === undefined ? [] : [fault])
    expect(read.warnings.length > 0).toBe(config.includes('with a warning'))
    if (config.startsWith('found')) {
      const pins = dialectYaml(read.dialect)
      for (const line of coded(config)) expect(line === 'skip_lines: 0' || pins.includes(line), line).toBe(true)
    }
  })
})
