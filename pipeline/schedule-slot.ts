import { newRunId } from './run-id.ts'

/** The slot that Temporal puts at the end of the workflow ID of a scheduled run; null where there is none. */
export function slotOf(workflowId: string): Date | null {
  const text = /-(?<slot>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/.exec(workflowId)?.groups?.['slot']
  const slot = text === undefined ? null : new Date(text)
  return slot === null || Number.isNaN(slot.getTime()) ? null : slot
}

/** The ID of the run of a slot, such as `20261124_020000_nightly`, on the clock of `timezone`. */
export function slotRunId(slot: Date, schedule: string, timezone: string): string {
  return `${newRunId(slot, timezone)}_${schedule}`
}
