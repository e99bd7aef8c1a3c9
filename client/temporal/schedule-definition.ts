import type { ScheduleOptions, ScheduleOptionsStartWorkflowAction } from '@temporalio/client'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { JsonValue } from '../../pipeline/json.ts'
import { type RunInput, WORKFLOW_TYPE } from '../../pipeline/messages.ts'
import type { Schedule } from '../../pipeline/pipeline.ts'

/** A schedule as a pipeline has it; kept with the schedule on the server, so that a change can be told field by field. */
export interface ScheduleDefinition {
  readonly pipeline: string
  readonly pipeline_file: string
  readonly cron: string | null
  readonly every_ms: number | null
  readonly timezone: string
  readonly overlap: Schedule['overlap']
  readonly catchup_window_ms: number
  readonly jitter_ms: number
  readonly start: string | null
  readonly end: string | null
  readonly pause_on_failure: boolean
  readonly set: { readonly [name: string]: JsonValue }
}

/** One field that another text of the pipeline gives another value. */
export interface FieldChange {
  readonly field: string
  readonly old: JsonValue
  readonly new: JsonValue
}

/** Where it is put, and under which name. */
export interface SchedulePlace {
  /** `pipeline.schedule` */
  readonly id: string
  readonly taskQueue: string
  readonly searchAttributes: boolean
}

export const DEFINITION = 'onclock_schedule'

/** The definition of a schedule of this pipeline. */
export function definitionOf(schedule: Schedule, pipeline: string, pipelineFile: string): ScheduleDefinition {
  return {
    pipeline,
    pipeline_file: pipelineFile,
    cron: schedule.cron,
    every_ms: schedule.everyMs,
    timezone: schedule.timezone,
    overlap: schedule.overlap,
    catchup_window_ms: schedule.catchupWindowMs,
    jitter_ms: schedule.jitterMs,
    start: schedule.start,
    end: schedule.end,
    pause_on_failure: schedule.pauseOnFailure,
    set: schedule.set,
  }
}

/** What differs; parameters one by one. Nothing when both mean the same. */
export function changesBetween(before: ScheduleDefinition, after: ScheduleDefinition): FieldChange[] {
  const old = fieldsOf(before)
  const now = fieldsOf(after)
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((field) => {
    const change = { field, old: old[field] ?? null, new: now[field] ?? null }
    return JSON.stringify(change.old) === JSON.stringify(change.new) ? [] : [change]
  })
}

function fieldsOf({ set, ...fields }: ScheduleDefinition): { [field: string]: JsonValue } {
  return { ...fields, ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`set.${name}`, value])) }
}

const OVERLAP = {
  skip: 'SKIP',
  buffer_one: 'BUFFER_ONE',
  buffer_all: 'BUFFER_ALL',
  cancel_other: 'CANCEL_OTHER',
  terminate_other: 'TERMINATE_OTHER',
  allow_all: 'ALLOW_ALL',
} as const

/** The ID on the server: projects that share a namespace have schedules of the same names. */
export function serverId(taskQueue: string, id: string): string {
  return `${taskQueue}:${id}`
}

/** A definition as Temporal takes it. */
export function scheduleOptions(
  definition: ScheduleDefinition,
  { id, taskQueue, searchAttributes }: SchedulePlace,
): ScheduleOptions<ScheduleOptionsStartWorkflowAction<(input: RunInput) => Promise<unknown>>> {
  const { cron, every_ms: every } = definition
  const set = Object.entries(definition.set).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  const input: RunInput = {
    run_id: '',
    pipeline_file: definition.pipeline_file,
    set: Object.fromEntries(set) as { [name: string]: string },
    mode: 'run',
    search_attributes: searchAttributes,
    schedule: id.slice(id.lastIndexOf('.') + 1),
  }
  return {
    scheduleId: serverId(taskQueue, id),
    spec: {
      ...(cron === null ? {} : { cronExpressions: [cron] }),
      ...(every === null ? {} : { intervals: [{ every }] }),
      timezone: definition.timezone,
      jitter: definition.jitter_ms,
      ...(definition.start === null ? {} : { startAt: new Date(definition.start) }),
      ...(definition.end === null ? {} : { endAt: new Date(definition.end) }),
    },
    action: {
      type: 'startWorkflow',
      workflowType: WORKFLOW_TYPE,
      taskQueue,
      workflowId: serverId(taskQueue, id),
      args: [input],
      staticSummary: `**${definition.pipeline}** · scheduled by \`${id}\``,
      memo: { [DEFINITION]: definition, pipeline: definition.pipeline, pipeline_file: definition.pipeline_file },
      ...(searchAttributes ? { typedSearchAttributes: attributesOf(definition.pipeline) } : {}),
    },
    policies: {
      overlap: OVERLAP[definition.overlap],
      catchupWindow: definition.catchup_window_ms,
      pauseOnFailure: definition.pause_on_failure,
    },
  }
}

function attributesOf(pipeline: string): { key: ReturnType<typeof keyword>; value: string }[] {
  return [
    { key: keyword('OnclockPipeline'), value: pipeline.slice(0, 100) },
    { key: keyword('OnclockStatus'), value: 'running' },
  ]
}

function keyword(name: string) {
  return defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)
}
