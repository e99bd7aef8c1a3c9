import type { Client, ScheduleDescription, ScheduleHandle } from '@temporalio/client'
import { isGrpcServiceError, ScheduleNotFoundError } from '@temporalio/client'
import { OnclockError } from '../../pipeline/errors.ts'
import { didYouMean } from '../../pipeline/suggest.ts'
import type { CommandContext } from '../command.ts'
import { openTemporal, type OpenTemporal, serverError } from './open-temporal.ts'
import { DEFINITION, type ScheduleDefinition, serverId } from './schedule-definition.ts'

/** A schedule of this project that the server has. */
export interface ServedSchedule {
  /** `pipeline.schedule` */
  readonly id: string
  readonly handle: ScheduleHandle
  readonly description: ScheduleDescription
  readonly definition: ScheduleDefinition
}

/** Does something with the server's schedules and gives the server back. */
export async function withSchedules<T>(
  context: CommandContext,
  needWorker: boolean,
  work: (temporal: OpenTemporal) => Promise<T>,
): Promise<T> {
  const temporal = await openTemporal(context, { needWorker })
  try {
    return await work(temporal)
  } catch (error) {
    const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error
    throw serverError(cause)
  } finally {
    await temporal.close()
  }
}

/** All schedules of this project, by name. A list of the server lags behind; what was just deleted is left out. */
export async function projectSchedules({ client, access }: OpenTemporal): Promise<ServedSchedule[]> {
  const prefix = serverId(access.taskQueue, '')
  const found: ServedSchedule[] = []
  for await (const { scheduleId } of client.schedule.list()) {
    if (!scheduleId.startsWith(prefix)) continue
    const served = await servedSchedule(client, access.taskQueue, scheduleId.slice(prefix.length))
    if (served !== null) found.push(served)
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** One schedule, asked for by name and so without the lag; null when there is none of ours. */
export async function servedSchedule(client: Client, taskQueue: string, id: string): Promise<ServedSchedule | null> {
  const handle = client.schedule.getHandle(serverId(taskQueue, id))
  try {
    const description = await handle.describe()
    const definition = description.action.memo?.[DEFINITION] as ScheduleDefinition | undefined
    return definition === undefined ? null : { id, handle, description, definition }
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null
    throw error
  }
}

/** The schedule that was named. @throws OnclockError SCHEDULE_NOT_FOUND with the nearest name. */
export async function namedSchedule(temporal: OpenTemporal, id: string): Promise<ServedSchedule> {
  const found = await servedSchedule(temporal.client, temporal.access.taskQueue, id)
  if (found !== null) return found
  const names = (await projectSchedules(temporal)).map((schedule) => schedule.id)
  const none =
    names.length === 0 ? 'Put those of the pipelines in force: onclock schedule apply' : `There are ${names.join(', ')}`
  throw new OnclockError('SCHEDULE_NOT_FOUND', `no schedule "${id}" is in force in this project`, {
    hint: didYouMean(id, names) ?? none,
  })
}
