import { NOW } from './run-product.ts'
import { isMap, type Json, type JsonMap, NotOffered, textOf } from './suite-cases.ts'

/** `min_value` and the like in our words; what is null is left out. */
export function limitsOf(rule: JsonMap, boundOf: (value: Json) => unknown): Readonly<Record<string, unknown>> {
  const limit = (value: Json | undefined, key: string): object =>
    value === undefined || value === null ? {} : { [key]: boundOf(value) }
  return {
    ...limit(rule['min_value'], rule['strict_min'] === true ? 'above' : 'min'),
    ...limit(rule['max_value'], rule['strict_max'] === true ? 'below' : 'max'),
  }
}

/** A bound as our language writes it: numbers and dates as they are, other texts as texts. */
export function boundOf(value: Json): unknown {
  if (isMap(value)) return parameterOf(textOf(value['$PARAMETER']))
  if (typeof value !== 'string' || /^\d{4}-\d{2}-\d{2}/.test(value)) return value
  return { text: value }
}

/** `now()`, `datetime(2003, 1, 1)`, `now() - timedelta(weeks=52*100)`. */
function parameterOf(words: string): string {
  const date = /^datetime\((?<parts>[\d, ]+)\)$/.exec(words)?.groups?.['parts']
  if (date !== undefined) {
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = date.split(',').map(Number)
    return new Date(Date.UTC(year, month - 1, day, hour, minute, second)).toISOString()
  }
  return words === 'now()' ? 'now' : shiftedNow(words)
}

const MILLIS: Readonly<Record<string, number>> = {
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
}

function shiftedNow(words: string): string {
  const [, sign, unit = '', amount = ''] = /^now\(\) ([+-]) timedelta\((\w+)=([\d* ]+)\)$/.exec(words) ?? []
  const millis = MILLIS[unit]
  if (millis === undefined) throw new NotOffered(`the parameter ${words}`)
  const factors = amount.split('*').reduce((product, factor) => product * Number(factor), 1)
  return new Date(NOW.getTime() + (sign === '-' ? -1 : 1) * factors * millis).toISOString()
}

/** A condition in the words of pandas: comparisons, `&` before `|`, brackets. */
export function conditionOf(text: string): object {
  const tokens = text.match(/\(|\)|&|\||(?:and|or)\b|[!=<>]=?|"[^"]*"|'[^']*'|`[^`]*`|[-\w.]+/g) ?? []
  const reader = { tokens, at: 0 }
  const condition = anyOf(reader)
  if (reader.at < tokens.length) throw new NotOffered(`the condition ${text}`)
  return condition
}

interface Reader {
  readonly tokens: readonly string[]
  at: number
}

function anyOf(reader: Reader): object {
  const parts = [allOf(reader)]
  while (/^(?:\||or)$/.test(reader.tokens[reader.at] ?? '')) {
    reader.at += 1
    parts.push(allOf(reader))
  }
  return parts.length === 1 ? (parts[0] ?? {}) : { any: parts }
}

function allOf(reader: Reader): object {
  const parts = [comparisonOf(reader)]
  while (/^(?:&|and)$/.test(reader.tokens[reader.at] ?? '')) {
    reader.at += 1
    parts.push(comparisonOf(reader))
  }
  return parts.length === 1 ? (parts[0] ?? {}) : { all: parts }
}

const OPERATORS: Readonly<Record<string, string>> = {
  '==': 'equals',
  '!=': 'not_equals',
  '>': 'above',
  '>=': 'min',
  '<': 'below',
  '<=': 'max',
}

function comparisonOf(reader: Reader): object {
  if (reader.tokens[reader.at] === '(') {
    reader.at += 1
    const inner = anyOf(reader)
    reader.at += 1
    return inner
  }
  const [name = '', operator = '', value = ''] = reader.tokens.slice(reader.at, reader.at + 3)
  reader.at += 3
  const key = OPERATORS[operator]
  if (key === undefined) throw new NotOffered(`the operator ${operator} of a condition`)
  return { column: name.replaceAll('`', ''), [key]: /^["']/.test(value) ? value.slice(1, -1) : Number(value) }
}
