// `npm run bench [-- parts | peers] [--rows N[,N]] [--rounds N] [--seed N] [--json]`: where the time of a small run goes (parts), and
// the same work in other engines (peers). Without a part it does both. Tables on stdout, progress on stderr.
import { parseArgs } from 'node:util'
import { comparisonText, isSound } from './comparison-text.ts'
import { runParts } from './run-parts.ts'
import { runPeers } from './run-peers.ts'

const USUAL_ROWS = '20000,1000000'

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rows: { type: 'string', default: USUAL_ROWS },
      rounds: { type: 'string', default: '5' },
      seed: { type: 'string', default: '7' },
      json: { type: 'boolean', default: false },
    },
  })
  const [part = 'all', ...more] = positionals
  if (!['all', 'parts', 'peers'].includes(part) || more.length > 0)
    throw new Error(`What is measured is parts or peers, not ${positionals.join(' ')}.`)
  const rounds = wholeNumber('--rounds', values.rounds, 1)
  const seed = wholeNumber('--seed', values.seed, 0)
  const sizes = values.rows.split(',').map((rows) => wholeNumber('--rows', rows, 100))
  const say = (message: string): void => void process.stderr.write(`${message}\n`)
  if (part !== 'peers') process.stdout.write(await runParts(rounds, values.json))
  for (const rows of part === 'parts' ? [] : sizes) {
    const comparison = await runPeers({ rows, rounds, seed, say })
    process.stdout.write(values.json ? `${JSON.stringify(comparison)}\n` : comparisonText(comparison))
    if (!isSound(comparison)) process.exitCode = 1
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}

/** The generator's seeds and counts are whole numbers below 2^32. */
function wholeNumber(option: string, text: string, least: number): number {
  const number = Number(text.replaceAll('_', ''))
  if (Number.isInteger(number) && number >= least && number < 2 ** 32) return number
  throw new Error(`${option} takes a whole number of at least ${least}, not "${text}".`)
}
