import { Command } from 'commander'
import { packageVersion } from '../activities/package-root.ts'
import type { CommandContext, CommandResult } from './command.ts'
import { addComparing } from './grammar/compare-commands.ts'
import { addProjectCommands } from './grammar/project-commands.ts'
import { addRunCommands } from './grammar/run-commands.ts'
import { addScheduleCommands } from './grammar/schedule-commands.ts'
import { addPipelineCommands } from './grammar/pipeline-commands.ts'

/** The options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly directory?: string
  readonly profile?: string
  readonly yes?: boolean
}

/** Runs one command: prints what it returns and keeps its exit code. */
export type Perform = (command: (context: CommandContext) => Promise<CommandResult>, options: GlobalOptions) => Promise<void>

/**
 * The grammar: all commands with their options and help. The code behind a command is loaded when it is the one that was
 * typed, so that help and the light commands start fast.
 */
export function createProgram(perform: Perform, writeOut: (text: string) => void): Command {
  const program = new Command('onclock')
  program
    .description('Data pipelines in YAML that survive crashes and account for every row.')
    .version(packageVersion, '-V, --version', 'print the version')
    .option('--json', 'print data as JSON')
    .option('-q, --quiet', 'no progress, only the result')
    .option('-v, --verbose', 'more: log lines while a run goes on, stacks of errors')
    .option('-C, --directory <DIR>', 'work in this project folder')
    .option('--profile <NAME>', 'connect by a named profile of the Temporal configuration file')
    .option('--yes', 'answer every question with yes')
    .usage('[options] COMMAND')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ writeOut, writeErr: writeOut, outputError: () => undefined })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES)
  addRunCommands(program, perform)
  addComparing(program, perform)
  addPipelineCommands(program, perform)
  addScheduleCommands(program, perform)
  addProjectCommands(program, perform)
  program.helpCommand('help [COMMAND]', 'Show the help of a command.')
  for (const command of allCommands(program)) inherit(program, command)
  return program
}

/** The command and everything below it. */
function allCommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...allCommands(child)])
}

function inherit(program: Command, command: Command): void {
  command.copyInheritedSettings(program)
  command.exitOverride()
}

const EXAMPLES = `
Examples:
  onclock init --input videos.csv   make a project for this file
  onclock run                       run config/main.yaml and watch it
  onclock resume                    go on with the run that failed, once the cause is mended
  onclock show                      what came out of the newest run, what was left out and why

PIPELINE is a path or a name in config/ (default: main). RUN is an ID, any unique part of it, latest, or latest-failed.`
