import type { ClosedStage, Closing, StageSummary } from '../pipeline/messages.ts'
import type { Plan, PlannedStage } from '../pipeline/plan.ts'
import type { RunProgress, StageProgress } from '../pipeline/progress.ts'
import type { ErrorRecord, RunStatus, StageStatus } from '../pipeline/record.ts'

/** What is known of each stage of a run while it goes on; the workflow's whole memory. */
export class RunState {
  readonly plan: Plan
  readonly #stages = new Map<string, StageProgress>()
  readonly #warnings: string[]
  status: RunStatus = 'running'

  constructor(plan: Plan) {
    this.plan = plan
    this.#warnings = [...plan.warnings]
    for (const stage of plan.stages) this.#stages.set(stage.name, waiting(stage))
  }

  stage(name: string): StageProgress {
    const stage = this.#stages.get(name)
    if (stage === undefined) throw new TypeError(`no stage ${name} in the plan`)
    return stage
  }

  statuses(): { readonly [stage: string]: StageStatus } {
    return Object.fromEntries([...this.#stages].map(([name, stage]) => [name, stage.status]))
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
      if (status === 'running') this.#change(name, { status: 'cancelled', reason })
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
