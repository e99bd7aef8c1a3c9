import type { JsonValue } from './json.ts'
import { paramValue } from './params.ts'
import { paramSpec, type ParamSpec } from './pipeline-file.ts'
import type { OpenPipeline } from './open-pipeline.ts'
import { isFreeKey, isMapping } from './open-pipeline.ts'
import { configIssues } from './config-issues.ts'
import { didYouMean } from './suggest.ts'

export interface ReadParams {
  readonly values: { readonly [name: string]: JsonValue }
  readonly types: ReadonlyMap<string, ParamSpec['type']>
  /** Declared, but without a value that could be used. */
  readonly unresolved: ReadonlySet<string>
  /** Declared without a default: a schedule must set them. */
  readonly required: ReadonlySet<string>
}

const BASE = ['pipeline', 'params']

/** Values of the declared parameters: what was set, else the default; every fault in either is reported. */
export function readParams({ tree, faults }: OpenPipeline, set: { readonly [name: string]: JsonValue }): ReadParams {
  const raw = tree.json(BASE, 'source', isFreeKey)
  const declared = isMapping(raw) ? raw : {}
  if (raw !== undefined && !isMapping(raw))
    faults.addIssues(BASE, [{ path: [], code: 'wrong_type', message: '"params" must be a mapping', hint: null }], '')
  const values: { [name: string]: JsonValue } = {}
  const types = new Map<string, ParamSpec['type']>()
  const unresolved = new Set<string>()
  const required = new Set<string>()
  for (const [name, given] of Object.entries(declared)) {
    const value = readParam(name, given, set)
    if (value === null) unresolved.add(name)
    else values[name] = value
  }
  for (const name of Object.keys(set).filter((name) => !Object.hasOwn(declared, name))) {
    const names = Object.keys(declared)
    const hint =
      didYouMean(name, names) ?? (names.length === 0 ? 'The file declares no parameters' : `Parameters are ${names.join(', ')}`)
    faults.add(BASE, { code: 'unknown_param', message: `--set ${name}: there is no such parameter`, hint, atKey: true })
  }
  return { values, types, unresolved, required }

  function readParam(name: string, given: JsonValue, set: { readonly [name: string]: JsonValue }): JsonValue | null {
    const path = [...BASE, name]
    if (!/^[A-Za-z_][\w-]*$/.test(name)) {
      faults.add(path, {
        code: 'bad_key',
        message: `"${name}" cannot name a parameter`,
        hint: 'Use letters, digits, "_" and "-"',
        atKey: true,
      })
    }
    const parsed = paramSpec.safeParse(given)
    if (!parsed.success) {
      faults.addIssues(path, configIssues(parsed.error, given, paramSpec), ` in parameter "${name}"`)
      return null
    }
    const { type, default: unset } = parsed.data
    types.set(name, type)
    if (unset === undefined) required.add(name)
    const chosen = Object.hasOwn(set, name) ? set[name] : unset
    const isSet = Object.hasOwn(set, name)
    if (chosen === undefined) {
      const hint = `Run with --set ${name}=…, or give it a default`
      faults.add(path, { code: 'missing_param', message: `parameter "${name}" has no value`, hint, atKey: true })
      return null
    }
    const result = paramValue(type, chosen)
    if (result.ok) return result.value
    const subject = isSet ? `--set ${name}: the value` : `the default of parameter "${name}"`
    faults.add(isSet ? path : [...path, 'default'], { code: 'bad_param', message: `${subject} ${result.words}`, atKey: isSet })
    return null
  }
}
