import { runCommandLine } from './command-line.ts'

// The one place that exits.

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read our output has seen enough, as `| head` does: that is no failure.
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

const interrupt = new AbortController()
let handled = false

const onSignal = (code: number) => (): void => {
  // A command that said it ends well by itself may do so once; the second signal is meant.
  if (!handled || interrupt.signal.aborted) process.exit(code)
  interrupt.abort(code)
}
process.on('SIGINT', onSignal(130))
process.on('SIGTERM', onSignal(143))
process.on('SIGHUP', onSignal(129))

const exit = await runCommandLine(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  onInterrupt: () => {
    handled = true
    return interrupt.signal
  },
})
process.exit(exit)
