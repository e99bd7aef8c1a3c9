import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { CsvInput } from '../../../activities/modules/csv-input.ts'
import { temporaryFolder, write } from '../../support/stage-project.ts'

describe('CsvInput', () => {
  it('tells how far it is while a stage takes its time for each row', async () => {
    const folder = temporaryFolder()
    write(folder, { 'in.csv': 'id\n1\n2\n3\n' })
    const told: number[] = []
    const file = { path: join(folder, 'in.csv'), shown: 'in.csv', rows: 3 }
    const input = new CsvInput(file, { signal: new AbortController().signal, onRows: (count) => told.push(count) })
    for await (const row of input.rows()) await sleep(row['id'] === '3' ? 0 : 210)
    expect(told).toEqual([2, 3, 3])
  })

  it.each([
    ['\ufeffid;text\r\n1;"a;b"\r\n2;x,y\r\n', ['a;b', 'x,y']],
    ['"id"|"text"\n"1"|"a"\n"2"|""\n', ['a', null]],
    ['id\ttext\n1\ta b\n', ['a b']],
    ['id,text\n1,a;b\n', ['a;b']],
  ])('reads what a stage writes with another delimiter: %j', async (csv, texts) => {
    const folder = temporaryFolder()
    write(folder, { 'in.csv': csv })
    const file = { path: join(folder, 'in.csv'), shown: 'in.csv', rows: texts.length }
    const input = new CsvInput(file, { signal: new AbortController().signal, onRows: () => undefined })
    const found: unknown[] = []
    for await (const row of input.rows()) found.push(row['text'])
    expect(found).toEqual(texts)
  })

  it('takes a header of one column for what it is', async () => {
    const folder = temporaryFolder()
    write(folder, { 'in.csv': 'the one\na\nb\n' })
    const file = { path: join(folder, 'in.csv'), shown: 'in.csv', rows: 2 }
    const input = new CsvInput(file, { signal: new AbortController().signal, onRows: () => undefined })
    expect(await input.columns()).toEqual(['the one'])
  })
})
