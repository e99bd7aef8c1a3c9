import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import { type GuardedExit, spawnGuarded } from '../guard/spawn-guarded.ts'
import { packageRoot } from '../package-root.ts'
import type { ModuleRunner, OwnModule, StageContext, StageLog, StageResult } from '../stage.ts'
import { type BoundFiles, bindFiles } from './bind-files.ts'
import { collectOutputs } from './collect-outputs.ts'
import { findPython } from './find-python.ts'
import { fileRows, originalConfig } from './original-config.ts'
import { findModuleFile } from './project-module.ts'
import { withWorkingFolder } from './working-folder.ts'

const runnerFile = join(packageRoot, 'activities/modules/python_runner.py')

interface PythonResult {
  readonly outcome: 'ok' | 'false' | 'failed' | 'refused' | 'exited' | 'memory'
  readonly message: string
}

/** Runs Python modules of the original's form, each attempt in a process of its own. */
export function createPythonRunner(options: { readonly graceMs: number }): ModuleRunner {
  return {
    async run(module, context) {
      context.signal.throwIfAborted()
      findModuleFile(context.projectDir, 'python', module.module)
      const python = findPython(module.python, context.projectDir, process.env)
      const files = await bindFiles(module, context)
      await callPython(python, { module, files, context, graceMs: options.graceMs })
      const { outputs, warnings } = await collectOutputs(context, new Map([[files.outputFile, 'output']]))
      return { rows: null, inputs: files.sources, outputs, warnings, metadata: fileRows(files, outputs) } satisfies StageResult
    },
  }
}

interface Call {
  readonly module: OwnModule
  readonly files: BoundFiles
  readonly context: StageContext
  readonly graceMs: number
}

async function callPython(python: string, { module, files, context, graceMs }: Call): Promise<void> {
  await withWorkingFolder(context.outDir, async (folder) => {
    const request = join(folder, 'request.json')
    const result = join(folder, 'result.json')
    const config = originalConfig(module.config, files, context)
    await writeFile(
      request,
      JSON.stringify({ module: module.module, function: module.function, project_dir: context.projectDir, config, result }),
    )
    const child = spawnGuarded(python, ['-u', runnerFile, request], {
      cwd: context.projectDir,
      env: pythonEnvironment(),
      onStdout: (line) => context.log.info(line),
      onStderr: (line) => logStderr(context.log, line),
      signal: context.signal,
      graceMs,
    })
    const end = await child.exited
    if (context.signal.aborted) throw context.signal.reason
    const told = await readFile(result, 'utf8').catch(() => null)
    if (told === null) throw endedEarly(context.stage, end)
    judge(JSON.parse(told) as PythonResult, module, { stage: context.stage, python })
  })
}

/** No cached bytecode: it is told from its source by whole seconds, so an edit within one would not count. */
function pythonEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8:backslashreplace' }
}

const LEVELS: { readonly [name: string]: keyof StageLog } = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'error',
}

/** Lines of `logging` come with their level between two record separators. */
function logStderr(log: StageLog, line: string): void {
  const marked = line.startsWith('\u001E') ? line.indexOf('\u001E', 1) : -1
  if (marked === -1) log.warn(line)
  else log[LEVELS[line.slice(1, marked)] ?? 'info'](line.slice(marked + 1))
}

function judge(
  result: PythonResult,
  module: OwnModule,
  { stage, python }: { readonly stage: string; readonly python: string },
): void {
  if (result.outcome === 'ok') return
  const call = `${module.module}.${module.function}`
  if (result.outcome === 'false') throw new OnclockError('STAGE_FAILED', `stage "${stage}" failed: ${call} returned False`)
  if (result.outcome === 'failed')
    throw new OnclockError('STAGE_FAILED', `stage "${stage}" failed: ${result.message}`, {
      hint: 'What it said is in the log, with the traceback.',
    })
  if (result.outcome === 'exited')
    throw new OnclockError('STAGE_EXITED', `stage "${stage}" ended Python with ${result.message} before it returned`)
  if (result.outcome === 'memory') throw new OnclockError('STAGE_OUT_OF_MEMORY', `stage "${stage}" ran out of memory`)
  throw new OnclockError('STAGE_MODULE_INVALID', `${module.module} cannot be run: ${result.message}`, {
    hint: `It was run by ${python}; \`config.python\` in the pipeline chooses another interpreter.`,
  })
}

function endedEarly(stage: string, end: GuardedExit): OnclockError {
  if (end.signal === 'SIGKILL')
    return new OnclockError('STAGE_EXITED', `the Python process of stage "${stage}" was killed`, {
      hint: 'By a person, or by the system because it used too much memory.',
    })
  const how = end.signal === null ? `with exit code ${String(end.code)}` : `by ${end.signal}`
  return new OnclockError('STAGE_EXITED', `the Python process of stage "${stage}" ended ${how} before the function returned`)
}
