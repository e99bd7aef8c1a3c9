import { describe, expect, it } from 'vitest'
import type { Plan, PlannedStage } from '../../pipeline/plan.ts'
import type { RunStatus } from '../../pipeline/record.ts'
import { readyStages, runOutcome, skippedBecause, type StageStates } from '../../pipeline/schedule-stages.ts'

type Shape = Partial<PlannedStage> & { readonly name: string }

function planOf(stages: readonly Shape[], execution: Partial<Plan> = {}): Plan {
  return {
    run_id: '20261124_020304',
    pipeline: 'test',
    pipeline_file: null,
    generation: 'g1',
    started_at: '2026-11-24T02:03:04Z',
    now: '2026-11-24T02:03:04Z',
    params: {},
    parallel: true,
    max_parallel: 10,
    stop_on_error: true,
    timeout_ms: null,
    warnings: [],
    ...execution,
    stages: stages.map((stage, index) => ({
      number: index + 1,
      kind: 'builtin',
      module: 'm',
      activity_type: 'm',
      action: 'run',
      reason: '',
      needs: [],
      takes: [],
      on_failure: 'fail',
      retry: { maximumAttempts: 3, initialIntervalMs: 1000, backoffCoefficient: 2, maximumIntervalMs: 60_000, nonRetryable: [] },
      timeout_ms: 1000,
      heartbeat_timeout_ms: 1000,
      ...stage,
    })),
  }
}

/** a → b → d, a → c → d, and e by itself. */
const diamond = (shapes: { readonly [name: string]: Partial<PlannedStage> } = {}, execution: Partial<Plan> = {}): Plan =>
  planOf(
    [
      { name: 'a', ...shapes['a'] },
      { name: 'b', needs: ['a'], ...shapes['b'] },
      { name: 'c', needs: ['a'], ...shapes['c'] },
      { name: 'd', needs: ['b', 'c'], ...shapes['d'] },
      { name: 'e', ...shapes['e'] },
    ],
    execution,
  )

interface Case {
  readonly name: string
  readonly plan: Plan
  readonly states: StageStates
  readonly ready: readonly string[]
  readonly skipped?: { readonly [stage: string]: string }
  readonly outcome: RunStatus
}

const warned = { a: { on_failure: 'warn' as const } }
const goesOn = { a: { on_failure: 'continue' as const } }

