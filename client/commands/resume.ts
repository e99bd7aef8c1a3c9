import type { WorkflowExecutionDescription } from '@temporalio/client'
import { closeAbandoned } from '../../activities/store/compose-run-record.ts'
import { OnclockError } from '../../pipeline/errors.ts'
import { PROGRESS_QUERY, RESUME_UPDATE } from '../../pipeline/messages.ts'
import type { RunProgress } from '../../pipeline/progress.ts'
import type { StageChoice } from '../../pipeline/select-stages.ts'
import type { OpenWorkflow } from '../temporal/step-in.ts'
import type { RunRecord, RunStatus } from '../../pipeline/record.ts'
import type { CommandContext, CommandResult } from '../command.ts'
import { findRun, type FoundRun, isUnsuccessful } from '../project/find-run.ts'
import { openPipeline } from '../project/open-pipeline.ts'
import { chooseStages } from '../project/choose-stages.ts'
import { parseSet } from '../project/parse-set.ts'
import { setBefore } from '../project/set-before.ts'
import { factsOf, preview } from './run.ts'
import { recordOf } from './show.ts'

export interface ResumeOptions {
  readonly set: readonly string[]
  readonly from?: string
  readonly plan?: boolean
  readonly detach?: boolean
  readonly timeout?: number
}

/** Makes a run that stands still go on: a paused one at once, one that did not succeed under its own ID. One that goes is watched. */
export async function resume(context: CommandContext, named: string | undefined, options: ResumeOptions): Promise<CommandResult> {
  const found = await findRun(context.projectDir, named)
  const record = recordOf(found)
  if (record.status === 'completed') throw await nothingToResume(context, record, options)
  const pipelineFile = record.pipeline_file ?? ''
  const set = { ...(await setBefore(context, found, pipelineFile)), ...parseSet(options.set) }
  const { pipeline } = await openPipeline(fromProject(context), pipelineFile, { code: true, set })
  const stages = options.from === undefined ? {} : { stages: chooseStages(pipeline, pipelineFile, { from: options.from }) }
  if (options.plan === true) return previewOf(context, record, { pipelineFile, set, ...stages })
  const workflowId = (await found.store.readClaim(found.runId))?.workflow_id ?? found.runId
  if (!isUnsuccessful(record.status)) {
    const going = await goOnOrClose(context, found, { workflowId, set, ...stages }, options)
    if (going !== null) return going
  }
  const { launch } = await import('../follow/launch.ts')
  return launch(context, {
    request: { run_id: found.runId, pipeline_file: pipelineFile, set, mode: 'resume', ...stages },
    workflowId,
    facts: factsOf(pipeline, pipelineFile, found.runId, 'resume'),
    detach: options.detach ?? false,
    timeoutMs: options.timeout ?? null,
  })
}

/** A pipeline's path on file is relative to the project, not to where the command was typed. */
function fromProject(context: CommandContext): CommandContext {
  return { ...context, cwd: context.projectDir }
}

async function previewOf(
  context: CommandContext,
  record: RunRecord,
  asked: Pick<Parameters<typeof preview>[1], 'pipelineFile' | 'set' | 'stages'>,
): Promise<CommandResult> {
  const result = await preview(context, { ...asked, runId: record.run_id, mode: 'resume' })
  if (isUnsuccessful(record.status) || record.status === 'paused') return result
  return { ...result, notes: [`run ${record.run_id} has not ended on file: it is still going, or was interrupted`] }
}

interface Asked {
  readonly workflowId: string
  readonly set: { readonly [name: string]: string }
  readonly stages?: StageChoice
}

/** @returns what the run answered; null when it is not paused but going on. */
async function resumePaused(
  open: OpenWorkflow,
  request: { readonly set: { readonly [name: string]: string }; readonly from?: string },
  { set, from }: ResumeOptions,
): Promise<string | null> {
  const { stepIn } = await import('../temporal/step-in.ts')
  const progress = await open.client.workflow.getHandle(open.workflowId).query<RunProgress | null>(PROGRESS_QUERY)
  const changes = progress?.status === 'paused' || progress?.stages.some(({ status }) => status === 'paused') === true
  // A run that is only held while its stages still run goes on as it was planned.
  const asked = changes || set.length > 0 || from !== undefined ? request : {}
  try {
    return (await stepIn(open, RESUME_UPDATE, asked)).message
  } catch (error) {
    if (!changes && error instanceof OnclockError && error.code === 'RUN_STATE') return null
    throw error
  }
}

