// Runs in a guarded process of its own, fresh for each attempt: see typescript-runner.ts.
import { readFileSync, writeSync } from 'node:fs'
import { OnclockError, messageOf } from '../../pipeline/errors.ts'
import { LineSplitter } from '../guard/line-splitter.ts'
import { REPORT_FD } from '../guard/spawn-guarded.ts'
import type { Progress, StageResult } from '../stage.ts'
import { describeThrown } from './describe-thrown.ts'
import { loadStage, StageLoadError } from './load-stage.ts'
import { runFunction } from './run-function.ts'
import type { LogLevel, StageFailure, StageReport, StageRequest } from './stage-messages.ts'

const PROGRESS_EVERY_MS = 200
/** As a shell reports a process that TERM ended. */
const TERM_EXIT = 143

const request = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as StageRequest
const abort = new AbortController()
let watching = false

/** Written at once, also from code that never lets go of the process; when the reader is behind, the stage waits. */
function report(message: StageReport): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`)
  for (let at = 0; at < bytes.length;) at += writeSync(REPORT_FD, bytes, at)
}

function line(level: LogLevel, text: string): void {
  for (const part of text.split('\n')) report({ kind: 'line', level, text: part })
}

function capture(stream: NodeJS.WriteStream, level: LogLevel): LineSplitter {
  const lines = new LineSplitter((text) => line(level, text))
  const write = (chunk: Uint8Array | string, encoding?: unknown, done?: unknown): boolean => {
    lines.add(chunk)
    const callback = typeof encoding === 'function' ? encoding : done
    if (typeof callback === 'function') (callback as () => void)()
    return true
  }
  stream.write = write
  return lines
}

function throttled(): (progress: Progress) => void {
  let last = 0
  return (progress) => {
    const now = Date.now()
    if (now - last < PROGRESS_EVERY_MS) return
    last = now
    report({ kind: 'progress', progress })
  }
}

async function runStage(): Promise<StageResult> {
  const loaded = await loadStage(request.context.projectDir, request)
  if (loaded.form === 'function') return runFunction(loaded.run, request)
  const { runDefined } = await import('./run-defined.ts')
  return runDefined(loaded.stage, request, {
    log: {
      debug: (message) => line('debug', message),
      info: (message) => line('info', message),
      warn: (message) => line('warn', message),
      error: (message) => line('error', message),
    },
    signal: abort.signal,
    progress: throttled(),
    watching: () => {
      watching = true
    },
  })
}

function failureOf(error: unknown): StageFailure {
  if (error instanceof OnclockError) {
    const stack = error.cause instanceof Error ? (error.cause.stack ?? null) : null
    const message = error instanceof StageLoadError ? error.withoutItsWords(request.context.projectDir) : error.message
    return { code: error.code, message, hint: error.hint ?? null, stack }
  }
  const full = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOSPC'
  const stack = error instanceof Error ? (error.stack ?? null) : null
  const described = describeThrown(error, request.context.projectDir)
  const message = full ? messageOf(error) : `stage "${request.context.stage}" failed: ${described}`
  return {
    code: full ? 'DISK_FULL' : 'STAGE_FAILED',
    message,
    hint: 'What it said is in the log, with the stack.',
    stack: stack ?? String(error),
  }
}

function end(last: StageReport): never {
  out.end()
  err.end()
  report(last)
  // Whatever the stage left running is not waited for.
  process.exit(0)
}

// A stage that looks at its signal ends by itself; any other would not notice.
process.on('SIGTERM', () => {
  abort.abort()
  if (!watching) process.exit(TERM_EXIT)
})
// What is thrown beside the stage's own promise is the stage's fault as well.
process.on('uncaughtException', (error) => end({ kind: 'failed', failure: failureOf(error) }))
// A stage that waits for what never comes is still running: its time limit ends it, as it ends an endless loop.
setInterval(() => undefined, 60_000)

const out = capture(process.stdout, 'info')
const err = capture(process.stderr, 'warn')
let last: StageReport
try {
  last = { kind: 'done', result: await runStage() }
} catch (error) {
  last = { kind: 'failed', failure: failureOf(error) }
}
end(last)
