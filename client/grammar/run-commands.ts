import { type Command, InvalidArgumentError } from 'commander'
import type { GlobalOptions, Perform } from '../program.ts'
import { parseDuration } from '../../pipeline/duration.ts'
import type { ResumeOptions } from '../commands/resume.ts'
import type { RunOptions } from '../commands/run.ts'
import type { WatchOptions } from '../commands/watch.ts'
import type { LsOptions } from '../commands/ls.ts'
import type { LogsOptions } from '../commands/logs.ts'
import type { SkipOptions } from '../commands/skip.ts'
import type { RowsOptions } from '../commands/rows.ts'

/** Everything one does to a run. */
export function addRunCommands(program: Command, perform: Perform): void {
  program.commandsGroup('Runs:')
  addStarting(program, perform)
  addReading(program, perform)
  addSteppingIn(program, perform)
}

function addSteppingIn(program: Command, perform: Perform): void {
  program
    .command('pause <RUN>')
    .description('Hold a run: running stages end, nothing more starts until it is resumed.')
    .addHelpText('after', examples('onclock pause latest', 'onclock pause 143022'))
    .action(async (run: string, _options: object, command: Command) =>
      perform(async (context) => (await import('../commands/pause.ts')).pause(context, run), globals(command)),
    )
  program
    .command('skip <RUN> <STAGE>')
    .description('Go on without a stage that is paused or waits; what works on its rows is skipped too, unless a file is given.')
    .option('--output <FILE>', 'a file that stands for the output of the stage; it is hashed and its rows counted')
    .addHelpText('after', examples('onclock skip latest publish', 'onclock skip 143022 moods --output data/moods_by_hand.csv'))
    .action(async (run: string, stage: string, options: SkipOptions, command: Command) =>
      perform(async (context) => (await import('../commands/skip.ts')).skip(context, run, stage, options), globals(command)),
    )
  program
    .command('cancel <RUN>')
    .description('Stop a run: running stages end, finished ones stay, and resume can go on from there.')
    .addHelpText('after', examples('onclock cancel latest', 'onclock cancel 143022'))
    .action(async (run: string, _options: object, command: Command) =>
      perform(async (context) => (await import('../commands/cancel.ts')).cancel(context, run), globals(command)),
    )
}

function addStarting(program: Command, perform: Perform): void {
  program
    .command('run [PIPELINE]')
    .description('Start a pipeline and watch it.')
    .option('--set <NAME=VALUE>', 'set a parameter; may be given several times', collectSet, [])
    .option('--params <FILE>', 'take parameters from a YAML or JSON file; --set beats it')
    .option(
      '--from <STAGE>',
      'only this stage and all that depends on it; what they work on is that of the newest run that has it',
    )
    .option('--until <STAGE>', 'only this stage and all that it needs')
    .option('--only <STAGE>', 'only this stage')
    .option(
      '--reuse <RUN>',
      'a new run that takes over what is unchanged of one that completed; latest is the newest such. Pipeline and parameters are those of that run unless said; --from then runs a stage again, with all that depends on it',
    )
    .option('--plan', 'only say what each stage would do, and why')
    .option('--detach', 'do not watch: end as soon as the run is started')
    .option('--timeout <DURATION>', 'stop watching after this time, such as 10m; the run goes on (exit code 6)', duration)
    .addHelpText(
      'after',
      examples(
        'onclock run',
        'onclock run reviews --set input_file=data/new.csv',
        'onclock run config/nightly.yaml --plan',
        'onclock run --reuse latest --plan',
        'onclock run reviews --from 02_rules',
        'onclock run --detach --json',
      ),
    )
    .action(async (pipeline: string | undefined, options: RunOptions, command: Command) =>
      perform(async (context) => (await import('../commands/run.ts')).run(context, pipeline, options), globals(command)),
    )
  program
    .command('resume [RUN]')
    .description(
      'Make a run that stands still go on (failed, stopped, paused, or waiting for its next attempt), under the same ID and without repeating finished work.',
    )
    .option('--set <NAME=VALUE>', 'change a parameter; the others stay as they were', collectSet, [])
    .option('--from <STAGE>', 'run this stage and all that depends on it again, whatever is finished')
    .option('--plan', 'only say what would be reused, what would run, and why')
    .option('--detach', 'do not watch: end as soon as the run is started')
    .option('--timeout <DURATION>', 'stop watching after this time; the run goes on (exit code 6)', duration)
    .addHelpText(
      'after',
      examples(
        'onclock resume',
        'onclock resume --plan',
        'onclock resume 143022 --set min_views=1000',
        'onclock resume --from 02_rules',
      ),
    )
    .action(async (run: string | undefined, options: ResumeOptions, command: Command) =>
      perform(async (context) => (await import('../commands/resume.ts')).resume(context, run, options), globals(command)),
    )
  program
    .command('watch [RUN]')
    .description('Watch a run until it ends; one that was interrupted goes on.')
    .option('--timeout <DURATION>', 'stop watching after this time; the run goes on (exit code 6)', duration)
    .addHelpText('after', examples('onclock watch', 'onclock watch 143022 --json'))
    .action(async (run: string | undefined, options: WatchOptions, command: Command) =>
      perform(async (context) => (await import('../commands/watch.ts')).watch(context, run, options), globals(command)),
    )
}