const cases: Case[] = [
  { name: 'starts what needs nothing', plan: diamond(), states: {}, ready: ['a', 'e'], outcome: 'running' },
  { name: 'waits while a need runs', plan: diamond(), states: { a: 'running', e: 'running' }, ready: [], outcome: 'running' },
  {
    name: 'starts what a completed stage lets go',
    plan: diamond(),
    states: { a: 'completed', e: 'running' },
    ready: ['b', 'c'],
    outcome: 'running',
  },
  {
    name: 'waits for all needs',
    plan: diamond(),
    states: { a: 'completed', b: 'completed', c: 'retrying', e: 'completed' },
    ready: [],
    outcome: 'running',
  },
  {
    name: 'takes a reused stage for a completed one',
    plan: diamond(),
    states: { a: 'reused', b: 'reused', c: 'completed', e: 'reused' },
    ready: ['d'],
    outcome: 'running',
  },
  {
    name: 'completes when all have',
    plan: diamond(),
    states: { a: 'completed', b: 'completed', c: 'completed', d: 'completed', e: 'reused' },
    ready: [],
    outcome: 'completed',
  },
  {
    name: 'starts no more than max_parallel',
    plan: diamond({}, { max_parallel: 1 }),
    states: {},
    ready: ['a'],
    outcome: 'running',
  },
  {
    name: 'counts active stages against max_parallel',
    plan: diamond({}, { max_parallel: 3 }),
    states: { a: 'completed', b: 'running', e: 'retrying' },
    ready: ['c'],
    outcome: 'running',
  },
  {
    name: 'gives the place of a stage that waits for a person to another branch',
    plan: diamond({}, { max_parallel: 1 }),
    states: { a: 'completed', b: 'paused' },
    ready: ['c'],
    outcome: 'running',
  },
  {
    name: 'starts nothing past a stage that waits for a person in file order',
    plan: diamond({}, { parallel: false, max_parallel: 1 }),
    states: { a: 'completed', b: 'paused' },
    ready: [],
    outcome: 'running',
  },
  {
    name: 'stops like fail when nobody came to a paused stage',
    plan: diamond({ b: { on_failure: 'pause' } }),
    states: { a: 'completed', b: 'failed', c: 'completed' },
    ready: [],
    skipped: { d: '"b", which it needs, failed', e: 'stage "b" failed' },
    outcome: 'failed',
  },
  {
    name: 'goes on past a stage that a person skipped with those that take nothing of it',
    plan: diamond({ b: { takes: [] }, c: { takes: ['a'] } }),
    states: { a: 'waived', e: 'completed' },
    ready: ['b'],
    skipped: {
      c: 'its input "a" was skipped by a person, without a file in its place',
      d: '"c", which it needs, was skipped',
    },
    outcome: 'running',
  },
  {
    name: 'goes on with all stages when a person gave a file in place of the output',
    plan: diamond({ b: { takes: ['a'] }, c: { takes: ['a'] } }),
    states: { a: 'replaced', e: 'completed' },
    ready: ['b', 'c'],
    outcome: 'running',
  },
  {
    name: 'completes although a person skipped a stage',
    plan: diamond(),
    states: { a: 'completed', b: 'waived', c: 'completed', d: 'completed', e: 'completed' },
    ready: [],
    outcome: 'completed',
  },
  {
    name: 'starts nothing when more are active than may be',
    plan: diamond({}, { max_parallel: 1 }),
    states: { a: 'completed', b: 'running', c: 'running' },
    ready: [],
    outcome: 'running',
  },
  {
    name: 'runs one at a time in file order without parallel',
    plan: diamond({}, { parallel: false, max_parallel: 8 }),
    states: { a: 'completed' },
    ready: ['b'],
    outcome: 'running',
  },
  {
    name: 'on fail starts nothing more and skips the rest',
    plan: diamond(),
    states: { a: 'failed' },
    ready: [],
    skipped: {
      b: '"a", which it needs, failed',
      c: '"a", which it needs, failed',
      d: '"b", which it needs, was skipped',
      e: 'stage "a" failed',
    },
    outcome: 'failed',
  },
  {
    name: 'on fail lets running stages end',
    plan: diamond(),
    states: { a: 'failed', e: 'running' },
    ready: [],
    skipped: { b: '"a", which it needs, failed', c: '"a", which it needs, failed', d: '"b", which it needs, was skipped' },
    outcome: 'running',
  },
  {
    name: 'on continue goes on with independent branches',
    plan: diamond(goesOn),
    states: { a: 'failed' },
    ready: ['e'],
    skipped: { b: '"a", which it needs, failed', c: '"a", which it needs, failed', d: '"b", which it needs, was skipped' },
    outcome: 'running',
  },
  {
    name: 'on continue fails in the end',
    plan: diamond(goesOn),
    states: { a: 'failed', b: 'skipped', c: 'skipped', d: 'skipped', e: 'completed' },
    ready: [],
    outcome: 'failed',
  },
  {
    name: 'on warn goes on with stages that take no dataset of it',
    plan: diamond({ ...warned, b: { takes: [] }, c: { takes: ['a'] } }),
    states: { a: 'failed', e: 'completed' },
    ready: ['b'],
    skipped: { c: 'its input "a" failed', d: '"c", which it needs, was skipped' },
    outcome: 'running',
  },
  {
    name: 'on warn completes in the end',
    plan: diamond(warned),
    states: { a: 'failed', b: 'skipped', c: 'skipped', d: 'skipped', e: 'completed' },
    ready: [],
    outcome: 'completed',
  },
  {
    name: 'keeps a need that only continued from stages that take nothing of it',
    plan: diamond({ ...goesOn, b: { takes: [] } }),
    states: { a: 'failed', e: 'completed' },
    ready: [],
    skipped: { b: '"a", which it needs, failed', c: '"a", which it needs, failed', d: '"b", which it needs, was skipped' },
    outcome: 'failed',
  },
  {
    name: 'falls with a stage that was skipped',
    plan: diamond(),
    states: { a: 'completed', b: 'skipped', c: 'completed', e: 'completed' },
    ready: [],
    skipped: { d: '"b", which it needs, was skipped' },
    outcome: 'completed',
  },
  {
    name: 'starts nothing after a stage was cancelled',
    plan: diamond(),
    states: { a: 'cancelled' },
    ready: [],
    skipped: {
      b: '"a", which it needs, was cancelled',
      c: '"a", which it needs, was cancelled',
      d: '"b", which it needs, was skipped',
      e: 'stage "a" was cancelled',
    },
    outcome: 'cancelled',
  },
  {
    name: 'takes needs that the plan leaves out for met',
    plan: diamond({ a: { action: 'skip' } }),
    states: { a: 'skipped' },
    ready: ['b', 'c', 'e'],
    outcome: 'running',
  },
  {
    name: 'takes needs that are not in the plan for met',
    plan: planOf([{ name: 'a', needs: ['elsewhere'] }]),
    states: {},
    ready: ['a'],
    outcome: 'running',
  },
  {
    name: 'finds what falls whatever the order of the file',
    plan: planOf([
      { name: 'z', needs: ['y'] },
      { name: 'y', needs: ['x'] },
      { name: 'x', on_failure: 'continue' },
    ]),
    states: { x: 'failed' },
    ready: [],
    skipped: { z: '"y", which it needs, was skipped', y: '"x", which it needs, failed' },
    outcome: 'failed',
  },
  { name: 'completes a plan without stages', plan: planOf([]), states: {}, ready: [], outcome: 'completed' },
]

