// `npm run fuzz -- [--seed N] [--minutes M] [--only WORD]`: the properties of the tests, on as many inputs as the time allows.
import { parseArgs } from 'node:util'
import type { RunDetails } from 'fast-check'
import { keepFailure, keptInputs } from './kept-failures.ts'
import { properties, type Property, testData } from './properties.ts'
import { openStageBench, type StageBench } from './stage-bench.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, minutes: { type: 'string', default: '5' }, only: { type: 'string', default: '' } },
})
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
const minutes = Number(values.minutes)
if (!Number.isSafeInteger(seed) || !(minutes > 0)) throw new Error('--seed takes a whole number, --minutes a positive one')

/** Inputs of one seed, after which the time is looked at. */
const AT_ONCE = 20

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const chosen = properties.filter(({ name, needsData }) => name.includes(values.only) && !(needsData && testData === ''))
const bench = await openStageBench()
try {
  say(`seed ${seed}, ${minutes} minutes for ${chosen.length} properties`)
  for (const property of chosen) if (!(await holds(property, bench))) process.exitCode = 1
} finally {
  await bench.close()
}

/** Tries a property for its share of the time, with one seed after the other; what it fails on is kept. */
async function holds({ name, check }: Property, bench: StageBench): Promise<boolean> {
  const end = Date.now() + (minutes * 60_000) / chosen.length
  let tried = 0
  for (let next = seed; Date.now() < end; next += 1) {
    const details = await check(bench, { seed: next, runs: AT_ONCE, kept: tried === 0 ? keptInputs(name) : [] })
    tried += details.numRuns
    if (details.failed) {
      tell(name, details)
      return false
    }
  }
  say(`held ${tried} times: ${name}`)
  return true
}

function tell(name: string, details: RunDetails<[unknown]>): void {
  keepFailure(name, details)
  say(`FAILED: ${name}\n${JSON.stringify(details.counterexample).slice(0, 5_000)}`)
  say(details.errorInstance instanceof Error ? (details.errorInstance.stack ?? '') : String(details.errorInstance))
  say('It is kept in test/properties/failures.json: the tests try it first from now on.')
}
