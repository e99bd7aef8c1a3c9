import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type LeftOutRow, readLeftOut } from '../../../activities/left-out/read-left-out.ts'
import { temporaryFolder } from '../../support/stage-project.ts'

const row = (record: number, rule: string, text = ''): string =>
  JSON.stringify({
    file: 'in.csv',
    record,
    line: record + 1,
    byte: 0,
    cells: { text },
    action: 'filter',
    violations: [{ rule, column: null, value: null, message: null }],
  })

async function read(lines: string, rule?: string): Promise<LeftOutRow[]> {
  const path = join(temporaryFolder(), 'rows.jsonl')
  writeFileSync(path, lines)
  const rows: LeftOutRow[] = []
  for await (const found of readLeftOut(path, rule === undefined ? {} : { rule })) rows.push(found)
  return rows
}

describe('readLeftOut', () => {
  it('gives the rows in order, however long a line is and whatever its cells hold', async () => {
    const long = 'é'.repeat(200_000)
    const rows = await read([row(1, 'a', long), row(2, 'a', 'a\u2028b\r'), row(3, 'a')].join('\n'))
    expect(rows.map(({ record }) => record)).toEqual([1, 2, 3])
    expect(rows.map(({ cells }) => cells?.['text'])).toEqual([long, 'a\u2028b\r', ''])
  })

  it('takes the rows of a rule, not those that only hold its name in a cell', async () => {
    const rows = await read([row(1, 'a', 'b'), row(2, 'b'), row(3, 'bb')].join('\n'), 'b')
    expect(rows.map(({ record }) => record)).toEqual([2])
  })

  it('says which line is none, and not what is in it', async () => {
    const error = await read(`${row(1, 'a')}\n{"secret": 1}\n`).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'OUTPUT_ALTERED', message: 'rows.jsonl line 2 is not a left-out row as stages write it' })
  })
})
