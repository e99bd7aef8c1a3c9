import { basename } from 'node:path'
import type { CommandContext, CommandResult } from '../command.ts'
import { pipelineNames } from '../project/find-pipeline.ts'
import { openPipeline } from '../project/open-pipeline.ts'
import type { OpenTemporal } from '../temporal/open-temporal.ts'
import { projectSchedules, type ServedSchedule, servedSchedule, withSchedules } from '../temporal/project-schedules.ts'
import {
  changesBetween,
  definitionOf,
  type FieldChange,
  type ScheduleDefinition,
  scheduleOptions,
} from '../temporal/schedule-definition.ts'
import { knowsOurAttributes } from '../temporal/search-attributes.ts'
import { slotsAtClockChanges } from '../temporal/clock-changes.ts'

export interface ScheduleApplyOptions {
  readonly plan?: boolean
  readonly delete?: boolean
}

interface Applied {
  readonly id: string
  readonly action: 'create' | 'change' | 'unchanged' | 'delete' | 'left'
  readonly changes: readonly FieldChange[]
}

const WORDS = {
  create: ['+', 'created', 'would be created'],
  change: ['~', 'changed', 'would be changed'],
  unchanged: ['=', 'unchanged', 'unchanged'],
  delete: ['-', 'deleted', 'would be deleted'],
  left: [
    '!',
    'no longer in the pipeline, still in force: --delete takes it away',
    'no longer in the pipeline, stays in force without --delete',
  ],
} as const

/** Makes the server's schedules of these pipelines what their YAML says; those of other pipelines are not touched. */
export async function scheduleApply(
  context: CommandContext,
  named: readonly string[],
  options: ScheduleApplyOptions,
): Promise<CommandResult> {
  const wanted = await wantedSchedules(context, named)
  const plan = options.plan === true
  return withSchedules(context, false, async (temporal) => {
    const applied = await decide(temporal, wanted, options.delete === true)
    if (!plan) await carryOut(temporal, wanted.definitions, applied)
    const fires = applied.filter(({ action }) => action !== 'delete')
    const clocks = plan
      ? []
      : await slotsAtClockChanges(
          temporal,
          fires.filter(({ action }) => action !== 'unchanged').map(({ id }) => id),
        )
    return {
      json: { applied: !plan, schedules: applied, clock_changes: clocks },
      text: () =>
        [...applied.flatMap((one) => lines(one, plan)), ...clocks.map(({ words }) => `  ${words}`)].join('\n') || 'no schedules',
      notes: fires.length === 0 ? [] : [stayWords(context, temporal)],
    }
  })
}

interface Wanted {
  readonly pipelines: ReadonlySet<string>
  readonly definitions: ReadonlyMap<string, ScheduleDefinition>
}

async function wantedSchedules(context: CommandContext, named: readonly string[]): Promise<Wanted> {
  const pipelines = new Set<string>()
  const definitions = new Map<string, ScheduleDefinition>()
  for (const name of named.length > 0 ? named : pipelineNames(context.projectDir)) {
    const { file, pipeline } = await openPipeline(context, name, { code: true, set: {} })
    const short = basename(file).replace(/\.ya?ml$/, '')
    pipelines.add(short)
    for (const schedule of pipeline.schedules)
      definitions.set(`${short}.${schedule.id}`, definitionOf(schedule, pipeline.name, file))
  }
  return { pipelines, definitions }
}

async function decide(temporal: OpenTemporal, { pipelines, definitions }: Wanted, remove: boolean): Promise<Applied[]> {
  const { client, access } = temporal
  const applied: Applied[] = []
  for (const [id, definition] of definitions)
    applied.push(against(id, definition, await servedSchedule(client, access.taskQueue, id)))
  const others = (await projectSchedules(temporal)).filter(({ id }) => !definitions.has(id))
  for (const { id } of others.filter((one) => pipelines.has(one.id.slice(0, one.id.lastIndexOf('.')))))
    applied.push({ id, action: remove ? 'delete' : 'left', changes: [] })
  return applied
}

function against(id: string, definition: ScheduleDefinition, served: ServedSchedule | null): Applied {
  if (served === null) return { id, action: 'create', changes: [] }
  const changes = changesBetween(served.definition, definition)
  return { id, action: changes.length === 0 ? 'unchanged' : 'change', changes }
}

async function carryOut(
  { client, access: { taskQueue } }: OpenTemporal,
  definitions: Wanted['definitions'],
  applied: readonly Applied[],
): Promise<void> {
  const searchAttributes = await knowsOurAttributes(client)
  for (const { id, action } of applied) {
    const definition = definitions.get(id)
    if (action === 'delete') await (await servedSchedule(client, taskQueue, id))?.handle.delete()
    if (definition === undefined) continue
    const options = scheduleOptions(definition, { id, taskQueue, searchAttributes })
    if (action === 'create') await client.schedule.create(options)
    // A change of the YAML does not end a person's pause.
    if (action === 'change') {
      const { scheduleId, ...update } = options
      await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...update, state }))
    }
  }
}

function lines({ id, action, changes }: Applied, plan: boolean): string[] {
  const [sign, done, planned] = WORDS[action]
  const changed = changes.map((change) => `    ${change.field}: ${JSON.stringify(change.old)} → ${JSON.stringify(change.new)}`)
  return [`${sign} ${id}  ${plan ? planned : done}`, ...changed]
}

function stayWords({ terminal }: CommandContext, { access }: OpenTemporal): string {
  if (!access.embedded) return 'Slots fire while a worker of this project is up for this server: onclock worker'
  const until = terminal
    ? 'they end ten minutes after the last command and the last open run'
    : 'without a terminal they end with this command'
  return `Nothing fires unless server and worker are up: ${until}. onclock up holds them.`
}
