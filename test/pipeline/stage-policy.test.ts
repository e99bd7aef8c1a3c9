import { describe, expect, it } from 'vitest'
import type { DefaultsSpec, ExecutionSpec, RetrySpec } from '../../pipeline/pipeline-file.ts'
import { milliseconds, onFailureOf, pauseTimeoutOf, retryPolicyOf, timeoutsOf } from '../../pipeline/stage-policy.ts'

describe('retryPolicyOf', () => {
  it('is three attempts, 1 s doubling to 1 min, without a word', () => {
    expect(retryPolicyOf(undefined, undefined, {})).toEqual({
      maximumAttempts: 3,
      initialIntervalMs: 1000,
      backoffCoefficient: 2,
      maximumIntervalMs: 60_000,
      nonRetryable: [],
    })
  })

  it.each<[string, RetrySpec | undefined, ExecutionSpec, number]>([
    ['retry_failed: false is one attempt', undefined, { retry_failed: false, max_retries: 3 }, 1],
    ['retry_failed: true is max_retries of them', undefined, { retry_failed: true, max_retries: 5 }, 5],
    ['retry_failed: true alone is three', undefined, { retry_failed: true }, 3],
    ['max_retries alone counts', undefined, { max_retries: 7 }, 7],
    ['no retries are one attempt', undefined, { retry_failed: true, max_retries: 0 }, 1],
    ['an explicit retry beats both', { maximum_attempts: 4 }, { retry_failed: false }, 4],
    ['a retry without attempts leaves them', { initial_interval: '5s' }, { retry_failed: false }, 1],
  ])('%s', (_, retry, execution, attempts) => {
    expect(retryPolicyOf(retry, undefined, execution).maximumAttempts).toBe(attempts)
  })

  it('takes the stage before the defaults, word by word', () => {
    const defaults = {
      maximum_attempts: 9,
      initial_interval: '10s',
      backoff_coefficient: 3,
      maximum_interval: '5m',
      non_retryable: ['A'],
    }
    expect(retryPolicyOf({ maximum_attempts: 2, non_retryable: ['B'] }, defaults, {})).toEqual({
      maximumAttempts: 2,
      initialIntervalMs: 10_000,
      backoffCoefficient: 3,
      maximumIntervalMs: 300_000,
      nonRetryable: ['B'],
    })
  })

  it('never waits less than at first', () => {
    expect(retryPolicyOf({ initial_interval: '5m' }, undefined, {}).maximumIntervalMs).toBe(300_000)
  })
})

describe('timeoutsOf', () => {
  it.each<[string, DefaultsSpec, DefaultsSpec, [number, number, boolean]]>([
    ['an hour and 30 s without a word', {}, {}, [3_600_000, 30_000, false]],
    ['the defaults', {}, { timeout: '30m', heartbeat_timeout: '1m' }, [1_800_000, 60_000, false]],
    ['the stage before the defaults', { timeout: '10m' }, { timeout: '30m' }, [600_000, 30_000, false]],
    ['a heartbeat that gives way to a short timeout', { timeout: '10s' }, {}, [10_000, 10_000, false]],
    ['a contradiction where both are written', { timeout: '10s' }, { heartbeat_timeout: '1m' }, [10_000, 60_000, true]],
  ])('is %s', (_, stage, defaults, [timeoutMs, heartbeatTimeoutMs, contradictory]) => {
    expect(timeoutsOf(stage, defaults)).toEqual({ timeoutMs, heartbeatTimeoutMs, contradictory })
  })
})

describe('onFailureOf', () => {
  it.each([
    ['fail', {}, {}, {}],
    ['continue', {}, {}, { stop_on_error: false }],
    ['fail', {}, {}, { stop_on_error: true }],
    ['warn', {}, { on_failure: 'warn' }, { stop_on_error: false }],
    ['fail', { on_failure: 'fail' }, { on_failure: 'warn' }, { stop_on_error: false }],
  ] as const)('is %s for stage %j, defaults %j, execution %j', (expected, stage, defaults, execution) => {
    expect(onFailureOf(stage, defaults, execution)).toBe(expected)
  })
})

describe('milliseconds', () => {
  it('falls back where nothing can be read', () => {
    expect(milliseconds(undefined, 5)).toBe(5)
    expect(milliseconds('soon', 5)).toBe(5)
    expect(milliseconds('2s', 5)).toBe(2000)
  })
})

describe('pauseTimeoutOf', () => {
  it('gives a person a day unless the stage or the defaults say otherwise, and other stages nothing', () => {
    expect(pauseTimeoutOf({}, {}, 'pause')).toEqual({ pauseTimeoutMs: 86_400_000 })
    expect(pauseTimeoutOf({}, { pause_timeout: '12h' }, 'pause')).toEqual({ pauseTimeoutMs: 43_200_000 })
    expect(pauseTimeoutOf({ pause_timeout: '1h' }, { pause_timeout: '12h' }, 'pause')).toEqual({ pauseTimeoutMs: 3_600_000 })
    expect(pauseTimeoutOf({ pause_timeout: '1h' }, {}, 'fail')).toEqual({})
  })
})
