import { OnclockError } from '../../pipeline/errors.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { namedSchedule, type ServedSchedule, withSchedules } from '../temporal/project-schedules.ts'

/** Nothing fires until it is resumed. */
export function schedulePause(context: CommandContext, id: string, { note }: { readonly note?: string }): Promise<CommandResult> {
  return act({ context, id, starts: false }, 'paused', ({ handle }) => handle.pause(note ?? 'paused by hand'))
}

/** Fires again. */
export function scheduleResume(
  context: CommandContext,
  id: string,
  { note }: { readonly note?: string },
): Promise<CommandResult> {
  return act({ context, id, starts: false }, 'resumed', ({ handle }) => handle.unpause(note ?? 'resumed by hand'))
}

/** Takes it from the server; its runs stay. */
export function scheduleDelete(context: CommandContext, id: string): Promise<CommandResult> {
  return act({ context, id, starts: false }, 'deleted', ({ handle }) => handle.delete())
}

/** A run now, besides the slots, whatever the overlap policy says. */
export function scheduleTrigger(context: CommandContext, id: string): Promise<CommandResult> {
  return act({ context, id, starts: true }, 'triggered', ({ handle }) => handle.trigger('ALLOW_ALL'))
}

/** Runs the slots between two times, one after the other, each as of its own time. */
export function scheduleBackfill(
  context: CommandContext,
  id: string,
  options: { readonly start: string; readonly end: string },
): Promise<CommandResult> {
  const [start, end] = [timeOf('--start', options.start), timeOf('--end', options.end)]
  if (start.getTime() > end.getTime()) throw new OnclockError('USAGE', '--start is after --end', { hint: 'Exchange them.' })
  return act({ context, id, starts: true }, 'backfill asked for', ({ handle }) =>
    handle.backfill({ start, end, overlap: 'BUFFER_ALL' }),
  )
}

function timeOf(option: string, text: string): Date {
  const time = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/.test(text) ? new Date(text) : new Date(Number.NaN)
  if (!Number.isNaN(time.getTime())) return time
  throw new OnclockError('USAGE', `${option} ${text} is no time`, {
    hint: 'Write a UTC day or a time with its zone: 2026-11-24, 2026-11-24T02:00:00Z or 2026-11-24T02:00+01:00.',
  })
}

interface Act {
  readonly context: CommandContext
  readonly id: string
  /** Whether runs come of it, so that a worker has to be up. */
  readonly starts: boolean
}

async function act(
  { context, id, starts }: Act,
  done: string,
  work: (schedule: ServedSchedule) => Promise<void>,
): Promise<CommandResult> {
  await withSchedules(context, starts, async (temporal) => work(await namedSchedule(temporal, id)))
  return {
    json: { id, done },
    text: () => `✔ ${id} ${done}`,
    notes: starts ? ['Its runs go on while server and worker are up; onclock ls shows them.'] : [],
  }
}
