import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keptFailures, keptInputs } from './kept-failures.ts'
import { properties, testData } from './properties.ts'
import { openStageBench, type StageBench } from './stage-bench.ts'

/** The same inputs each time; `npm run fuzz` looks further. */
const SEED = 4

let bench: StageBench
beforeAll(async () => {
  bench = await openStageBench()
})
afterAll(() => bench.close())

describe('whatever the input', () => {
  for (const { name, runs, needsData, check } of properties) {
    const title = needsData ? `${name} [needs ONCLOCK_TEST_DATA and python3]` : name
    test.skipIf(needsData && testData === '')(title, { timeout: 120_000 }, async () => {
      const details = await check(bench, { seed: SEED, runs, kept: keptInputs(name) })
      if (details.failed)
        throw new Error(JSON.stringify(details.counterexample).slice(0, 5_000), { cause: details.errorInstance })
    })
  }
})

test('each failure that is kept is one of a property that there is', () => {
  expect(properties.map(({ name }) => name)).toEqual(expect.arrayContaining(keptFailures().map(({ property }) => property)))
})
