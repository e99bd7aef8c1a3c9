// Runs in a worker thread, fresh for each attempt: see typescript-runner.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { OnclockError, messageOf } from '../../pipeline/errors.ts'
import { LineSplitter } from '../guard/line-splitter.ts'
import type { Progress, StageResult } from '../stage.ts'
import { loadStage } from './load-stage.ts'
import { runDefined } from './run-defined.ts'
import { runFunction } from './run-function.ts'
import type { LogLevel, StageRequest, ThreadFailure, ThreadReport } from './thread-messages.ts'

const LINES_AT_ONCE = 5_000
const PROGRESS_EVERY_MS = 200

const request = workerData as StageRequest
const abort = new AbortController()
const underway = new Int32Array(request.linesUnderway)

function report(message: ThreadReport): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(message)
}

/** A line goes out at once, also from code that never lets go of the thread; too many wait for those before them. */
function line(level: LogLevel, text: string): void {
  for (let count = Atomics.add(underway, 0, 1); count >= LINES_AT_ONCE; count = Atomics.load(underway, 0))
    Atomics.wait(underway, 0, count, 1_000)
  report({ kind: 'line', level, text })
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
  return runDefined(loaded.stage, request, {
    log: {
      debug: (message) => line('debug', message),
      info: (message) => line('info', message),
      warn: (message) => line('warn', message),
      error: (message) => line('error', message),
    },
    signal: abort.signal,
    progress: throttled(),
    watching: () => report({ kind: 'watching' }),
  })
}

function failureOf(error: unknown): ThreadFailure {
  if (error instanceof OnclockError) {
    const stack = error.cause instanceof Error ? (error.cause.stack ?? null) : null
    return { code: error.code, message: error.message, hint: error.hint ?? null, stack }
  }
  const full = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOSPC'
  const stack = error instanceof Error ? (error.stack ?? null) : null
  return { code: full ? 'DISK_FULL' : 'STAGE_FAILED', message: messageOf(error), hint: null, stack }
}

parentPort?.on('message', () => abort.abort())
// What is thrown beside the stage's own promise is the stage's fault as well.
process.on('uncaughtException', (error) => report({ kind: 'failed', failure: failureOf(error) }))

const out = capture(process.stdout, 'info')
const err = capture(process.stderr, 'warn')
let end: ThreadReport
try {
  end = { kind: 'done', result: await runStage() }
} catch (error) {
  end = { kind: 'failed', failure: failureOf(error) }
}
out.end()
err.end()
report(end)
