import { msToTs } from '@temporalio/common/lib/time.js'
import type { OpenTemporal } from './open-temporal.ts'
import { servedSchedule } from './project-schedules.ts'
import { serverId } from './schedule-definition.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MOST_SHOWN = 4

/** What a change of the clocks does to the slots of a schedule. */
export interface ClockChange {
  readonly id: string
  readonly at: string
  readonly slots: readonly string[]
  readonly words: string
}

/** The next two changes of the clock in a zone within a year, to the hour. */
export function clockChanges(timezone: string, from: Date): Date[] {
  const changes: Date[] = []
  const start = Math.ceil(from.getTime() / HOUR_MS) * HOUR_MS
  for (let time = start; time < start + 366 * DAY_MS && changes.length < 2; time += DAY_MS) {
    if (offsetOf(timezone, time) === offsetOf(timezone, time + DAY_MS)) continue
    let hour = time
    while (offsetOf(timezone, hour) === offsetOf(timezone, hour + HOUR_MS)) hour += HOUR_MS
    changes.push(new Date(hour + HOUR_MS))
  }
  return changes
}

function offsetOf(timezone: string, time: number): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' }).formatToParts(time)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** Asks the server which slots these schedules have around the next two changes of the clock: it alone knows for certain. */
export async function slotsAtClockChanges(temporal: OpenTemporal, ids: readonly string[]): Promise<ClockChange[]> {
  const { client, access } = temporal
  const told: ClockChange[] = []
  for (const id of ids) {
    const definition = (await servedSchedule(client, access.taskQueue, id))?.definition
    if (definition === undefined || definition.cron === null) continue
    const { timezone } = definition
    for (const change of clockChanges(timezone, new Date())) {
      const { startTime } = await client.workflowService.listScheduleMatchingTimes({
        namespace: client.options.namespace,
        scheduleId: serverId(access.taskQueue, id),
        startTime: stamp(change.getTime() - DAY_MS),
        endTime: stamp(change.getTime() + DAY_MS),
      })
      const times = startTime
        .map(({ seconds }) => Number(seconds) * 1000)
        .filter((time) => dayOf(timezone, time) === dayOf(timezone, change.getTime()))
      told.push(changeOf(id, timezone, change, times))
    }
  }
  return told
}

function changeOf(id: string, timezone: string, change: Date, times: readonly number[]): ClockChange {
  const [before, after] = [change.getTime() - 1, change.getTime()].map((time) => offsetOf(timezone, time))
  const shown = times.slice(0, MOST_SHOWN).map((time) => `${clockOf(timezone, time)} (${offsetOf(timezone, time)})`)
  const more = times.length > MOST_SHOWN ? ` and ${times.length - MOST_SHOWN} more` : ''
  const what = times.length === 0 ? 'has no slot' : `has slots at ${shown.join(', ')}${more}`
  const day = dayOf(timezone, change.getTime())
  return {
    id,
    at: change.toISOString(),
    slots: times.map((time) => new Date(time).toISOString()),
    words: `${day} the clocks of ${timezone} change from ${before ?? ''} to ${after ?? ''}: ${id} ${what} that day`,
  }
}

function stamp(time: number): ReturnType<typeof msToTs> {
  return msToTs(time)
}

function dayOf(timezone: string, time: number): string {
  return new Date(time).toLocaleDateString('sv-SE', { timeZone: timezone })
}

function clockOf(timezone: string, time: number): string {
  return new Date(time).toLocaleTimeString('sv-SE', { timeZone: timezone, hour: '2-digit', minute: '2-digit' })
}
