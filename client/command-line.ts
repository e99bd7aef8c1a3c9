import { resolve } from 'node:path'
import { CommanderError } from 'commander'
import { OnclockError } from '../pipeline/errors.ts'
import type { CommandContext } from './command.ts'
import { createPrinter, isTerminal, type Printer } from './print/printer.ts'
import { createProgram, type GlobalOptions, type Perform } from './program.ts'
import { findProject } from './project/find-project.ts'
import { exitOf } from './views/error-view.ts'

/** What the command line touches of the process it runs in; tests pass their own. */
export interface Surroundings {
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Called when the command will end well by itself after the signal fires. */
  readonly onInterrupt: () => AbortSignal
}

/** Runs what was typed and returns the exit code. Nothing in it exits or throws. */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  let exit = 0
  const perform: Perform = async (command, options) => {
    const printer = await createPrinter({ ...surroundings, ...flagsOf(options) })
    try {
      const result = await command(contextOf(options, surroundings, printer))
      await printer.result(result)
      exit = typeof result.exit === 'function' ? result.exit() : (result.exit ?? 0)
    } catch (error) {
      exit = await failed(error, printer)
    }
    await printer.flush()
  }
  const program = createProgram(perform, (text) => surroundings.stdout.write(text))
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    // `commander.help`: a command that only groups others was typed alone and its help printed.
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) return 0
    const printer = await createPrinter({ ...surroundings, ...flagsOf(typedFlags(argv)) })
    exit = await failed(error instanceof CommanderError ? usageError(error) : error, printer)
    await printer.flush()
  }
  return exit
}

async function failed(error: unknown, printer: Printer): Promise<number> {
  const { toOnclockError } = await import('../activities/error-of.ts')
  const known = toOnclockError(error)
  printer.error(known.code === 'UNEXPECTED' ? error : known)
  return exitOf(known)
}

function contextOf(options: GlobalOptions, surroundings: Surroundings, printer: Printer): CommandContext {
  const cwd = options.directory === undefined ? surroundings.cwd : resolve(surroundings.cwd, options.directory)
  return {
    cwd,
    projectDir: findProject(cwd, { fixed: options.directory !== undefined }),
    env: surroundings.env,
    stdin: surroundings.stdin,
    ...flagsOf(options),
    yes: options.yes ?? false,
    profile: options.profile,
    terminal: isTerminal(surroundings.stderr) && options.quiet !== true,
    note: (line) => printer.note(line),
    live: printer.live,
    onInterrupt: surroundings.onInterrupt,
  }
}

function flagsOf(options: GlobalOptions): { json: boolean; quiet: boolean; verbose: boolean } {
  return { json: options.json ?? false, quiet: options.quiet ?? false, verbose: options.verbose ?? false }
}

/** The flags that decide how a usage error is printed, when the parser gave up before it had read them. */
function typedFlags(argv: readonly string[]): GlobalOptions {
  return { json: argv.includes('--json'), verbose: argv.includes('-v') || argv.includes('--verbose') }
}

/** `error: unknown option '--jsn'⏎(Did you mean --json?)`, in our form. */
function usageError(error: CommanderError): OnclockError {
  const [first = '', ...rest] = error.message.split('\n')
  const hint =
    rest.join(' ').replace(/^\((.*)\)$/, '$1') || 'onclock --help shows all commands; onclock COMMAND --help shows one.'
  return new OnclockError('USAGE', first.replace(/^error: /, ''), { hint, cause: error })
}
