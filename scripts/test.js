// `npm test [-- FILTER…]`: sets up, checks the code, runs every test, and says what was skipped and why.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, setUp } from './set-up.js'

await setUp()
const filters = process.argv.slice(2)
const checked = filters.length > 0 || spawnSync('npm', ['run', '--silent', 'check'], { cwd: root, stdio: 'inherit' }).status === 0
if (!checked)
  process.stdout.write(
    'The checks failed (format, lint, types, unused code); their words are above. The tests run all the same.\n',
  )
const folder = mkdtempSync(join(tmpdir(), 'onclock-test-'))
const report = join(folder, 'report.json')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const run = spawnSync(
  process.execPath,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
if (existsSync(report)) summarise(JSON.parse(readFileSync(report, 'utf8')))
rmSync(folder, { recursive: true, force: true })
process.exitCode = run.status === 0 && checked ? 0 : 1

/** Skipped tests say why in their name, in brackets at the end. */
function summarise({ testResults, numPassedTests, numFailedTests }) {
  const skipped = testResults.flatMap((file) =>
    file.assertionResults.filter(({ status }) => status === 'skipped' || status === 'pending' || status === 'todo'),
  )
  const reasons = new Map()
  for (const { fullName } of skipped) {
    const reason = /\[(needs [^\]]+)\]/.exec(fullName)?.[1] ?? 'no reason given'
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  for (const [reason, count] of reasons) process.stdout.write(`skipped ${count}: ${reason}\n`)
  process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped.length} skipped\n`)
}
