import type { Command } from 'commander'
import type { InitOptions } from '../commands/init.ts'
import type { Perform } from '../program.ts'
import { examples, globals } from './run-commands.ts'

/** Everything about the project and what serves it. */
export function addProjectCommands(program: Command, perform: Perform): void {
  program.commandsGroup('Project:')
  program
    .command('init')
    .description('Make a project in this folder: a pipeline, package.json, .gitignore, README.')
    .option('--input <FILE>', 'a CSV file that the pipeline is fitted to: its columns and how it is read')
    .addHelpText(
      'after',
      examples('onclock init', 'onclock init --input ~/Downloads/videos.csv', 'mkdir my-project && onclock init -C my-project'),
    )
    .action(async (options: InitOptions, command: Command) =>
      perform(async (context) => (await import('../commands/init.ts')).init(context, options), globals(command)),
    )
  program
    .command('schema')
    .description('Write .onclock/pipeline.schema.json, by which editors complete and check pipelines.')
    .addHelpText('after', examples('onclock schema', 'onclock schema --json > pipeline.schema.json'))
    .action(async (_options: object, command: Command) =>
      perform(async (context) => (await import('../commands/schema.ts')).schema(context), globals(command)),
    )
  addServing(program, perform)
  program
    .command('completion <SHELL>')
    .description('Print a script that completes commands and options in bash, zsh or fish.')
    .addHelpText('after', examples('source <(onclock completion bash)'))
    .action(async (shell: string, _options: object, command: Command) =>
      perform(async () => (await import('../commands/completion.ts')).completion(program, shell), globals(command)),
    )
}

function addServing(program: Command, perform: Perform): void {
  program
    .command('up')
    .description('Hold the server, its UI and a worker up in the foreground until Ctrl-C.')
    .addHelpText('after', examples('onclock up'))
    .action(async (_options: object, command: Command) =>
      perform(async (context) => (await import('../commands/up.ts')).up(context), globals(command)),
    )
  program
    .command('down')
    .description('End the server and the worker of this project that run in the background.')
    .addHelpText('after', examples('onclock down'))
    .action(async (_options: object, command: Command) =>
      perform(async (context) => (await import('../commands/down.ts')).down(context), globals(command)),
    )
  program
    .command('worker')
    .description('Host the stages of this project in the foreground, for the server that is configured.')
    .addHelpText(
      'after',
      examples('TEMPORAL_ADDRESS=temporal.example:7233 onclock worker', 'onclock worker --profile production'),
    )
    .action(async (_options: object, command: Command) =>
      perform(async (context) => (await import('../commands/worker.ts')).worker(context), globals(command)),
    )
  program
    .command('doctor')
    .description('Check what onclock needs on this machine, and say what to do about what is missing.')
    .addHelpText('after', examples('onclock doctor', 'onclock doctor --json'))
    .action(async (_options: object, command: Command) =>
      perform(async (context) => (await import('../commands/doctor.ts')).doctor(context), globals(command)),
    )
}
