import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../../activities/duckdb.ts'
import { writeKeptCsv } from '../../../../activities/stages/rule-based-filtering/kept-csv.ts'

test('rows that stay are the same while other statements run on the connection', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onclock-kept-'))
  const database = await openDatabase({ spillDir: join(folder, 'spill'), threads: 1 })
  try {
    const connection = await database.connect()
    const records = 200_000
    const from = join(folder, 'from.csv')
    await writeFile(from, `n\n${Array.from({ length: records }, (_, row) => `${row}\n`).join('')}`)
    await connection.run(`CREATE TEMP TABLE stopped AS SELECT range AS __row FROM range(${records}) WHERE range % 10 <> 3`)
    const kept = { from, columns: ['n'], records, stopped: 'stopped', signal: new AbortController().signal }
    const lines = Array.from({ length: records / 10 }, (_, index) => `${index * 10 + 3}\n`)
    for (let round = 0; round < 5; round += 1) {
      const to = join(folder, `to-${round}.csv`)
      const others = async (): Promise<void> => {
        for (let at = 0; at < 20; at += 1) await connection.run('SELECT 1')
      }
      await Promise.all([writeKeptCsv(connection, { ...kept, to }), others()])
      expect(await readFile(to, 'utf8')).toBe(`n\n${lines.join('')}`)
    }
  } finally {
    database.close()
    await rm(folder, { recursive: true })
  }
})
