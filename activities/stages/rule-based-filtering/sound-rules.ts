import type { ZodType } from 'zod'
import type { RulesSpec } from './config.ts'
import { type RuleSpec, rulesShape } from './rule-schema.ts'
import { shapeShape } from './shape-schema.ts'

/** What is left of rules when everything that is wrong in form is cut out of them. */
export interface SoundRules {
  readonly spec: RulesSpec
  /** The places of the rules that something was cut out of. */
  readonly cut: ReadonlySet<number>
}

type Mapping = Readonly<Record<string, unknown>>

/**
 * The parts of `value`, a mapping with rules, lists and the like, that are sound by themselves: so that what is wrong with
 * them is found at once with the faults of form. Every rule keeps its place. Only for checks, never to be run.
 */
export function soundRules(value: unknown): SoundRules {
  if (!isMapping(value)) return { spec: {}, cut: new Set() }
  const cut = new Set<number>()
  const defaults = soundMapping(rulesShape.defaults, value['defaults'] ?? {})
  const raw = Array.isArray(value['rules']) ? value['rules'] : []
  const rules = raw.map((rule: unknown, index): RuleSpec => {
    const sound = soundRule(rule, index)
    if (sound.isCut || defaults.isCut) cut.add(index)
    return sound.rule
  })
  const spec = {
    rules,
    defaults: defaults.value,
    // A rule may name a list that is faulty: that the list is not there would be said wrongly.
    lists: { ...mapEntries(value['lists'], () => ['']), ...soundMapping(rulesShape.lists, value['lists'] ?? {}).value },
    let: soundMapping(rulesShape.let, value['let'] ?? {}).value,
    derive: soundMapping(shapeShape.derive, value['derive'] ?? {}).value,
    checks: (Array.isArray(value['checks']) ? value['checks'] : []).map(soundCheck),
  }
  return { spec: spec as RulesSpec, cut }
}

function soundRule(rule: unknown, index: number): { readonly rule: RuleSpec; readonly isCut: boolean } {
  // No ID that people can write: it is the same as no other.
  const nameless = { id: `rule ${index}` }
  if (!isMapping(rule)) return { rule: nameless, isCut: true }
  const { value, isCut } = soundMapping(rulesShape.rules, rule, (one) => [{ id: STAND_IN, ...one }])
  const isNamed = value['id'] !== undefined && (value['id'] !== STAND_IN || rule['id'] === STAND_IN)
  return { rule: { ...value, ...(isNamed ? {} : nameless) } as RuleSpec, isCut: isCut || !isNamed }
}

/** A check with a fault of form is not looked at further; what stands in for it has no fault, and an ID that nobody can write. */
function soundCheck(check: unknown, index: number): unknown {
  const sound = rulesShape.checks.safeParse([check]).data?.[0]
  return sound ?? { id: `check ${index}`, measure: 'rows', warn: { min: 0 } }
}

const STAND_IN = '_'

/** What remains when every key with a fault in or below it is cut out; `wrap` puts the mapping where the schema has it. */
function soundMapping(
  schema: ZodType,
  value: unknown,
  wrap: ((value: Mapping) => unknown) | null = null,
): { readonly value: Mapping; readonly isCut: boolean } {
  if (!isMapping(value)) return { value: {}, isCut: true }
  let left = value
  for (;;) {
    const parsed = schema.safeParse(wrap === null ? left : wrap(left))
    if (parsed.success) {
      const data = wrap === null ? parsed.data : (parsed.data as readonly unknown[])[0]
      return { value: data as Mapping, isCut: left !== value }
    }
    const faulty = new Set(
      parsed.error.issues.flatMap((issue) => {
        const path = wrap === null ? issue.path : issue.path.slice(1)
        return path.length === 0 && issue.code === 'unrecognized_keys' ? issue.keys : path.slice(0, 1).map(String)
      }),
    )
    const entries = Object.entries(left).filter(([key]) => !faulty.has(key))
    // Something that no key is to blame for.
    if (entries.length === Object.keys(left).length) return { value: {}, isCut: true }
    left = Object.fromEntries(entries)
  }
}

const mapEntries = (value: unknown, to: () => unknown): Mapping =>
  isMapping(value) ? Object.fromEntries(Object.keys(value).map((key) => [key, to()])) : {}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
