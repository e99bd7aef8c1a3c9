import type { Command } from 'commander'
import type { ScheduleApplyOptions } from '../commands/schedule-apply.ts'
import type { Perform } from '../program.ts'
import { examples, globals } from './run-commands.ts'

/** Everything about schedules. */
export function addScheduleCommands(program: Command, perform: Perform): void {
  program.commandsGroup('Schedules:')
  const schedule = program.command('schedule').description('Put the schedules of pipelines in force, look at them, change them.')
  schedule
    .command('apply [PIPELINE...]')
    .description('Make the schedules in force those of the YAML; only of the pipelines named, or of all in config/.')
    .option('--plan', 'only say what would change')
    .option('--delete', 'take away what the YAML of these pipelines no longer has')
    .addHelpText('after', examples('onclock schedule apply --plan', 'onclock schedule apply nightly --delete'))
    .action(async (pipelines: string[], options: ScheduleApplyOptions, command: Command) =>
      perform(
        async (context) => (await import('../commands/schedule-apply.ts')).scheduleApply(context, pipelines, options),
        globals(command),
      ),
    )
  addLooking(schedule, perform)
  addActing(schedule, perform)
}

function addLooking(schedule: Command, perform: Perform): void {
  schedule
    .command('ls')
    .description('List the schedules in force: next time, last outcomes, skipped and missed slots.')
    .addHelpText('after', examples('onclock schedule ls', 'onclock schedule ls --json'))
    .action(async (_options: object, command: Command) =>
      perform(async (context) => (await import('../commands/schedule-ls.ts')).scheduleLs(context), globals(command)),
    )
  schedule
    .command('show <ID>')
    .description('Show one schedule, its next and its last runs; ID is pipeline.schedule.')
    .addHelpText('after', examples('onclock schedule show main.nightly'))
    .action(async (id: string, _options: object, command: Command) =>
      perform(async (context) => (await import('../commands/schedule-ls.ts')).scheduleShow(context, id), globals(command)),
    )
}

function addActing(schedule: Command, perform: Perform): void {
  const noted = [
    ['pause', 'Let nothing fire until it is resumed.', 'schedulePause'],
    ['resume', 'Let a paused schedule fire again.', 'scheduleResume'],
  ] as const
  for (const [name, description, act] of noted)
    schedule
      .command(`${name} <ID>`)
      .description(description)
      .option('--note <TEXT>', 'why; ls shows it')
      .addHelpText('after', examples(`onclock schedule ${name} main.nightly --note 'the export is late'`))
      .action(async (id: string, options: { note?: string }, command: Command) =>
        perform(async (context) => (await import('../commands/schedule-act.ts'))[act](context, id, options), globals(command)),
      )
  const plain = [
    ['trigger', 'Start a run of it now.', 'scheduleTrigger'],
    ['delete', 'Take a schedule away; its runs stay.', 'scheduleDelete'],
  ] as const
  for (const [name, description, act] of plain)
    schedule
      .command(`${name} <ID>`)
      .description(description)
      .addHelpText('after', examples(`onclock schedule ${name} main.nightly`))
      .action(async (id: string, _options: object, command: Command) =>
        perform(async (context) => (await import('../commands/schedule-act.ts'))[act](context, id), globals(command)),
      )
  schedule
    .command('backfill <ID>')
    .description('Run the slots between two times one after the other, each as of its own time.')
    .requiredOption('--start <T>', 'the first time, such as 2026-11-24 or 2026-11-24T02:00:00Z')
    .requiredOption('--end <T>', 'the last time')
    .addHelpText('after', examples('onclock schedule backfill main.nightly --start 2026-11-01 --end 2026-11-08'))
    .action(async (id: string, options: { start: string; end: string }, command: Command) =>
      perform(
        async (context) => (await import('../commands/schedule-act.ts')).scheduleBackfill(context, id, options),
        globals(command),
      ),
    )
}
