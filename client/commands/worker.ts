import { OnclockError } from '../../pipeline/errors.ts'
import type { CommandContext, CommandResult } from '../command.ts'

/** How long stages that run may go on after Ctrl-C or SIGTERM; what is not done by then starts again on another worker. */
const GRACE_MS = 30_000
const CONNECT_WITHIN_MS = 10_000

/** Hosts the stages of the project in this process, for a server that is configured, until it is told to end. */
export async function worker(context: CommandContext): Promise<CommandResult> {
  const { configuredServer } = await import('../../worker/server-settings.ts')
  const configured = configuredServer(context.profile === undefined ? {} : { profile: context.profile }, context.env)
  if (configured === null)
    throw new OnclockError(
      'USAGE',
      'no Temporal server is configured; the one that onclock brings along has a worker of its own',
      {
        hint: 'Name a server with TEMPORAL_ADDRESS or --profile; or hold up your own: onclock up',
      },
    )
  const { runWorker } = await import('../../worker/run-worker.ts')
  const { taskQueueOf } = await import('../../worker/task-queue.ts')
  const { settings, source } = configured
  const taskQueue = taskQueueOf(context.projectDir)
  const stop = context.onInterrupt()
  context.note(`Temporal at ${settings.address}, namespace ${settings.namespace} (set by ${source})`)
  stop.addEventListener(
    'abort',
    () => context.note(`Ending; stages that run have ${GRACE_MS / 1000} s. Once more ends at once.`),
    { once: true },
  )
  await runWorker({
    projectDir: context.projectDir,
    server: settings,
    taskQueue,
    shutdownGraceMs: GRACE_MS,
    connectWithinMs: CONNECT_WITHIN_MS,
    onReady: () => context.note(`Hosting the stages of ${context.projectDir} on task queue ${taskQueue} until Ctrl-C.`),
    signal: stop,
  })
  return { exit: stop.aborted && stop.reason !== 130 ? Number(stop.reason) : 0 }
}
