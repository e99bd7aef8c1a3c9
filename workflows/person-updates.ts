import { ApplicationFailure, condition, defineUpdate, setHandler } from '@temporalio/workflow'
import {
  PAUSE_UPDATE,
  type PauseRequest,
  RESUME_UPDATE,
  type ResumeRequest,
  SKIP_UPDATE,
  type SkipRequest,
  type UpdateAnswer,
} from '../pipeline/messages.ts'
import type { RunState } from './run-state.ts'

/** What the workflow does when a person steps in. */
export interface PersonActions {
  /** Null until the plan is made. */
  readonly state: () => RunState | null
  readonly skip: (request: SkipRequest, at: string) => Promise<void>
}

/** A resume that waits for the running stages to end and for the new plan. */
interface AskedResume {
  readonly request: ResumeRequest
  done: boolean
  failure: Error | null
}

/** What people have asked for: the updates set it, the run looks at it whenever it wakes up. */
export class PersonUpdates {
  /** Whether nothing more is to start. */
  holding = false
  asked: AskedResume | null = null
  /** Something has changed that the run must look at. */
  changed = false
  ended = false

  /** Whether no stage may start now. */
  get still(): boolean {
    return this.holding || this.asked !== null
  }

  answer(failure: Error | null): void {
    if (this.asked === null) return
    this.asked.done = true
    this.asked.failure = failure
    this.asked = null
  }

  listen(actions: PersonActions): void {
    const resume = defineUpdate<UpdateAnswer, [ResumeRequest | undefined]>(RESUME_UPDATE)
    setHandler(resume, async (request: ResumeRequest | undefined) => this.#resume(stateOf(actions), request ?? {}), {
      validator: (request) => this.#mayResume(actions, request),
      description:
        'Make the run go on: reads the YAML anew, reuses what is done, tries the stages that failed again. JSON: {} or {"from": "STAGE", "set": {"NAME": "VALUE"}}.',
    })
    const skip = defineUpdate<UpdateAnswer, [SkipRequest]>(SKIP_UPDATE)
    setHandler(skip, async (request) => this.#skip(actions, request), {
      validator: (request) => this.#maySkip(actions, request),
      description:
        'Skip a stage that is paused or waits. JSON: {"stage": "NAME"}, with "output": "FILE" for a file in place of its output.',
    })
    const pause = defineUpdate<UpdateAnswer, [PauseRequest | undefined]>(PAUSE_UPDATE)
    setHandler(pause, (request: PauseRequest | undefined) => this.#pause(stateOf(actions), request ?? {}), {
      validator: (request) => this.#mayPause(actions, request),
      description: 'Hold the run: running stages end, nothing more starts until it is resumed. JSON: {}.',
    })
  }

  async #resume(state: RunState, request: ResumeRequest): Promise<UpdateAnswer> {
    const { run_id: runId } = state.plan
    if (this.#goesOnAsPlanned(state)) {
      this.holding = false
      this.changed = true
      return { run_id: runId, message: `run ${runId} goes on as planned: it had not come to a stop` }
    }
    const asked: AskedResume = { request, done: false, failure: null }
    this.asked = asked
    this.changed = true
    await condition(() => asked.done)
    if (asked.failure !== null) throw asked.failure
    return { run_id: runId, message: `run ${runId} goes on by the YAML as it is now` }
  }

  /** Held while stages were running, which still are. */
  #goesOnAsPlanned(state: RunState): boolean {
    return this.holding && state.status === 'running' && state.pausedStages().length === 0
  }

  async #skip(actions: PersonActions, request: SkipRequest): Promise<UpdateAnswer> {
    const state = stateOf(actions)
    await actions.skip(request, new Date().toISOString())
    this.changed = true
    const instead = request.output === undefined ? '' : `; ${request.output} is in place of its output`
    return { run_id: state.plan.run_id, message: `stage "${request.stage}" is skipped${instead}` }
  }

  #pause(state: RunState, { by }: PauseRequest): UpdateAnswer {
    this.holding = true
    this.changed = true
    state.heldBy(by ?? 'a person')
    const { run_id: runId } = state.plan
    return { run_id: runId, message: `run ${runId} starts nothing more until it is resumed; running stages end` }
  }

  #mayResume(actions: PersonActions, request: ResumeRequest | undefined): void {
    const state = this.#open(actions, request, ['set', 'from', 'by'])
    if (this.asked !== null) refuse('a resume is under way already')
    if (!this.holding && state.pausedStages().length === 0) refuse(`run ${state.plan.run_id} is not paused: it goes on by itself`)
    if (this.#goesOnAsPlanned(state) && (request?.from !== undefined || request?.set !== undefined))
      refuse('stages are still running: what the run does can be changed once they have ended')
    const { from, set } = request ?? {}
    if (from !== undefined && typeof from !== 'string') refuse('"from" is the name of a stage')
    if (set !== undefined && (typeof set !== 'object' || Object.values(set).some((value) => typeof value !== 'string')))
      refuse('"set" holds parameters by name, each value a text: {"min_views": "1000"}')
  }

  #maySkip(actions: PersonActions, request: SkipRequest | undefined): void {
    const state = this.#open(actions, request, ['stage', 'output', 'by'])
    const name: unknown = request?.stage
    if (typeof name !== 'string' || name === '') return refuse('it needs the name of a stage: {"stage": "NAME"}')
    if (this.asked !== null) refuse('a resume is under way; wait for it')
    if (request?.output !== undefined && (typeof request.output !== 'string' || request.output === ''))
      refuse('"output" is the path of a file')
    const stage = state.progress().stages.find((candidate) => candidate.name === name)
    if (stage === undefined) return refuse(`the run has no stage "${name}"; it has ${state.names().join(', ')}`)
    if (stage.status !== 'paused' && stage.status !== 'waiting')
      refuse(`stage "${name}" is ${stage.status}: only a stage that is paused or waits can be skipped`)
  }

  #mayPause(actions: PersonActions, request: PauseRequest | undefined): void {
    const state = this.#open(actions, request, ['by'])
    if (this.holding) refuse(`run ${state.plan.run_id} is held already`)
  }

  #open(actions: PersonActions, request: unknown, keys: readonly string[]): RunState {
    const state = actions.state()
    if (state === null) return refuse('the run is just being planned: try again in a moment')
    if (this.ended) return refuse('the run is ending')
    if (request !== undefined && (typeof request !== 'object' || request === null || Array.isArray(request)))
      return refuse('it takes one JSON object, such as {}')
    const unknown = Object.keys(request ?? {}).find((key) => !keys.includes(key))
    if (unknown !== undefined) return refuse(`unknown key "${unknown}"; it takes ${keys.join(', ')}`)
    return state
  }
}

function stateOf({ state }: PersonActions): RunState {
  return state() ?? refuse('the run has no plan yet')
}

function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'RUN_STATE')
}
