import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Client,
  isGrpcServiceError,
  WorkflowClient,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowService,
} from '@temporalio/client'
import { messageOf, OnclockError } from '../../pipeline/errors.ts'
import { type RunInput, WORKFLOW_TYPE } from '../../pipeline/messages.ts'
import { nextRunId } from '../../pipeline/run-id.ts'
import { runDescription, type RunFacts, runSummaryLine } from './run-description.ts'
import { searchAttributesOf } from './search-attributes.ts'

/** What is started, and where. */
export interface StartRequest {
  readonly client: Client
  readonly taskQueue: string
  readonly input: RunInput
  /** The workflow's ID: the run's, except for runs that a schedule began. */
  readonly workflowId: string
  readonly facts: RunFacts
}

/** A run that the server has. */
export interface StartedRun {
  readonly runId: string
  readonly workflowId: string
  /** The execution's ID: what a generation is called. */
  readonly execution: string
}

const MOST_TRIES = 8
const MOST_IDS = 50

/**
 * Starts a new run. When somebody else took the ID in the same second, the next one is tried; no run is ever shared.
 */
export async function startNewRun(request: StartRequest): Promise<StartedRun> {
  let runId = request.input.run_id
  for (let tried = 0; tried < MOST_IDS; tried += 1) {
    const facts = { ...request.facts, runId }
    const started = await startOnce({ ...request, workflowId: runId, facts, input: { ...request.input, run_id: runId } })
    if (started !== 'taken') return started
    runId = nextRunId(runId)
  }
  throw new OnclockError('CLAIM_TAKEN', `no free run ID was found from ${request.input.run_id} on`, {
    hint: 'Try again in a second.',
  })
}

/** Starts the next generation of a run that did not succeed, under its own ID. @throws OnclockError RUN_STATE otherwise. */
export async function startNextGeneration(request: StartRequest): Promise<StartedRun> {
  const started = await startOnce(request)
  if (started !== 'taken') return started
  throw new OnclockError('RUN_STATE', `run ${request.input.run_id} is going on already, or has completed`, {
    hint: `onclock watch ${request.input.run_id}`,
  })
}

/**
 * One start. A call that timed out may have happened: every try carries the same request ID, for which the server gives the
 * same execution back, even after it closed.
 */
async function startOnce(request: StartRequest): Promise<StartedRun | 'taken'> {
  const { client, workflowId, input, facts, taskQueue } = request
  const starter = new StartingClient(client, randomUUID())
  for (let tried = 1; ; tried += 1) {
    try {
      const handle = await starter.start(WORKFLOW_TYPE, {
        workflowId,
        taskQueue,
        args: [input],
        workflowIdReusePolicy: input.mode === 'run' ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: runSummaryLine(facts),
        staticDetails: runDescription(facts),
        memo: { pipeline: facts.pipeline, pipeline_file: facts.pipelineFile, mode: input.mode, onclock: facts.version },
        ...(input.search_attributes ? { typedSearchAttributes: searchAttributesOf(facts) } : {}),
      })
      return { runId: input.run_id, workflowId, execution: handle.firstExecutionRunId }
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return 'taken'
      if (tried >= MOST_TRIES || !mayHaveHappened(error)) throw unreachable(error)
      await sleep(250 * 2 ** Math.min(tried, 4))
    }
  }
}

/** The SDK makes a new request ID for every call and has no option for it: it is put in on the way out. */
class StartingClient extends WorkflowClient {
  readonly #service: WorkflowService

  constructor(client: Client, requestId: string) {
    super({ connection: client.connection, namespace: client.options.namespace })
    const service = client.workflowService
    this.#service = new Proxy(service, {
      get: (target, name) => {
        if (name === 'startWorkflowExecution')
          return (request: Parameters<WorkflowService['startWorkflowExecution']>[0]) =>
            target.startWorkflowExecution({ ...request, requestId })
        return Reflect.get(target, name, target) as unknown
      },
    })
  }

  override get workflowService(): WorkflowService {
    return this.#service
  }
}

/** UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE of gRPC. */
const PASSING = new Set([2, 4, 8, 10, 13, 14])

function mayHaveHappened(error: unknown): boolean {
  const cause = isGrpcServiceError(error) ? error : error instanceof Error ? error.cause : undefined
  return isGrpcServiceError(cause) && PASSING.has(cause.code)
}

function unreachable(error: unknown): unknown {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error
  if (!isGrpcServiceError(cause)) return error
  return new OnclockError(
    'SERVER_UNREACHABLE',
    `the Temporal server did not take the start: ${cause.details || messageOf(cause)}`,
    {
      hint: 'onclock doctor looks into it. Whether the run began shows in onclock ls.',
      cause: error,
    },
  )
}
