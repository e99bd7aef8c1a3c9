import type { CommandContext, CommandResult } from '../command.ts'
import type { OpenTemporal } from '../temporal/open-temporal.ts'
import { namedSchedule, projectSchedules, type ServedSchedule, withSchedules } from '../temporal/project-schedules.ts'
import type { ScheduleDefinition } from '../temporal/schedule-definition.ts'
import { localTime } from '../views/local-time.ts'
import { table } from '../views/table.ts'

const MOST_OUTCOMES = 3

/** A schedule as `ls` and `show` tell of it. */
interface ScheduleState {
  readonly id: string
  readonly definition: ScheduleDefinition
  readonly paused: boolean
  readonly note: string | null
  readonly next: readonly string[]
  readonly last: readonly { readonly workflow_id: string; readonly taken_at: string; readonly status: string }[]
  readonly taken: number
  readonly skipped: number
  readonly missed: number
}

/** The schedules of this project that are in force. */
export async function scheduleLs(context: CommandContext): Promise<CommandResult> {
  const states = await withSchedules(context, false, async (temporal) => {
    const all: ScheduleState[] = []
    for (const served of await projectSchedules(temporal)) all.push(await stateOf(temporal, served))
    return all
  })
  return {
    json: states,
    text: (page) => {
      if (states.length === 0) return 'no schedule is in force; onclock schedule apply puts those of the pipelines in force'
      const columns = ['schedule', 'next', 'last', 'skipped', 'missed', 'state'].map((title) => ({ title, shrinkTo: 7 }))
      const rows = states.map((state) => [
        { text: state.id, colour: page.colours.cyan },
        { text: state.paused ? '-' : whenOf(state, state.next[0]) },
        { text: state.last.map(({ status }) => status).join(', ') || '-' },
        { text: String(state.skipped) },
        { text: String(state.missed) },
        { text: standing(state) },
      ])
      return table(columns, rows, page).join('\n')
    },
  }
}

/** One schedule: what it is, its next and its last runs. */
export async function scheduleShow(context: CommandContext, id: string): Promise<CommandResult> {
  const state = await withSchedules(context, false, async (temporal) => stateOf(temporal, await namedSchedule(temporal, id)))
  const { definition } = state
  return {
    json: state,
    text: () =>
      [
        `${id}  ${standing(state)}`,
        ...Object.entries(definition).map(
          ([field, value]) => `  ${field}  ${typeof value === 'string' ? value : JSON.stringify(value)}`,
        ),
        `  started ${state.taken}, skipped ${state.skipped} (the last run was still going), missed ${state.missed} (nothing was up)`,
        ...state.next.map((time) => `  next  ${whenOf(state, time)}`),
        ...state.last.map((run) => `  last  ${run.status}  ${run.workflow_id}`),
      ].join('\n'),
  }
}

async function stateOf({ client }: OpenTemporal, { id, description, definition }: ServedSchedule): Promise<ScheduleState> {
  const { info, state } = description
  const last: ScheduleState['last'][number][] = []
  for (const { takenAt, action } of info.recentActions.slice(-MOST_OUTCOMES).reverse()) {
    const { workflowId, firstExecutionRunId } = action.workflow
    const status = await client.workflow
      .getHandle(workflowId, firstExecutionRunId)
      .describe()
      .then((run) => run.status.name.toLowerCase())
      .catch(() => 'unknown')
    last.push({ workflow_id: workflowId, taken_at: takenAt.toISOString(), status })
  }
  return {
    id,
    definition,
    paused: state.paused,
    note: state.note === undefined || state.note === '' ? null : state.note,
    next: info.nextActionTimes.slice(0, 5).map((time) => time.toISOString()),
    last,
    taken: info.numActionsTaken,
    skipped: info.numActionsSkippedOverlap,
    missed: info.numActionsMissedCatchupWindow,
  }
}

function standing({ paused, note }: ScheduleState): string {
  if (!paused) return 'active'
  return note === null ? 'paused' : `paused: ${note}`
}

function whenOf({ definition: { timezone } }: ScheduleState, time: string | undefined): string {
  return time === undefined ? 'never' : `${localTime(time, timezone)} ${timezone}`
}
