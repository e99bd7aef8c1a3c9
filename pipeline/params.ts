import type { JsonValue } from './json.ts'
import type { ParamSpec } from './pipeline-file.ts'
import { isCanonicalNumber } from './yaml-tree.ts'

export type ParamResult = { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly words: string }

/**
 * The value of a parameter by its declared type. Text from the command line is read as that type; of a number from YAML or
 * JSON that is wanted as text the source text must be passed, so that IDs keep every digit.
 */
export function paramValue(type: ParamSpec['type'], given: JsonValue): ParamResult {
  if (typeof given === 'object') return { ok: false, words: 'must be one value, not a list or mapping' }
  const text = String(given)
  if (type === 'integer' || type === 'decimal' || type === 'number') return numberValue(type, text)
  if (type === 'boolean')
    return /^(?:true|false)$/.test(text) ? { ok: true, value: text === 'true' } : { ok: false, words: 'must be true or false' }
  if (type === 'date') return isDate(text) ? { ok: true, value: text } : { ok: false, words: 'must be a date such as 2026-11-24' }
  if (type === 'path' && text === '') return { ok: false, words: 'must be a path, not empty' }
  return { ok: true, value: text }
}

function numberValue(type: 'integer' | 'decimal' | 'number', text: string): ParamResult {
  if (type === 'integer') {
    if (!/^[-+]?\d+$/.test(text)) return { ok: false, words: 'must be a whole number' }
    if (!Number.isSafeInteger(Number(text)))
      return { ok: false, words: 'has too many digits for a number; the type id keeps them all' }
    return { ok: true, value: Number(text) }
  }
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return { ok: false, words: 'must be a number' }
  const value = Number(text)
  if (!Number.isFinite(value) || (/^[-+]?\d+$/.test(text) && !isCanonicalNumber(String(value))))
    return { ok: false, words: 'is too large for a number' }
  return { ok: true, value }
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}
