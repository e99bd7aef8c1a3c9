import { configIssues } from './config-issues.ts'
import { cronFault } from './cron.ts'
import type { JsonValue } from './json.ts'
import { isFreeKey, isMapping, type OpenPipeline } from './open-pipeline.ts'
import { paramValue } from './params.ts'
import type { Schedule } from './pipeline.ts'
import { scheduleSpec, type ScheduleSpec } from './pipeline-file.ts'
import type { ReadParams } from './read-params.ts'
import { resolveReferences, type References, SLOT_TIME } from './references.ts'
import { isTimezone } from './run-id.ts'
import { milliseconds } from './stage-policy.ts'
import { didYouMean } from './suggest.ts'
import type { Path } from './yaml-tree.ts'

const BASE = ['pipeline', 'schedules']

/** Reads the schedules; faulty ones are reported and left out. */
export function readSchedules(open: OpenPipeline, params: ReadParams, references: References, timezone: string): Schedule[] {
  const raw = open.tree.json(BASE, 'source', isFreeKey)
  if (raw === undefined) return []
  if (!Array.isArray(raw)) {
    open.faults.addIssues(BASE, [{ path: [], code: 'wrong_type', message: '"schedules" must be a list', hint: null }], '')
    return []
  }
  const ids = new Set<string>()
  return raw.flatMap((item: JsonValue, index) => {
    const path = [...BASE, index]
    const put = resolveReferences(item, { ...references, schedule: true })
    const name = isMapping(put.value) && typeof put.value['id'] === 'string' ? put.value['id'] : String(index + 1)
    const where = ` in schedule "${name}"`
    for (const fault of put.faults)
      open.faults.add([...path, ...fault.path], { code: 'unknown_reference', message: fault.message + where, hint: fault.hint })
    const parsed = scheduleSpec.safeParse(put.value)
    if (!parsed.success) {
      open.faults.addIssues(path, configIssues(parsed.error, put.value, scheduleSpec), where)
      return []
    }
    if (ids.has(name))
      open.faults.add([...path, 'id'], {
        code: 'duplicate_schedule',
        message: `two schedules are called "${name}"`,
        hint: 'Give one of them another id',
      })
    ids.add(name)
    reportTiming(open, path, parsed.data)
    return [scheduleOf(parsed.data, timezone, valuesOf(open, path, parsed.data, params))]
  })
}

function reportTiming({ faults }: OpenPipeline, path: Path, spec: ScheduleSpec): void {
  const where = `schedule "${spec.id}"`
  if (spec.cron === undefined && spec.every === undefined) {
    faults.add(path, {
      code: 'no_timing',
      message: `${where} has neither cron nor every`,
      hint: "Say when: cron: '0 2 * * *', or every: 15m",
    })
  }
  if (spec.cron !== undefined && spec.every !== undefined) {
    faults.add([...path, 'every'], {
      code: 'two_timings',
      message: `${where} has both cron and every`,
      hint: 'Keep one of them',
      atKey: true,
    })
  }
  const [start, end] = [spec.start, spec.end].map((time) => (time === undefined ? null : Date.parse(time)))
  for (const [key, time] of Object.entries({ start, end }))
    if (Number.isNaN(time)) faults.add([...path, key], { code: 'bad_value', message: `"${key}" of ${where} is no time` })
  if (typeof start === 'number' && typeof end === 'number' && start > end)
    faults.add([...path, 'end'], { code: 'bad_value', message: `"end" of ${where} is before its "start"`, hint: 'Exchange them' })
  const wrong = spec.cron === undefined ? null : cronFault(spec.cron)
  if (wrong !== null) faults.add([...path, 'cron'], { code: 'bad_value', message: `"cron" of ${where}: ${wrong}` })
  if (spec.timezone !== undefined && !isTimezone(spec.timezone)) faults.add([...path, 'timezone'], unknownTimezone(spec.timezone))
}

/** Words for a time zone that this machine does not know. */
export function unknownTimezone(name: string): { code: string; message: string; hint: string } {
  const hint = didYouMean(name, Intl.supportedValuesOf('timeZone')) ?? 'Use an IANA name such as Europe/Berlin, or UTC'
  return { code: 'unknown_timezone', message: `"${name}" is no time zone`, hint }
}

function valuesOf({ faults }: OpenPipeline, path: Path, spec: ScheduleSpec, params: ReadParams): { [name: string]: JsonValue } {
  const values: { [name: string]: JsonValue } = {}
  for (const [name, given] of Object.entries(spec.set ?? {})) {
    const type = params.types.get(name)
    if (type === undefined) {
      const hint = didYouMean(name, params.types.keys())
      if (!params.unresolved.has(name))
        faults.add([...path, 'set', name], {
          code: 'unknown_param',
          message: `schedule "${spec.id}" sets "${name}", which is no parameter`,
          hint,
          atKey: true,
        })
      continue
    }
    // Its place is taken by a time when a run begins: such a value is checked with one.
    const slotted = typeof given === 'string' && given.includes(SLOT_TIME)
    const result = paramValue(type, slotted ? given.replaceAll(SLOT_TIME, '2026-01-31T02:00:00Z') : given)
    if (result.ok) values[name] = slotted ? given : result.value
    else faults.add([...path, 'set', name], { code: 'bad_param', message: `parameter "${name}" ${result.words}` })
  }
  for (const name of params.required) {
    if (spec.set?.[name] !== undefined) continue
    const message = `schedule "${spec.id}" gives parameter "${name}" no value, and it has no default`
    faults.add(path, { code: 'missing_param', message, hint: `Add set: {${name}: …}` })
  }
  return values
}

function scheduleOf(spec: ScheduleSpec, timezone: string, set: { readonly [name: string]: JsonValue }): Schedule {
  return {
    id: spec.id,
    cron: spec.cron ?? null,
    everyMs: spec.every === undefined ? null : milliseconds(spec.every, 0),
    timezone: spec.timezone ?? timezone,
    overlap: spec.overlap ?? 'skip',
    catchupWindowMs: milliseconds(spec.catchup_window, 3_600_000),
    jitterMs: milliseconds(spec.jitter, 0),
    start: spec.start ?? null,
    end: spec.end ?? null,
    pauseOnFailure: spec.pause_on_failure ?? false,
    set,
  }
}
