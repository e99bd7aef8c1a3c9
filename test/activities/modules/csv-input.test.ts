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
})
