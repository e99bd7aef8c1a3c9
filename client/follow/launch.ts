import { runLink } from '../../worker/embedded.ts'
import type { RunInput } from '../../pipeline/messages.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { ensureEditorSchema } from '../project/editor-schema.ts'
import { type OpenTemporal, openTemporal, serverError } from '../temporal/open-temporal.ts'
import type { RunFacts } from '../temporal/run-description.ts'
import { knowsOurAttributes } from '../temporal/search-attributes.ts'
import { type StartedRun, startNewRun, startNextGeneration } from '../temporal/start-run.ts'
import { finishRun } from './finish-run.ts'
import { type FollowEnd, followRun } from './follow-run.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import { logSize, reportProgress } from './report-progress.ts'

/** A start or a resume that is checked and ready to go. */
export interface Launch {
  readonly request: Omit<RunInput, 'search_attributes'>
  readonly workflowId: string
  readonly facts: RunFacts
  readonly detach: boolean
  readonly timeoutMs: number | null
}

/** How long a run that nobody watches on a terminal waits for a worker before the command gives up. */
const PATIENCE_MS = 60_000

/** Starts a generation and watches it to its end, or leaves it alone. */
export async function launch(context: CommandContext, launching: Launch): Promise<CommandResult> {
  const temporal = await openTemporal(context, { needWorker: true })
  try {
    const { client, access } = temporal
    const input: RunInput = { ...launching.request, search_attributes: await knowsOurAttributes(client) }
    // Taken before the start: what the run itself writes must not be skipped.
    const already = logSize(context.projectDir, input.run_id)
    const start = input.mode === 'run' ? startNewRun : startNextGeneration
    const started = await start({
      client,
      taskQueue: access.taskQueue,
      input,
      workflowId: launching.workflowId,
      facts: launching.facts,
    })
    await ensureEditorSchema(context.projectDir)
    const ui = runLink(access, started.workflowId)
    if (launching.detach) return detached(started, launching, ui)
    context.note(
      `${startedWords(launching.facts)} as run ${started.runId}${reusing(launching.facts)}${ui === null ? '' : ` · ${ui}`}`,
    )
    return await watchStarted(context, temporal, started, {
      timeoutMs: launching.timeoutMs,
      skipLog: (runId) => (input.mode === 'resume' && runId === input.run_id ? already : 0),
    })
  } catch (error) {
    throw serverError(error)
  } finally {
    await temporal.close()
  }
}

/** Watches a run that the server has to its end. */
export async function watchStarted(
  context: CommandContext,
  { client, access }: OpenTemporal,
  started: Omit<StartedRun, 'execution'> & { readonly execution?: string },
  options: {
    readonly timeoutMs: number | null
    readonly skipLog: (runId: string) => number
    readonly onSnapshot?: (snapshot: RunSnapshot) => void
  },
): Promise<CommandResult> {
  const stop = context.onInterrupt()
  const report = reportProgress(context, options)
  const { execution, workflowId } = started
  const end: FollowEnd = await followRun({
    client,
    workflowId,
    ...(execution === undefined ? {} : { execution }),
    stop,
    timeoutMs: options.timeoutMs,
    serverEnded: access.ended,
    patienceMs: context.terminal ? null : PATIENCE_MS,
    onSnapshot: (snapshot) => {
      report.show(snapshot)
      options.onSnapshot?.(snapshot)
    },
  }).catch(async (error: unknown) => {
    await report.end(null)
    throw error
  })
  await report.end(end.runId)
  const code = typeof stop.reason === 'number' ? stop.reason : 130
  return finishRun(context, { runId: started.runId, ui: uiAfterwards(context, access, workflowId) }, end, code)
}

/** The project's own server ends with the command unless somebody sits at a terminal: its link would be dead at once. */
function uiAfterwards({ terminal }: CommandContext, access: OpenTemporal['access'], workflowId: string): string | null {
  return access.embedded && !terminal ? 'with: onclock up' : runLink(access, workflowId)
}

function startedWords({ mode, pipeline }: RunFacts, bold: (text: string) => string = (text) => text): string {
  return `${mode === 'run' ? 'started' : 'resumed'} ${bold(pipeline)}`
}

function reusing({ reuses }: RunFacts): string {
  return reuses === undefined ? '' : `, reusing what is unchanged of run ${reuses}`
}

function detached(started: StartedRun, { facts }: Launch, ui: string | null): CommandResult {
  const { runId, workflowId } = started
  return {
    json: {
      run_id: runId,
      workflow_id: workflowId,
      generation: started.execution,
      pipeline: facts.pipeline,
      pipeline_file: facts.pipelineFile,
      ui,
    },
    text: ({ colours }) =>
      [
        `${colours.green('✔')} ${startedWords(facts, colours.bold)} as run ${colours.bold(runId)}${reusing(facts)}`,
        `  watch it    onclock watch ${runId}`,
        `  cancel it   onclock cancel ${runId}`,
        ...(ui === null ? [] : [`  see it      ${ui}`]),
      ].join('\n'),
  }
}
