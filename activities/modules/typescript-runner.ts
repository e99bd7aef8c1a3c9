import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import { type GuardedExit, spawnGuarded } from '../guard/spawn-guarded.ts'
import { packageRoot } from '../package-root.ts'
import type { ModuleRunner, OwnModule, StageContext, StageLog, StageResult } from '../stage.ts'
import { bindFiles } from './bind-files.ts'
import { findModuleFile } from './project-module.ts'
import type { StageFailure, StageReport, StageRequest } from './stage-messages.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface TypescriptRunnerOptions {
  /** Heap of one stage. */
  readonly memoryMb: number
  /** What a stage is given to end by itself when it is told to stop. */
  readonly graceMs: number
}

const processFile = join(packageRoot, 'dist/activities/modules/stage-process.js')

/**
 * Runs each attempt in a process of its own, in the project's folder: an edited file counts from the next attempt, and an
 * endless loop, `process.exit` or running out of memory stays there. A worker thread does not do: V8 ends the whole process
 * when a large array does not fit into a thread's heap, and with it every other stage of the worker.
 */
export function createTypescriptRunner(options: TypescriptRunnerOptions): ModuleRunner {
  return {
    async run(module, context) {
      context.signal.throwIfAborted()
      return runInProcess(await requestFor(module, context), context, options)
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
    context: { runId, stage, stageNumber, attempt, projectDir, now: now.toISOString(), outDir },
  }
}

function runInProcess(request: StageRequest, context: StageContext, options: TypescriptRunnerOptions): Promise<StageResult> {
  return withWorkingFolder(context.outDir, async (folder) => {
    const requestFile = join(folder, 'request.json')
    await writeFile(requestFile, JSON.stringify(request))
    const ends: (StageReport & { kind: 'done' | 'failed' })[] = []
    const child = spawnGuarded(process.execPath, [`--max-old-space-size=${options.memoryMb}`, processFile, requestFile], {
      cwd: context.projectDir,
      onStdout: (line) => context.log.info(line),
      onStderr: withoutDump(context.log),
      onReport: (line) => {
        const report = JSON.parse(line) as StageReport
        if (report.kind === 'line') context.log[report.level](report.text)
        else if (report.kind === 'progress') context.progress(report.progress)
        else ends.push(report)
      },
      signal: context.signal,
      graceMs: options.graceMs,
    })
    const exit = await child.exited
    // What a stage throws because it was told to stop is no failure of its own.
    if (context.signal.aborted) throw context.signal.reason
    const [end] = ends
    if (end?.kind === 'done') return end.result
    throw end === undefined ? endedEarly(exit, context) : failed(end.failure, context)
  })
}

/** Native code prints past the stage's own streams. What V8 says when memory runs out helps nobody who wrote a stage. */
function withoutDump(log: StageLog): (line: string) => void {
  let dumping = false
  return (line) => {
    dumping ||= line.startsWith('<--- Last few GCs')
    if (dumping) log.debug(line)
    else log.warn(line)
  }
}

function failed(failure: StageFailure, context: StageContext): OnclockError {
  if (failure.stack !== null) for (const line of failure.stack.split('\n')) context.log.error(line)
  return new OnclockError(failure.code, failure.message, failure.hint === null ? {} : { hint: failure.hint })
}

function endedEarly(exit: GuardedExit, context: StageContext): OnclockError {
  if (exit.signal === 'SIGABRT' || exit.code === 134)
    return new OnclockError('STAGE_OUT_OF_MEMORY', `stage "${context.stage}" used more memory than it may`, {
      hint: 'Read its input with `for await (const row of input.rows())`, or raise ONCLOCK_STAGE_MEMORY_MB.',
    })
  if (exit.signal !== null)
    return new OnclockError('STAGE_EXITED', `the process of stage "${context.stage}" was ended by ${exit.signal}`, {
      hint:
        exit.signal === 'SIGKILL'
          ? 'By a person, or by the system because it used too much memory.'
          : 'It did not end by itself.',
    })
  return new OnclockError(
    'STAGE_EXITED',
    `stage "${context.stage}" ended its process with exit code ${String(exit.code)} before it returned`,
    {
      hint: 'Return true or false, or throw an error; do not call process.exit.',
    },
  )
}
