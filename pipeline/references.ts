import type { JsonValue } from './json.ts'
import { didYouMean, suggest } from './suggest.ts'
import type { Path } from './yaml-tree.ts'

/** What `${params.x}` and `${env.X}` may name. */
export interface References {
  readonly params: { readonly [name: string]: JsonValue }
  readonly env: { readonly [name: string]: string | undefined }
  /** Where `${schedule.time}` may stand: it is kept until a run begins. */
  readonly schedule?: boolean
  /** Declared parameters whose value is faulty or missing: named elsewhere, and no second fault here. */
  readonly unresolved: ReadonlySet<string>
}

/** Stands in a parameter of a schedule for the time of the slot. */
export const SLOT_TIME = '${schedule.time}'

export interface ReferenceFault {
  readonly path: Path
  readonly message: string
  readonly hint: string | null
}

/** `$${…}` is the text `${…}`; `${word}` without a dot is left alone, as shells and regexes have it. */
const REFERENCE = /\$(?<escaped>\$\{[A-Za-z_]\w*\.[^{}]*\})|\$\{(?<space>[A-Za-z_]\w*)\.(?<name>[^{}]*)\}/g

/**
 * Puts parameters and environment variables in place. A text that is nothing but one `${params.x}` becomes the value with
 * its type; inside other text it becomes text. What is not known stays as it is, and is a fault; `unresolved` are the places
 * of all that stayed.
 */
export function resolveReferences(
  value: JsonValue,
  references: References,
  path: Path = [],
): { value: JsonValue; faults: ReferenceFault[]; unresolved: Path[] } {
  const faults: ReferenceFault[] = []
  const unresolved: Path[] = []
  const resolve = (value: JsonValue, path: Path): JsonValue => {
    if (typeof value === 'string') {
      return resolveText(value, references, (fault) => {
        unresolved.push(path)
        if (fault !== null) faults.push({ path, ...fault })
      })
    }
    if (Array.isArray(value)) return value.map((item: JsonValue, index) => resolve(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, [...path, key])]))
  }
  return { value: resolve(value, path), faults, unresolved }
}

/** Null: it is told elsewhere. */
type Report = (fault: { message: string; hint: string | null } | null) => void

function resolveText(text: string, references: References, report: Report): JsonValue {
  if (!text.includes('${')) return text
  const whole = /^\$\{(?<space>[A-Za-z_]\w*)\.(?<name>[^{}]*)\}$/.exec(text)?.groups
  if (whole !== undefined) return lookUp(whole['space'] ?? '', whole['name'] ?? '', references, report) ?? text
  return text.replaceAll(REFERENCE, (found: string, ...rest) => {
    const groups = rest.at(-1) as { escaped?: string; space?: string; name?: string }
    if (groups.escaped !== undefined) return groups.escaped
    const value = lookUp(groups.space ?? '', groups.name ?? '', references, report)
    if (value === undefined) return found
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

function lookUp(space: string, name: string, references: References, report: Report): JsonValue | undefined {
  const { params, env, unresolved } = references
  if (space === 'params') {
    if (Object.hasOwn(params, name)) return params[name]
    if (unresolved.has(name)) {
      report(null)
      return undefined
    }
    const declared = [...Object.keys(params), ...unresolved]
    const none = declared.length === 0 ? 'Declare it under params' : `Parameters are ${declared.join(', ')}`
    report({ message: `\${params.${name}} names no parameter`, hint: didYouMean(name, declared) ?? none })
  } else if (space === 'env') {
    const value = env[name]
    if (value !== undefined) return value
    const near = suggest(name, Object.keys(env))
    report({
      message: `the environment variable ${name} is not set`,
      hint: near === null ? `Set it: ${name}=… onclock run` : `Did you mean "${near}"?`,
    })
  } else if (space === 'schedule' && name === 'time' && references.schedule === true) {
    return SLOT_TIME
  } else {
    const hint = 'There are ${params.NAME} and ${env.NAME}; $${…} is taken as it is written'
    report({
      message: `\${${space}.${name}} is not known`,
      hint:
        suggest(space, ['params', 'env']) === null ? hint : `Did you mean "\${${suggest(space, ['params', 'env'])}.${name}}"?`,
    })
  }
  return undefined
}
