import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OnclockError } from '../../pipeline/errors.ts'
import { type GuardedExit, spawnGuarded } from '../guard/spawn-guarded.ts'
import type { ModuleRunner, OwnModule, StageContext } from '../stage.ts'
import { type BoundFiles, bindFiles } from './bind-files.ts'
import { collectOutputs } from './collect-outputs.ts'
import { fileRows } from './original-config.ts'
import { withWorkingFolder } from './working-folder.ts'

/** Linux takes no variable longer than 128 KiB; a larger config is in ONCLOCK_CONFIG_FILE only. */
const LONGEST_VARIABLE = 100_000

/** Runs commands: a line for the shell or a list of arguments, in the project's folder. The exit code decides. */
export function createCommandRunner(options: { readonly graceMs: number }): ModuleRunner {
  return {
    async run(module, context) {
      context.signal.throwIfAborted()
      const files = await bindFiles(module, context)
      await withWorkingFolder(context.outDir, async (folder) => {
        const configFile = join(folder, 'config.json')
        await writeFile(configFile, JSON.stringify(module.config))
        const [command, ...args] = commandLine(module)
        const child = spawnGuarded(command, args, {
          cwd: context.projectDir,
          env: { ...process.env, ...facts(module, files, context), ONCLOCK_CONFIG_FILE: configFile },
          onStdout: (line) => context.log.info(line),
          onStderr: (line) => context.log.warn(line),
          signal: context.signal,
          graceMs: options.graceMs,
        })
        const end = await child.exited
        if (context.signal.aborted) throw context.signal.reason
        if (end.code !== 0) throw commandFailed(context.stage, command, end)
      })
      const { outputs, warnings } = await collectOutputs(context, new Map([[files.outputFile, 'output']]))
      return { rows: null, inputs: files.sources, outputs, warnings, metadata: fileRows(files, outputs) }
    },
  }
}

function commandLine({ command }: OwnModule): [string, ...string[]] {
  if (typeof command === 'string') return ['/bin/sh', '-c', command]
  const [first, ...rest] = command ?? []
  if (first === undefined) throw new OnclockError('CONFIG_INVALID', 'a command stage needs a command')
  return [first, ...rest]
}

function facts(module: OwnModule, files: BoundFiles, context: StageContext): NodeJS.ProcessEnv {
  const config = JSON.stringify(module.config)
  const inputs = Object.entries(files.inputs).map(([alias, file]) => [`ONCLOCK_INPUT_${variable(alias)}`, file.path])
  return {
    ONCLOCK_RUN_ID: context.runId,
    ONCLOCK_STAGE: context.stage,
    ONCLOCK_ATTEMPT: String(context.attempt),
    ONCLOCK_NOW: context.now.toISOString(),
    ONCLOCK_PROJECT_DIR: context.projectDir,
    ONCLOCK_OUTPUT_DIR: context.outDir,
    ONCLOCK_OUTPUT_FILE: files.outputFile,
    ...(files.inputFile === null ? {} : { ONCLOCK_INPUT_FILE: files.inputFile }),
    ...Object.fromEntries(inputs),
    ...(config.length > LONGEST_VARIABLE ? {} : { ONCLOCK_CONFIG: config }),
  }
}

function variable(alias: string): string {
  return alias.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}

function commandFailed(stage: string, command: string, end: GuardedExit): OnclockError {
  const how = end.signal === null ? `ended with exit code ${String(end.code)}` : `was ended by ${end.signal}`
  const why = end.code === 127 ? 'a command was not found' : end.code === 126 ? 'a command cannot be run' : null
  const where = why === null || command === '/bin/sh' ? '' : `: ${command}`
  return new OnclockError('COMMAND_FAILED', `the command of stage "${stage}" ${how}${why === null ? '' : ` (${why}${where})`}`, {
    hint: 'What it printed is in the log.',
  })
}
