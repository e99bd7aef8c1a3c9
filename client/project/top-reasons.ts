import type { JsonObject, JsonValue } from '../../pipeline/json.ts'

/** How many rows a rule left out. */
export interface Reason {
  readonly rule: string
  readonly rows: number
  /** `rejected`, `filtered` or the like, where the metadata says. */
  readonly what: string
}

/**
 * Why a stage left rows out, the commonest rule first: from `<kind>_by_rule` maps, or from a list `rules` whose entries
 * have an `id` (in stages of one's own `rule`) and a number of rows. Metadata of other stages gives none.
 */
export function topReasons(metadata: JsonObject): Reason[] {
  const reasons: Reason[] = []
  for (const [key, value] of Object.entries(metadata)) {
    const kind = /^(?<kind>[a-z]+)_by_rule$/.exec(key)?.groups?.['kind']
    if (kind === undefined || !isObject(value)) continue
    for (const [rule, rows] of Object.entries(value))
      if (typeof rows === 'number' && rows > 0) reasons.push({ rule, rows, what: kind })
  }
  if (Array.isArray(metadata['rules'])) reasons.push(...metadata['rules'].flatMap(fromRule))
  return reasons.sort((a, b) => b.rows - a.rows || a.rule.localeCompare(b.rule))
}

/** In the funnel a rule owns what it stopped; that is what is told here, not what it alone would have stopped. */
function fromRule(entry: JsonValue): Reason[] {
  if (!isObject(entry)) return []
  const rule = entry['id'] ?? entry['rule']
  if (typeof rule !== 'string') return []
  const rows = ['stopped', 'left_out', 'rows'].map((key) => entry[key]).find((value) => typeof value === 'number')
  if (typeof rows !== 'number' || rows === 0) return []
  return [{ rule, rows, what: typeof entry['action'] === 'string' ? past(entry['action']) : '' }]
}

function past(action: string): string {
  return { reject: 'rejected', filter: 'filtered', duplicate: 'duplicates' }[action] ?? action
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
