import { userInfo } from 'node:os'
import {
  ApplicationFailure,
  type Client,
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { type ErrorCode, ERRORS, OnclockError } from '../../pipeline/errors.ts'
import type { PauseRequest, ResumeRequest, SkipRequest, UpdateAnswer } from '../../pipeline/messages.ts'
import { serverError } from './open-temporal.ts'

/** A run that is open, and how it is asked for something. */
export interface OpenWorkflow {
  readonly client: Client
  readonly workflowId: string
  readonly runId: string
}

type Request = ResumeRequest | SkipRequest | PauseRequest

/** Asks an open run for something and waits for its answer. @throws OnclockError with what the run said against it. */
export async function stepIn(
  { client, workflowId, runId }: OpenWorkflow,
  update: string,
  request: Request,
): Promise<UpdateAnswer> {
  try {
    const handle = client.workflow.getHandle(workflowId)
    return await handle.executeUpdate<UpdateAnswer, [Request]>(update, { args: [{ ...request, by: person() }] })
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw refusal(error)
    const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error
    if (error instanceof WorkflowNotFoundError || isNotFound(cause))
      throw new OnclockError('RUN_STATE', `run ${runId} is not going on: nothing can be changed about it`, {
        hint: `onclock show ${runId}; one that did not succeed goes on with: onclock resume ${runId}`,
        cause: error,
      })
    throw serverError(cause)
  }
}

/** Code 5 of gRPC: the run has ended, or the server never had it. */
function isNotFound(error: unknown): boolean {
  const code: number = isGrpcServiceError(error) ? error.code : 0
  return code === 5
}

function refusal(error: WorkflowUpdateFailedError): OnclockError {
  const { cause } = error
  const type = cause instanceof ApplicationFailure ? (cause.type ?? '') : ''
  const details = cause instanceof ApplicationFailure ? (cause.details?.[0] as { hint?: unknown } | undefined) : undefined
  const code: ErrorCode = type in ERRORS ? (type as ErrorCode) : 'RUN_STATE'
  return new OnclockError(code, cause?.message ?? error.message, {
    ...(typeof details?.hint === 'string' ? { hint: details.hint } : {}),
    cause: error,
  })
}

/** Goes into the record of the run: whose decision it was. */
function person(): string {
  try {
    return userInfo().username
  } catch {
    return 'a person'
  }
}