async function goingWords(client: OpenWorkflow['client'], workflowId: string, runId: string): Promise<string> {
  const { hurryAttempts } = await import('../temporal/hurry-attempts.ts')
  const hurried = await hurryAttempts(client, workflowId)
  if (hurried.length === 0) return `run ${runId} is still going; watching it`
  return `run ${runId}: the next attempt of ${hurried.join(', ')} goes at once`
}

/**
 * A run that its files know as running may have been interrupted and go on now that a worker is there, or have been stopped
 * from outside without a word on file.
 * @returns null when it has ended and can be resumed.
 */
async function goOnOrClose(
  context: CommandContext,
  found: FoundRun,
  { workflowId, set, stages }: Asked,
  options: ResumeOptions,
): Promise<CommandResult | null> {
  const { openTemporal } = await import('../temporal/open-temporal.ts')
  const { watchStarted } = await import('../follow/launch.ts')
  const temporal = await openTemporal(context, { needWorker: true })
  try {
    const status = await statusOn(temporal.client.workflow.getHandle(workflowId).describe())
    if (status === 'completed') throw await nothingToResume(context, recordOf(found), options)
    if (status !== 'running') {
      await closeAbandoned(found.store, found.runId, status === 'timed_out' ? status : 'terminated')
      return null
    }
    const { logSize } = await import('../follow/report-progress.ts')
    const already = logSize(context.projectDir, found.runId)
    const open = { client: temporal.client, workflowId, runId: found.runId }
    const resumed = await resumePaused(open, { set, ...(stages?.from === undefined ? {} : { from: stages.from }) }, options)
    if (resumed === null && (options.set.length > 0 || options.from !== undefined))
      throw new OnclockError('RUN_STATE', `run ${found.runId} is still going: what it does cannot be changed`, {
        hint: `onclock watch ${found.runId}, or stop it first: onclock cancel ${found.runId}`,
      })
    context.note(resumed ?? (await goingWords(temporal.client, workflowId, found.runId)))
    if (resumed !== null && options.detach === true)
      return { json: { run_id: found.runId, workflow_id: workflowId }, text: () => `✔ ${resumed}` }
    const started = { runId: found.runId, workflowId }
    return await watchStarted(context, temporal, started, {
      timeoutMs: options.timeout ?? null,
      skipLog: () => (resumed === null ? 0 : already),
    })
  } finally {
    await temporal.close()
  }
}

async function statusOn(described: Promise<WorkflowExecutionDescription>): Promise<RunStatus> {
  try {
    const { status } = await described
    return status.name === 'CANCELLED' ? 'cancelled' : (status.name.toLowerCase() as RunStatus)
  } catch (error) {
    // Its history has expired or the server's database is another one: it runs nowhere.
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return 'terminated'
    throw error
  }
}

async function nothingToResume(
  { projectDir }: CommandContext,
  record: RunRecord,
  { set, from }: ResumeOptions,
): Promise<OnclockError> {
  const failed = await findRun(projectDir, 'latest-failed').catch(() => null)
  const other = failed === null ? '' : `\nThe newest run that did not succeed: onclock resume ${failed.runId}`
  const asked = [
    ...set.map((value) => (/^[\w=./-]+$/.test(value) ? ` --set ${value}` : ` --set '${value}'`)),
    ...(from === undefined ? [] : [` --from ${from}`]),
  ].join('')
  return new OnclockError('RUN_STATE', `run ${record.run_id} completed: there is nothing to resume`, {
    hint: `A new run that takes over what is unchanged of it: onclock run --reuse ${record.run_id}${asked}${other}`,
  })
}
