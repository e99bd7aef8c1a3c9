import type { Command } from 'commander'
import type { DiffOptions } from '../commands/diff.ts'
import type { Perform } from '../program.ts'
import { examples, globals, wholeNumber } from './run-commands.ts'

/** Commands that hold a run against another, or against its own record. */
export function addComparing(program: Command, perform: Perform): void {
  program
    .command('diff <RUN> <OTHER_RUN>')
    .description(
      'Show which rows went another way in the second run than in the first, and because of which rule; needs no server.',
    )
    .option('--stage <STAGE>', 'only this stage')
    .option('--limit <N>', 'at most so many example rows of each kind (default 3)', wholeNumber)
    .option('--exit-code', 'end with 7 when anything differs')
    .addHelpText(
      'after',
      examples(
        'onclock diff 143022 latest',
        'onclock diff 143022 150310 --stage 02_rules --limit 20',
        'onclock diff 143022 latest --json --exit-code',
      ),
    )
    .action(async (first: string, second: string, options: DiffOptions, command: Command) =>
      perform(async (context) => (await import('../commands/diff.ts')).diff(context, first, second, options), globals(command)),
    )
  program
    .command('verify [RUN]')
    .description('Hash every output of a run and compare it with its record (exit code 7 on differences); needs no server.')
    .addHelpText('after', examples('onclock verify', 'onclock verify 143022 --json'))
    .action(async (run: string | undefined, _options: object, command: Command) =>
      perform(async (context) => (await import('../commands/verify.ts')).verify(context, run), globals(command)),
    )
}
