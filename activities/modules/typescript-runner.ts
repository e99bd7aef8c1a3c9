import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OnclockError } from '../../pipeline/errors.ts'
import { packageRoot } from '../package-root.ts'
import type { ModuleRunner, OwnModule, StageContext, StageResult } from '../stage.ts'
import { bindFiles } from './bind-files.ts'
import { findModuleFile } from './project-module.ts'
import type { StageRequest, ThreadFailure, ThreadOrder, ThreadReport } from './thread-messages.ts'

export interface TypescriptRunnerOptions {
  /** Heap of one stage. */
  readonly memoryMb: number
  /** What a stage that looks at its signal is given to end by itself. */
  readonly graceMs: number
}

const threadFile = join(packageRoot, 'dist/activities/modules/stage-thread.js')

/**
 * Runs each attempt in a worker thread of its own: an edited file counts from the next attempt, and an endless loop,
 * `process.exit` or running out of memory stays in the thread.
 */
export function createTypescriptRunner(options: TypescriptRunnerOptions): ModuleRunner {
  return {
    async run(module, context) {
      context.signal.throwIfAborted()
      return runInThread(await requestFor(module, context), context, options)
    },
  }
}

async function requestFor(module: OwnModule, context: StageContext): Promise<StageRequest> {
  const { runId, stage, stageNumber, attempt, projectDir, now, outDir } = context
  return {
    file: findModuleFile(projectDir, 'typescript', module.module),
    module: module.module,
    function: module.function,
    config: module.config,
    files: await bindFiles(module, context),
    context: { runId, stage, stageNumber, attempt, projectDir, now, outDir },
    linesUnderway: new SharedArrayBuffer(4),
  }
}

async function runInThread(request: StageRequest, context: StageContext, options: TypescriptRunnerOptions): Promise<StageResult> {
  const thread = new Worker(threadFile, {
    workerData: request,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: options.memoryMb },
    name: context.stage,
  })
  const end = listen(thread, request, context)
  const stopped = stopOnAbort(thread, end.watching, context.signal, options.graceMs)
  try {
    return await Promise.race([end.result, stopped.reason])
  } catch (error) {
    // What a stage throws because it was told to stop is no failure of its own.
    throw context.signal.aborted ? context.signal.reason : error
  } finally {
    stopped.dispose()
    await thread.terminate()
  }
}

function listen(
  thread: Worker,
  request: StageRequest,
  context: StageContext,
): { readonly result: Promise<StageResult>; readonly watching: () => boolean } {
  let watching = false
  const underway = new Int32Array(request.linesUnderway)
  const result = new Promise<StageResult>((resolve, reject) => {
    const on = (report: ThreadReport): void => {
      if (report.kind === 'line') {
        context.log[report.level](report.text)
        Atomics.sub(underway, 0, 1)
        Atomics.notify(underway, 0)
      } else if (report.kind === 'progress') context.progress(report.progress)
      else if (report.kind === 'watching') watching = true
      else if (report.kind === 'done') resolve(report.result)
      else reject(failed(report.failure, context))
    }
    thread.on('message', on)
    thread.on('error', (error) => reject(crashed(error, context)))
    thread.on('exit', (code) => reject(exited(context, code)))
  })
  return { result, watching: () => watching }
}

/** A stage that looks at its signal is told first; any other would not notice. */
function stopOnAbort(
  thread: Worker,
  watching: () => boolean,
  signal: AbortSignal,
  graceMs: number,
): { readonly reason: Promise<never>; dispose(): void } {
  let timer: NodeJS.Timeout | undefined
  let onAbort = (): void => undefined
  const reason = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      thread.postMessage({ kind: 'abort' } satisfies ThreadOrder)
      timer = setTimeout(() => reject(signal.reason), watching() ? graceMs : 0)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
  reason.catch(() => undefined)
  return {
    reason,
    dispose() {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
}

function failed(failure: ThreadFailure, context: StageContext): OnclockError {
  if (failure.stack !== null) for (const line of failure.stack.split('\n')) context.log.error(line)
  const own = failure.code === 'STAGE_FAILED' || failure.code === 'DISK_FULL'
  const message = own ? `stage "${context.stage}" failed: ${failure.message}` : failure.message
  return new OnclockError(failure.code, message, failure.hint === null ? {} : { hint: failure.hint })
}

function crashed(error: unknown, context: StageContext): OnclockError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new OnclockError('STAGE_OUT_OF_MEMORY', `stage "${context.stage}" used more memory than it may`, {
      hint: 'Read its input with `for await (const row of input.rows())`, or raise ONCLOCK_STAGE_MEMORY_MB.',
      cause: error,
    })
  return failed(
    {
      code: 'STAGE_FAILED',
      message: error instanceof Error ? error.message : String(error),
      hint: null,
      stack: error instanceof Error ? (error.stack ?? null) : null,
    },
    context,
  )
}

function exited(context: StageContext, code: number): OnclockError {
  return new OnclockError(
    'STAGE_EXITED',
    `stage "${context.stage}" ended its thread with process.exit(${code}) before it returned`,
    {
      hint: 'Return true or false, or throw an error; do not call process.exit.',
    },
  )
}