function addReading(program: Command, perform: Perform): void {
  program
    .command('ls')
    .description('List the runs of this project, newest first; needs no server.')
    .option('--pipeline <NAME>', 'only runs of this pipeline')
    .option(
      '--status <STATUS>',
      'only runs with this status: completed, failed, running, cancelled, terminated, timed_out, paused',
    )
    .addHelpText('after', examples('onclock ls', 'onclock ls --status failed', 'onclock ls --json'))
    .action(async (options: LsOptions, command: Command) =>
      perform(async (context) => (await import('../commands/ls.ts')).ls(context, options), globals(command)),
    )
  program
    .command('show [RUN] [STAGE]')
    .description('Show what came out of a run or of one of its stages, what was left out and why; needs no server.')
    .addHelpText('after', examples('onclock show', 'onclock show 143022 02_rules', 'onclock show latest --json'))
    .action(async (run: string | undefined, stage: string | undefined, _options: object, command: Command) =>
      perform(async (context) => (await import('../commands/show.ts')).show(context, run, stage), globals(command)),
    )
  addRows(program, perform)
  program
    .command('logs [RUN]')
    .description('Print the log of a run; needs no server.')
    .option('--stage <STAGE>', 'only lines of this stage')
    .option('-f, --follow', 'go on until the run ends')
    .addHelpText('after', examples('onclock logs', 'onclock logs 143022 --stage 02_rules', 'onclock logs -f'))
    .action(async (run: string | undefined, options: LogsOptions, command: Command) =>
      perform(async (context) => (await import('../commands/logs.ts')).logs(context, run, options), globals(command)),
    )
}

function addRows(program: Command, perform: Perform): void {
  program
    .command('rows [RUN]')
    .description('Show the rows that did not come through and why, or follow one row through every stage; needs no server.')
    .option('--rejected', 'only rows that were rejected')
    .option('--filtered', 'only rows that were filtered')
    .option('--duplicates', 'only rows that equal another')
    .option('--flagged', 'rows that a rule flagged; they came through')
    .option('--rule <ID>', 'only rows that this rule stopped or flagged')
    .option('--stage <STAGE>', 'only rows of this stage')
    .option(
      '--limit <N>',
      'at most so many rows of each stage and kind (default 10; with --json all), or so many that are followed (5)',
      wholeNumber,
    )
    .option('--find <COLUMN=VALUE>', 'follow the rows with this text in this column; finding none is exit code 0')
    .addHelpText(
      'after',
      examples(
        'onclock rows',
        'onclock rows 143022 --filtered --rule likes-fit-views --limit 50',
        'onclock rows latest-failed --rejected --json > rejected.jsonl',
        "onclock rows --find 'video_id=7506832682593094928'",
      ),
    )
    .action(async (run: string | undefined, options: RowsOptions, command: Command) =>
      perform(async (context) => (await import('../commands/rows.ts')).rows(context, run, options), globals(command)),
    )
}

/** The global options as typed before or after the command. */
export function globals(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>()
}

/** The last block of a help text. */
export function examples(...lines: readonly string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  ${line}`)].join('\n')
}

/** Gathers `--set NAME=VALUE`. */
export function collectSet(value: string, earlier: readonly string[]): string[] {
  if (!/^[^=]+=/.test(value)) throw new InvalidArgumentError(`It is written NAME=VALUE, such as --set input_file=data/new.csv.`)
  return [...earlier, value]
}

function duration(value: string): number {
  const milliseconds = parseDuration(value)
  if (milliseconds === null || milliseconds <= 0) throw new InvalidArgumentError('It needs a unit, such as 30s, 10m or 1h30m.')
  return milliseconds
}

/** A number of rows. */
export function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value.replaceAll(/[,_]/g, ''))) throw new InvalidArgumentError('It is a whole number from 1.')
  return Number(value.replaceAll(/[,_]/g, ''))
}
