import { readdir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { RetryPolicy } from '../pipeline/pipeline.ts'
import { toOnclockError } from './error-of.ts'
import type { StageLog } from './stage.ts'
import { isLeftOutFile } from './store/public-names.ts'
import type { RunStore } from './store/run-store.ts'

/** The attempt that failed, and what its failure is told to. */
export interface FailedAttempt {
  readonly store: RunStore
  readonly runId: string
  readonly generation: string
  readonly stage: string
  readonly stageNumber: number
  readonly attempt: number
  readonly retry: RetryPolicy
  readonly signal: AbortSignal
  readonly log: StageLog
}

/**
 * Tidies up after an attempt that did not commit and returns what is to be thrown. Nothing of it is kept but the files that
 * say which rows stopped it, and those only while nobody else has the stage: an attempt that was stopped and wakes up late
 * must not put its files over its successor's.
 */
export async function failAttempt(failed: FailedAttempt, outDir: string, error: unknown): Promise<unknown> {
  const { attempt, retry, signal, log } = failed
  if (!signal.aborted && (await hasTheStage(failed))) await keepLeftOut(failed, outDir)
  await failed.store.sweepAttempts(failed.runId, (stage, name) => stage === failed.stage && name === basename(outDir))
  if (signal.aborted) {
    log.warn(`stopped, attempt ${attempt}`)
    return signal.reason ?? error
  }
  const fault = toOnclockError(error)
  const last = attempt >= retry.maximumAttempts || !fault.retryable || retry.nonRetryable.includes(fault.code)
  const hint = fault.hint === undefined ? '' : `\n→ ${fault.hint}`
  log.error(`${fault.code}: ${fault.message}${hint}${last ? '' : '\nIt will be tried again.'}`)
  if (fault.code === 'UNEXPECTED' && error instanceof Error) log.debug(error.stack ?? '')
  return fault
}

/** Whether this is still the newest generation, and no attempt of it has committed. */
async function hasTheStage({ store, runId, generation, stage }: FailedAttempt): Promise<boolean> {
  const newest = (await store.generations(runId)).at(-1)
  return newest?.plan.generation === generation && (await store.readRecord(runId, stage, generation)) === null
}

async function keepLeftOut({ store, runId, stage, stageNumber }: FailedAttempt, outDir: string): Promise<void> {
  const { dir } = store.layout(runId)
  await store.withdraw(runId, stage, stageNumber)
  for (const file of await readdir(outDir).catch(() => []))
    if (isLeftOutFile(file)) await rename(join(outDir, file), join(dir, file)).catch(() => undefined)
}