describe('readyStages', () => {
  it.each(cases)('$name', ({ plan, states, ready }) => {
    expect(readyStages(plan, states)).toEqual(ready)
  })
})

describe('skippedBecause', () => {
  it.each(cases)('$name', ({ plan, states, skipped = {} }) => {
    expect(Object.fromEntries(skippedBecause(plan, states).map(({ name, reason }) => [name, reason]))).toEqual(skipped)
  })

  it('answers in file order', () => {
    expect(skippedBecause(diamond(), { a: 'failed' }).map(({ name }) => name)).toEqual(['b', 'c', 'd', 'e'])
  })
})

describe('runOutcome', () => {
  it.each(cases)('$name', ({ plan, states, outcome }) => {
    expect(runOutcome(plan, states)).toBe(outcome)
  })
})

describe('a run', () => {
  it('always ends: whatever fails, every stage is started or skipped once', () => {
    for (const onFailure of ['fail', 'continue', 'warn'] as const) {
      for (const failing of ['a', 'b', 'c', 'd', 'e']) {
        const plan = diamond({ [failing]: { on_failure: onFailure } }, { max_parallel: 2 })
        const states: { [stage: string]: StageStates[string] } = {}
        for (let round = 0; runOutcome(plan, states) === 'running'; round++) {
          expect(round).toBeLessThan(10)
          for (const { name } of skippedBecause(plan, states)) states[name] = 'skipped'
          for (const name of readyStages(plan, states)) states[name] = name === failing ? 'failed' : 'completed'
        }
        for (const { name } of skippedBecause(plan, states)) states[name] = 'skipped'
        expect(Object.keys(states).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
        expect(runOutcome(plan, states)).toBe(onFailure === 'warn' ? 'completed' : 'failed')
      }
    }
  })
})
