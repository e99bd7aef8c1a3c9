// `npm start [-- PIPELINE]`: sets up, runs a pipeline, and on a terminal keeps server and UI up until Ctrl-C.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { makeSample } from './make-sample.js'
import { root, setUp } from './set-up.js'

await setUp()
const sample = join(root, 'data', 'input.csv')
if (!existsSync(sample)) {
  const { rows } = makeSample(sample)
  process.stderr.write(`onclock: made a sample of ${rows.toLocaleString('en-US')} rows, data/input.csv\n`)
}
const command = join(root, 'bin', 'onclock.js')
const code = await run(['run', ...process.argv.slice(2)])
if (process.stdin.isTTY && process.stderr.isTTY && code !== 130) await run(['up'])
process.exitCode = code

/** Ctrl-C goes to the whole foreground group: the command answers it, this script only waits for its end. */
function run(args) {
  const ignore = () => undefined
  process.on('SIGINT', ignore)
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [command, ...args], { cwd: root, stdio: 'inherit' })
    child.on('exit', (status, signal) => {
      process.off('SIGINT', ignore)
      resolve(status ?? (signal === 'SIGTERM' ? 143 : 130))
    })
  })
}
