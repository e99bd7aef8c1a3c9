import { describe, expect, it } from 'vitest'
import { changesBetween, definitionOf, scheduleOptions } from '../../../client/temporal/schedule-definition.ts'
import type { Schedule } from '../../../pipeline/pipeline.ts'

const nightly: Schedule = {
  id: 'nightly',
  cron: '0 2 * * *',
  everyMs: null,
  timezone: 'Europe/Berlin',
  overlap: 'buffer_one',
  catchupWindowMs: 3_600_000,
  jitterMs: 1000,
  start: null,
  end: null,
  pauseOnFailure: true,
  set: { label: '${schedule.time}', min: 3 },
}
const definition = definitionOf(nightly, 'orders', 'config/main.yaml')
const place = { id: 'main.nightly', taskQueue: 'shop', searchAttributes: false }

describe('a schedule as Temporal takes it', () => {
  it('has its cron line, zone, jitter, overlap policy and catch-up window', () => {
    const { scheduleId, spec, policies } = scheduleOptions(definition, place)
    expect(scheduleId).toBe('shop:main.nightly')
    expect(spec).toEqual({ cronExpressions: ['0 2 * * *'], timezone: 'Europe/Berlin', jitter: 1000 })
    expect(policies).toEqual({ overlap: 'BUFFER_ONE', catchupWindow: 3_600_000, pauseOnFailure: true })
  })

  it('has an interval where the YAML says every', () => {
    const every = definitionOf({ ...nightly, cron: null, everyMs: 60_000 }, 'orders', 'config/main.yaml')
    expect(scheduleOptions(every, place).spec).toMatchObject({ intervals: [{ every: 60_000 }] })
  })

  it('has slots only between start and end', () => {
    const between = definitionOf({ ...nightly, start: '2026-12-01T00:00+01:00', end: '2026-12-31T00:00:00Z' }, 'orders', 'a.yaml')
    expect(scheduleOptions(between, place).spec).toMatchObject({
      startAt: new Date('2026-11-30T23:00:00Z'),
      endAt: new Date('2026-12-31T00:00:00Z'),
    })
  })

  it('starts the pipeline with parameters as typed, the slot still open', () => {
    const [input] = scheduleOptions(definition, place).action.args as [object]
    expect(input).toMatchObject({ schedule: 'nightly', set: { label: '${schedule.time}', min: '3' }, mode: 'run' })
  })

  it.each([[true], [false]])('has search attributes only where the namespace knows them: %s', (searchAttributes) => {
    const { action } = scheduleOptions(definition, { ...place, searchAttributes })
    expect(action.typedSearchAttributes !== undefined).toBe(searchAttributes)
  })
})

describe('changesBetween', () => {
  it('finds nothing where both mean the same, whatever the order of parameters', () => {
    expect(changesBetween(definition, { ...definition, set: { min: 3, label: '${schedule.time}' } })).toEqual([])
  })

  it('names each field and parameter with its old and new value', () => {
    const after = { ...definition, overlap: 'skip' as const, set: { min: 4, more: true } }
    expect(changesBetween(definition, after)).toEqual([
      { field: 'overlap', old: 'buffer_one', new: 'skip' },
      { field: 'set.label', old: '${schedule.time}', new: null },
      { field: 'set.min', old: 3, new: 4 },
      { field: 'set.more', old: null, new: true },
    ])
  })
})
