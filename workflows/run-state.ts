import type { ClosedStage, Closing, Standing, StageSummary } from '../pipeline/messages.ts'
import type { Plan, PlannedStage } from '../pipeline/plan.ts'
import type { RunProgress, StageProgress } from '../pipeline/progress.ts'
import type { ErrorRecord, RunStatus } from '../pipeline/record.ts'
import type { StageState, StageStates } from '../pipeline/schedule-stages.ts'

/** What is known of each stage of a run while it goes on; the workflow's whole memory. */
export class RunState {
  #plan: Plan
  readonly #stages = new Map<string, StageProgress>()
  #warnings: string[]
  /** Stages that a person skipped, and whether a file stands in for what they would have given. */
  readonly #given = new Map<string, 'waived' | 'replaced'>()
  #heldBy: string | null = null
  #standings = 0
  status: RunStatus = 'running'

  constructor(plan: Plan) {
    this.#plan = plan
    this.#warnings = [...plan.warnings]
    for (const stage of plan.stages) this.#stages.set(stage.name, waiting(stage))
  }

  get plan(): Plan {
    return this.#plan
  }

  names(): string[] {
    return [...this.#stages.keys()]
  }

  /** A resume within the run: all is as the new plan says, but for what a person left out. */
  replan(plan: Plan): void {
    const waived = [...this.#given].flatMap(([name, how]) => (how === 'waived' ? [this.stage(name)] : []))
    this.#plan = plan
    this.#stages.clear()
    this.#given.clear()
    this.#heldBy = null
    this.#standings = 0
    this.status = 'running'
    this.#warnings = [...plan.warnings]
    for (const stage of plan.stages) this.#stages.set(stage.name, waiting(stage))
    for (const { name, reason } of waived) if (this.#stages.has(name)) this.givenUp(name, 'waived', reason ?? '')
  }

  stage(name: string): StageProgress {
    const stage = this.#stages.get(name)
    if (stage === undefined) throw new TypeError(`no stage ${name} in the plan`)
    return stage
  }

  statuses(): StageStates {
    const state = (name: string, { status }: StageProgress): StageState => this.#given.get(name) ?? status
    return Object.fromEntries([...this.#stages].map(([name, stage]) => [name, state(name, stage)]))
  }

  pausedStages(): StageProgress[] {
    return [...this.#stages.values()].filter(({ status }) => status === 'paused')
  }

  /** A stage that failed and waits for a person. */
  paused(name: string): void {
    this.#change(name, { status: 'paused' })
  }

  /** The time limit of a pause passed: the stage has failed. */
  nobodyCame(name: string): void {
    this.#change(name, { status: 'failed' })
    this.#warnings.push(`${name}: nobody resumed or skipped it within its pause_timeout`)
  }

  /** A person skipped the stage. */
  givenUp(name: string, how: 'waived' | 'replaced', reason: string): void {
    this.#given.set(name, how)
    this.#change(name, { status: 'skipped', reason, error: null })
    this.#warnings.push(`${name}: ${reason}`)
  }

  heldBy(who: string): void {
    this.#heldBy = who
  }

  /** Why the run stands still, and how it goes on. */
  whyPaused(): ErrorRecord {
    const [stage] = this.pausedStages()
    const { run_id: runId } = this.#plan
    const hint = `Mend it, then: onclock resume ${runId}`
    if (stage?.error === null || stage === undefined)
      return {
        code: 'PAUSED',
        message: `the run was paused by ${this.#heldBy ?? 'a person'}`,
        hint: `It goes on with: onclock resume ${runId}`,
      }
    const without = `or go on without the stage: onclock skip ${runId} ${quoted(stage.name)} [--output FILE]`
    return {
      code: stage.error.code,
      message: `stage "${stage.name}" failed and waits for a person: ${stage.error.message}`,
      hint: [...(stage.error.hint === undefined ? [] : [stage.error.hint]), hint, without].join('\n'),
    }
  }

  standing(at: string, status: Standing['status']): Standing {
    this.#standings += 1
    const stages = [...this.#stages.values()].map(closedStage)
    const error = status === 'paused' ? this.whyPaused() : null
    const { generation } = this.#plan
    const warnings = [...this.#warnings]
    return { schema_version: 1, generation, number: this.#standings, status, at, error, warnings, stages }
  }

  started(name: string, at: string): void {
    this.#change(name, { status: 'running', started_at: at, attempt: 1 })
  }

  ended(name: string, summary: StageSummary): void {
    const { status, reason, attempt, started_at, duration_ms, rows } = summary
    this.#change(name, { status, reason: reason ?? notable(this.stage(name).reason), attempt, started_at, duration_ms, rows })
    for (const warning of summary.warnings) this.#warnings.push(`${name}: ${warning}`)
  }

  failed(name: string, failure: { readonly error: ErrorRecord; readonly attempts: number; readonly at: string }): void {
    const { started_at: startedAt } = this.stage(name)
    const durationMs = startedAt === null ? null : Date.parse(failure.at) - Date.parse(startedAt)
    this.#change(name, {
      status: 'failed',
      error: failure.error,
      attempt: failure.attempts,
      duration_ms: durationMs,
      reason: null,
    })
  }

  /** A failed stage whose run may complete all the same. */
  warned(name: string): void {
    this.#warnings.push(`${name} failed (${this.stage(name).error?.code ?? ''}); the run goes on without it`)
  }

  skipped(name: string, reason: string): void {
    this.#change(name, { status: 'skipped', reason })
  }

  /** Whatever has not ended when the run is stopped. */
  stopped(reason: string): void {
    for (const [name, { status }] of this.#stages) {
      if (status === 'running' || status === 'paused') this.#change(name, { status: 'cancelled', reason })
      if (status === 'waiting') this.#change(name, { status: 'skipped', reason })
    }
  }

  progress(): RunProgress {
    const { run_id, pipeline, started_at } = this.plan
    return { run_id, pipeline, status: this.status, started_at, stages: [...this.#stages.values()], warnings: this.#warnings }
  }

  closing(at: string, error: ErrorRecord | null): Closing {
    const stages = [...this.#stages.values()].map(closedStage)
    const { generation } = this.plan
    return { schema_version: 1, generation, status: this.status, ended_at: at, error, warnings: this.#warnings, stages }
  }

  #change(name: string, change: Partial<StageProgress>): void {
    this.#stages.set(name, { ...this.stage(name), ...change })
  }
}

function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name}'`
}

/** That it is the first run need not be said afterwards; why a stage ran again must. */
function notable(reason: string | null): string | null {
  return reason === 'first run' ? null : reason
}

function waiting(stage: PlannedStage): StageProgress {
  return {
    name: stage.name,
    module: stage.module,
    status: stage.action === 'skip' ? 'skipped' : 'waiting',
    reason: stage.reason,
    attempt: 0,
    maximum_attempts: stage.retry.maximumAttempts,
    started_at: null,
    duration_ms: null,
    rows: null,
    error: null,
  }
}

function closedStage({ name, status, reason, attempt, started_at, duration_ms, error }: StageProgress): ClosedStage {
  return { name, status, reason, attempts: attempt, started_at, duration_ms, error }
}
