import { ApplicationFailure, CancellationScope, condition, isCancellation, setCurrentDetails, sleep } from '@temporalio/workflow'
import type { ResumeRequest, Standing } from '../pipeline/messages.ts'
import type { PlannedStage } from '../pipeline/plan.ts'
import { readyStages, skippedBecause } from '../pipeline/schedule-stages.ts'
import { stageFailure } from './failure-record.ts'
import type { PersonUpdates } from './person-updates.ts'
import { runDetails } from './run-details.ts'
import type { RunLimit } from './run-limit.ts'
import type { RunState } from './run-state.ts'
import { scheduleStage } from './schedule-stage.ts'

/** A run while its stages go on. */
export interface OpenRun {
  readonly state: RunState
  readonly outputDir: string
  readonly updates: PersonUpdates
  readonly limit: RunLimit
  /** Tells the files and the search attributes where the run stands. */
  readonly tell: (status: Standing['status']) => Promise<void>
  /** Plans anew by the YAML as it is now. @throws when it has faults; then all stays as it was. */
  readonly replan: (request: ResumeRequest) => Promise<void>
}

/** Runs what can run until nothing is left; waits where a person has to say how to go on. */
export async function runReadyStages(run: OpenRun): Promise<void> {
  const { state, updates } = run
  const running = new Set<Promise<void>>()
  const pauses = new Pauses(run)
  const start = (stage: PlannedStage): void => {
    state.started(stage.name, now())
    const work = runStage(run, stage, pauses).finally(() => {
      running.delete(work)
      updates.changed = true
    })
    running.add(work)
    // A cancelled stage rejects; the cancellation itself is dealt with below.
    work.catch(() => undefined)
  }
  try {
    for (;;) {
      updates.changed = false
      for (const { name, reason } of skippedBecause(state.plan, state.statuses())) state.skipped(name, reason)
      const ready = readyStages(state.plan, state.statuses())
      if (!updates.still) for (const name of ready) start(stageOf(state, name))
      setCurrentDetails(runDetails(state.progress()))
      if (running.size === 0 && !(await goesOn(run, pauses, ready.length > 0))) return
      await condition(() => updates.changed)
    }
  } finally {
    pauses.end()
    updates.ended = true
    updates.answer(ApplicationFailure.nonRetryable('the run ended before it was resumed', 'RUN_STATE'))
    await CancellationScope.nonCancellable(() => Promise.allSettled(running))
  }
}

/** With no stage running: a resume that was asked for, a stop until a person comes, or the end (false). */
async function goesOn(run: OpenRun, pauses: Pauses, somethingLeft: boolean): Promise<boolean> {
  const { state, updates } = run
  if (updates.asked === null && state.pausedStages().length === 0 && !(updates.holding && somethingLeft)) return false
  if (updates.asked === null) await standStill(run)
  if (updates.asked === null) return true
  try {
    await run.replan(updates.asked.request)
    pauses.end()
    updates.holding = false
    updates.answer(null)
  } catch (failure) {
    if (isCancellation(failure)) throw failure
    updates.answer(failure as Error)
  }
  updates.changed = true
  return true
}

async function standStill(run: OpenRun): Promise<void> {
  const { state, updates, limit } = run
  limit.stop()
  // Whoever sees that the run is paused finds it on file.
  if (state.status !== 'paused') await run.tell('paused')
  state.status = 'paused'
  setCurrentDetails(runDetails(state.progress(), state.whyPaused()))
  await condition(() => updates.changed)
  const { plan } = state
  const left = readyStages(plan, state.statuses()).length > 0 && !updates.holding
  const over = state.pausedStages().length === 0 && !updates.holding
  if (updates.asked !== null || !(left || over)) return
  state.status = 'running'
  limit.start()
  await run.tell('running')
  updates.changed = true
}

async function runStage(run: OpenRun, stage: PlannedStage, pauses: Pauses): Promise<void> {
  const { state } = run
  try {
    state.ended(stage.name, await scheduleStage(state.plan, stage, run.outputDir))
  } catch (failure) {
    if (isCancellation(failure)) throw failure
    state.failed(stage.name, { ...stageFailure(failure, stage.retry.maximumAttempts), at: now() })
    if (stage.on_failure === 'warn') state.warned(stage.name)
    if (stage.on_failure === 'pause') pauses.begin(stage)
  }
}

/** Stages that wait for a person, each with its time limit. */
class Pauses {
  readonly #run: OpenRun
  #scope = new CancellationScope()

  constructor(run: OpenRun) {
    this.#run = run
  }

  begin({ name, pause_timeout_ms: limitMs }: PlannedStage): void {
    const { state, updates } = this.#run
    state.paused(name)
    if (limitMs === undefined) return
    const { generation } = state.plan
    const wait = this.#scope
      .run(() => sleep(limitMs))
      .then(async () => {
        // A resume that came just in time counts, unless the YAML has faults.
        await condition(() => updates.asked === null)
        if (state.plan.generation !== generation || state.stage(name).status !== 'paused') return
        state.nobodyCame(name)
        updates.changed = true
      })
    wait.catch(() => undefined)
  }

  end(): void {
    this.#scope.cancel()
    this.#scope = new CancellationScope()
  }
}

function stageOf({ plan }: RunState, name: string): PlannedStage {
  const stage = plan.stages.find((candidate) => candidate.name === name)
  if (stage === undefined) throw ApplicationFailure.nonRetryable(`no stage ${name} in the plan`, 'UNEXPECTED')
  return stage
}

/** Deterministic in the sandbox: the time of the workflow task. */
export function now(): string {
  return new Date().toISOString()
}
