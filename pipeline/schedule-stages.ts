import type { Plan, PlannedStage } from './plan.ts'
import type { RunStatus, StageStatus } from './record.ts'

/*
 * Which stages may start, which never will, and how a run ends: pure functions of the plan and the stages' states, which
 * the workflow calls whenever a state changes. Nothing may be imported here but types: it runs in the workflow sandbox.
 */

/** `waived`: a person skipped it. `replaced`: a person skipped it and gave a file for its output. */
export type StageState = StageStatus | 'waived' | 'replaced'

/** By stage name; a stage that is not named waits. */
export type StageStates = { readonly [stage: string]: StageState }

export interface SkippedStage {
  readonly name: string
  readonly reason: string
}

/** Names of the stages to start now, in file order: their needs are met, a place is free, and no failure stops the run. */
export function readyStages(plan: Plan, states: StageStates): string[] {
  if (stopper(plan, states) !== null) return []
  const taken = plan.stages.filter((stage) => takesPlace(plan, stateOf(stage.name, states))).length
  const free = (plan.parallel ? plan.max_parallel : 1) - taken
  const met = plan.stages.filter(
    (stage) => isWaiting(stage, states) && stage.needs.every((need) => isMet(plan, stage, need, states)),
  )
  return met.slice(0, Math.max(0, free)).map((stage) => stage.name)
}

/** The waiting stages that will never start, in file order, those that fall with another skipped one included. */
export function skippedBecause(plan: Plan, states: StageStates): SkippedStage[] {
  const stop = stopper(plan, states)
  const reasons = new Map<string, string>()
  // File order is not the order of needs: go over the stages until nothing more falls.
  for (let before = -1; before < reasons.size;) {
    before = reasons.size
    for (const stage of plan.stages) {
      if (!isWaiting(stage, states) || reasons.has(stage.name)) continue
      const reason = lostNeed(plan, stage, states, reasons) ?? stop
      if (reason !== null) reasons.set(stage.name, reason)
    }
  }
  return plan.stages.flatMap(({ name }) => {
    const reason = reasons.get(name)
    return reason === undefined ? [] : [{ name, reason }]
  })
}

/** How the run stands: `running` while a stage is active or can still start; a stage that warns does not fail the run. */
export function runOutcome(plan: Plan, states: StageStates): RunStatus {
  const isOpen = plan.stages.some((stage) => isActive(stateOf(stage.name, states))) || readyStages(plan, states).length > 0
  if (isOpen) return 'running'
  if (plan.stages.some((stage) => stateOf(stage.name, states) === 'failed' && stage.on_failure !== 'warn')) return 'failed'
  return plan.stages.some((stage) => stateOf(stage.name, states) === 'cancelled') ? 'cancelled' : 'completed'
}

const stateOf = (name: string, states: StageStates): StageState => states[name] ?? 'waiting'

/** A stage that waits for a person holds up its own branch alone; in file order, all that comes after it. */
const takesPlace = (plan: Plan, state: StageState): boolean => isActive(state) && !(plan.parallel && state === 'paused')

const isActive = (status: StageState): boolean => status === 'running' || status === 'retrying' || status === 'paused'

function isWaiting(stage: PlannedStage, states: StageStates): boolean {
  return stage.action !== 'skip' && stateOf(stage.name, states) === 'waiting'
}

/** Why nothing more starts: a stage failed whose `on_failure` is `fail` (what `stop_on_error: true` comes down to), or was cancelled. */
function stopper(plan: Plan, states: StageStates): string | null {
  for (const { name, on_failure: onFailure } of plan.stages) {
    const state = stateOf(name, states)
    // A stage that paused the run counts as failed only when nobody came in time.
    if (state === 'failed' && (onFailure === 'fail' || onFailure === 'pause')) return `stage "${name}" failed`
    if (state === 'cancelled') return `stage "${name}" was cancelled`
  }
  return null
}

/** A need that the plan leaves out is met: what it gave in an earlier run is pinned in the plan. */
function isMet(plan: Plan, stage: PlannedStage, need: string, states: StageStates): boolean {
  const needed = plan.stages.find(({ name }) => name === need)
  if (needed === undefined || needed.action === 'skip') return true
  const state = stateOf(need, states)
  if (state === 'failed') return needed.on_failure === 'warn' && !takesFrom(stage, need)
  if (state === 'waived') return !takesFrom(stage, need)
  return state === 'completed' || state === 'reused' || state === 'replaced'
}

/** Why a need of the stage can no longer be met; null while it can. */
function lostNeed(plan: Plan, stage: PlannedStage, states: StageStates, falling: ReadonlyMap<string, string>): string | null {
  for (const need of stage.needs) {
    if (isMet(plan, stage, need, states)) continue
    const state = falling.has(need) ? 'skipped' : stateOf(need, states)
    if (state === 'failed') return stage.takes.includes(need) ? `its input "${need}" failed` : `"${need}", which it needs, failed`
    if (state === 'cancelled') return `"${need}", which it needs, was cancelled`
    if (state === 'waived') return `its input "${need}" was skipped by a person, without a file in its place`
    if (state === 'skipped') return `"${need}", which it needs, was skipped`
  }
  return null
}

const takesFrom = (stage: PlannedStage, need: string): boolean => stage.takes.includes(need)
