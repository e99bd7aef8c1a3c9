import type { z } from 'zod'
import type { ConfigIssue } from '../../pipeline/catalog.ts'
import type { JsonObject } from '../../pipeline/json.ts'
import { suggest } from '../../pipeline/suggest.ts'

/** Keys that the engine understands for every stage, whether its schema names them or not. */
export const ENGINE_KEYS = ['input_file', 'output_file']

export type CheckedConfig =
  | { readonly ok: true; readonly config: unknown }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] }

/**
 * Checks a config against the schema of its stage. An unknown key is a fault, as everywhere, although `z.object` would drop
 * it in silence; `z.looseObject` allows any. Keys that begin with `x-` are free.
 */
export async function checkConfig(schema: z.ZodType, config: JsonObject): Promise<CheckedConfig> {
  const shape = closedShape(schema)
  const given: { [key: string]: unknown } = {}
  const issues: ConfigIssue[] = []
  for (const [key, value] of Object.entries(config)) {
    if (shape === null || Object.hasOwn(shape, key)) given[key] = value
    else if (!ENGINE_KEYS.includes(key) && !key.startsWith('x-'))
      issues.push(unknownKey(key, [...Object.keys(shape), ...ENGINE_KEYS]))
  }
  const parsed = await schema.safeParseAsync(given)
  if (!parsed.success) issues.push(...parsed.error.issues.flatMap(issuesOf))
  return parsed.success && issues.length === 0 ? { ok: true, config: parsed.data } : { ok: false, issues }
}

/** One sentence for each issue, for an error's message. */
export function describeIssues(issues: readonly ConfigIssue[]): string {
  return issues.map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`)).join('; ')
}

/** The keys of an object schema that takes no others; null for any other schema. */
function closedShape(schema: z.ZodType): object | null {
  const { def } = schema as unknown as {
    readonly def?: {
      readonly type?: string
      readonly shape?: object
      readonly catchall?: { readonly def: { readonly type: string } }
    }
  }
  const closed = def?.catchall === undefined || def.catchall.def.type === 'never'
  return def?.type === 'object' && def.shape !== undefined && closed ? def.shape : null
}

function issuesOf(issue: z.core.$ZodIssue): ConfigIssue[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ ...unknownKey(key, []), path: [...path, key] }))
  return [{ path, code: issue.code, message: issue.message.charAt(0).toLowerCase() + issue.message.slice(1), hint: null }]
}

function unknownKey(key: string, known: readonly string[]): ConfigIssue {
  const near = suggest(key, known)
  const hint = near === null ? (known.length > 0 ? `Known keys: ${known.join(', ')}.` : null) : `Did you mean "${near}"?`
  return { path: [key], code: 'unknown_key', message: `unknown key "${key}"`, hint }
}
