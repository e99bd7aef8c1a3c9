import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../pipeline/json.ts'
import { type CsvBench, openBench } from '../activities/csv/read-csv.ts'
import { configOf, expectedOf, inputOf, type ParseCase, readParseCases } from './parse-cases.ts'
import { fingerprintOf, isAsExpected, outcomeOf, readUnder } from './parse-read.ts'
import { SUITES_DIR } from './suite-cases.ts'

interface NotOffered {
  readonly id: string
  readonly reason: string
}

interface Disagreement {
  readonly id: string
  readonly suite_says: string
  readonly we_do: string
  readonly why: string
}

/** A file that is refused, or of which no row is kept. */
interface Refusal {
  readonly id: string
  readonly outcome: string
  readonly why: string
  /** A config under which it is read. */
  readonly read_with?: JsonObject
}

const ROBUST_MS = 10_000

const listed = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8'))

const notOffered = listed('parse-not-offered') as readonly NotOffered[]
const disagreements = listed('parse-disagreements') as readonly Disagreement[]
const refusals = listed('parse-refusals') as readonly Refusal[]

/** By suite: how many cases there are, and what came of them. */
type Counts = Map<string, { cases: number; passed: number; not_offered: number; disagreements: number }>

describe.skipIf(SUITES_DIR === '')('the parsers’ own test suites [needs ONCLOCK_TEST_DATA]', () => {
  let bench: CsvBench
  let cases: readonly ParseCase[]
  const counts: Counts = new Map()
  beforeAll(async () => {
    bench = await openBench()
    cases = readParseCases()
  })
  afterAll(() => bench.close())

  const count = (suite: string, what: 'passed' | 'not_offered' | 'disagreements'): void => {
    const so = counts.get(suite) ?? { cases: 0, passed: 0, not_offered: 0, disagreements: 0 }
    counts.set(suite, { ...so, cases: so.cases + 1, [what]: so[what] + 1 })
  }

  test('every case passes, or is listed with its reason and does what the list says', async () => {
    const unoffered = new Set(notOffered.map(({ id }) => id))
    const differing = new Map(disagreements.map((entry) => [entry.id, entry.we_do]))
    const wrong: string[] = []
    const met = new Set<string>()
    for (const one of cases) {
      const expected = expectedOf(one)
      if (expected === null) continue
      met.add(one.id)
      const reading = await readUnder(bench, await inputOf(one), configOf(one))
      const isListed = unoffered.has(one.id) || differing.has(one.id)
      if (isAsExpected(reading, expected) === isListed)
        wrong.push(`${one.id}: ${isListed ? 'listed, and passes' : outcomeOf(reading)}`)
      const said = differing.get(one.id)
      if (said !== undefined && said !== outcomeOf(reading)) wrong.push(`${one.id}: does ${outcomeOf(reading)}, not ${said}`)
      count(one.suite, unoffered.has(one.id) ? 'not_offered' : said === undefined ? 'passed' : 'disagreements')
    }
    expect(wrong).toEqual([])
    expect([...unoffered, ...differing.keys()].filter((id) => !met.has(id))).toEqual([])
  })

  test(
    'every file ends in a table or a named error, counts its records and gives the same twice',
    { timeout: 180_000 },
    async () => {
      const said = new Map(refusals.map((entry) => [entry.id, entry.outcome]))
      const wrong: string[] = []
      for (const one of cases.filter(({ expect: { kind } }) => kind === 'no_crash')) {
        const bytes = await inputOf(one)
        const begun = performance.now()
        const reading = await readUnder(bench, bytes, {})
        if (performance.now() - begun > ROBUST_MS) wrong.push(`${one.id}: is slow`)
        const { read } = reading
        if (read !== null && read.records !== read.rows.length + read.bad.length) wrong.push(`${one.id}: loses records`)
        if (fingerprintOf(await readUnder(bench, bytes, {})) !== fingerprintOf(reading))
          wrong.push(`${one.id}: differs the second time`)
        const refused = read === null || (read.records > 0 && read.rows.length === 0)
        const outcome = refused ? outcomeOf(reading) : undefined
        if (outcome !== said.get(one.id)) wrong.push(`${one.id}: ${outcomeOf(reading)}, listed as ${said.get(one.id) ?? 'read'}`)
        count(one.suite, 'passed')
      }
      expect(wrong).toEqual([])
    },
  )

  test('a refused file is read under the config that its list names', async () => {
    const byId = new Map(cases.map((one) => [one.id, one]))
    for (const { id, read_with: config } of refusals) {
      const one = byId.get(id)
      if (one === undefined || config === undefined) continue
      const { read } = await readUnder(bench, await inputOf(one), config)
      expect(read?.rows.length ?? 0, id).toBeGreaterThan(0)
    }
    expect(refusals.filter(({ id }) => !byId.has(id))).toEqual([])
  })

  test('the counts are those of the docs', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/suites.md'), 'utf8')
    const rows = [...counts].map(
      ([suite, so]) => `| ${suite} | ${so.cases} | ${so.passed} | ${so.not_offered} | ${so.disagreements} |`,
    )
    expect(cases).toHaveLength([...counts.values()].reduce((sum, so) => sum + so.cases, 0))
    const ours = page.slice(page.indexOf('## Reading'))
    expect(rows.filter((row) => !ours.replaceAll(/ {2,}/g, ' ').includes(row))).toEqual([])
    const refused = refusals.filter(({ outcome }) => outcome.startsWith('error')).length
    expect(page).toContain(
      `${refused} of the ${counts.get('robust')?.cases} are refused, and of ${refusals.length - refused} no row is kept`,
    )
  })
})
