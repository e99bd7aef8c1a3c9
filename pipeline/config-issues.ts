import type { $ZodError, $ZodIssue, $ZodType } from 'zod/v4/core'
import type { ConfigIssue } from './catalog.ts'
import { keysAt } from './schema-keys.ts'
import { didYouMean } from './suggest.ts'

type Path = readonly PropertyKey[]

/**
 * What a Zod schema found wrong, in words for people: one issue for each unknown key, missing keys told apart from wrong
 * values, and for a choice of forms only what is wrong with the form that was meant. `value` is what was checked.
 */
export function configIssues(error: $ZodError, value: unknown, schema: $ZodType): ConfigIssue[] {
  return withoutEchoes(error.issues).flatMap((issue) => issueOf(issue, [], { value, schema }))
}

/** A list where text is wanted is not also a text that is too short. */
function withoutEchoes(issues: readonly $ZodIssue[]): $ZodIssue[] {
  const wrong = new Set(issues.filter((issue) => issue.code === 'invalid_type').map((issue) => JSON.stringify(issue.path)))
  return issues.filter(
    (issue) => issue.code === 'invalid_type' || issue.code === 'unrecognized_keys' || !wrong.has(JSON.stringify(issue.path)),
  )
}

interface Checked {
  readonly value: unknown
  readonly schema: $ZodType
}

function issueOf(issue: $ZodIssue, above: Path, checked: Checked): ConfigIssue[] {
  const path = [...above, ...issue.path]
  const found = valueAt(checked.value, path)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, path, checked.schema))
  if (issue.code === 'invalid_union') return unionIssues(issue, path, checked)
  if (found === undefined && path.length > 0) return [missingKey(path)]
  const [code, words, hint] = wordsFor(issue, found)
  return [{ path: plainPath(path), code, message: `${subjectOf(path)} ${words}`, hint }]
}

function unknownKey(key: string, path: Path, schema: $ZodType): ConfigIssue {
  const known = keysAt(schema, path)
  const near = didYouMean(key, known)
  const list = known.length > 0 && known.length <= 12 ? `Known keys: ${known.join(', ')}` : null
  return { path: plainPath([...path, key]), code: 'unknown_key', message: `unknown key "${key}"`, hint: near ?? list }
}

function missingKey(path: Path): ConfigIssue {
  return { path: plainPath(path), code: 'missing_key', message: `key "${String(path.at(-1))}" is missing`, hint: null }
}

type UnionIssue = Extract<$ZodIssue, { code: 'invalid_union' }>

/** Forms that do not even fit the kind of the value are out; of the others the one that got furthest was meant. */
function unionIssues(issue: UnionIssue, path: Path, checked: Checked): ConfigIssue[] {
  const found = valueAt(checked.value, path)
  if (found === undefined && path.length > 0) return [missingKey(path)]
  const forms = issue.errors.filter((issues) => !issues.some((inner) => isOtherKind(inner, found)))
  if (forms.length === 0) return [wrongKind(issue, path, found)]
  const best = forms.toSorted((a, b) => depthOf(b) - depthOf(a) || costOf(a) - costOf(b))[0] as $ZodIssue[]
  if (forms.length === 1 || depthOf(best) > 0 || best.some((inner) => inner.code === 'unrecognized_keys')) {
    return best.flatMap((inner) => issueOf(inner, path, checked))
  }
  const options = forms.flat().flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []))
  if (options.length === 0) return best.flatMap((inner) => issueOf(inner, path, checked))
  const message = `${subjectOf(path)} must be ${orList(options)}, found ${foundWords(found)}`
  return [
    { path: plainPath(path), code: 'bad_value', message, hint: typeof found === 'string' ? didYouMean(found, options) : null },
  ]
}

/** Whether a form fails because the value is not even of its kind: a number where words are listed. */
function isOtherKind(issue: $ZodIssue, found: unknown): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_value') return !issue.values.some((value) => typeof value === typeof found)
  return issue.code === 'invalid_type'
}

function wrongKind(issue: UnionIssue, path: Path, found: unknown): ConfigIssue {
  const own =
    ownWords(issue.message) ??
    issue.errors
      .flat()
      .map((inner) => ownWords(inner.message))
      .find((words) => words !== null)
  const kinds = issue.errors.flatMap((issues) => issues.flatMap((inner) => kindsWanted(inner)))
  const words = own ?? (kinds.length === 0 ? 'has none of the forms it may have' : `must be ${orList([...new Set(kinds)])}`)
  return {
    path: plainPath(path),
    code: 'wrong_type',
    message: `${subjectOf(path)} ${words}, found ${foundWords(found)}`,
    hint: own === null || own === undefined ? hintFor(found, kinds) : null,
  }
}

function kindsWanted(issue: $ZodIssue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  return issue.code === 'invalid_type' ? [kindWord(issue.expected)] : []
}

const depthOf = (issues: readonly $ZodIssue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length))
const costOf = (issues: readonly $ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0)

/** Code, words after the subject, and hint. */
function wordsFor(issue: $ZodIssue, found: unknown): [string, string, string | null] {
  const own = ownWords(issue.message)
  const is = `, found ${foundWords(found)}`
  if (issue.code === 'invalid_type') {
    const kind = kindWord(issue.expected)
    return ['wrong_type', (own ?? `must be ${kind}`) + is, own === null ? hintFor(found, [kind]) : null]
  }
  if (own !== null) return ['bad_value', own, null]
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    return ['bad_value', `must be ${orList(values)}${is}`, didYouMean(String(found), values)]
  }
  if (issue.code === 'too_small')
    return ['bad_value', `must ${sizeWords(issue.origin, issue.minimum, issue.inclusive ? 'least' : 'above')}${is}`, null]
  if (issue.code === 'too_big')
    return ['bad_value', `must ${sizeWords(issue.origin, issue.maximum, issue.inclusive ? 'most' : 'below')}${is}`, null]
  if (issue.code === 'invalid_key')
    return ['bad_key', ownWords(issue.issues[0]?.message ?? '') ?? 'is no name that may stand here', null]
  return ['bad_value', `${lowerFirst(issue.message)}${is}`, null]
}

/** A message that a schema's author wrote; the library's own begin otherwise. */
function ownWords(message: string): string | null {
  return /^(?:Invalid |Unrecognized |Too |Expected )/.test(message) ? null : message
}

function sizeWords(origin: string, bound: number | bigint, word: 'least' | 'most' | 'above' | 'below'): string {
  const measure = word === 'least' || word === 'most' ? `at ${word} ${bound}` : `${word} ${bound}`
  if (origin === 'string') return bound === 1 && word === 'least' ? 'not be empty' : `have ${measure} characters`
  if (origin === 'array' || origin === 'set') return bound === 1 && word === 'least' ? 'not be empty' : `have ${measure} entries`
  return `be ${measure}`
}

const KINDS: { readonly [expected: string]: string } = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

const kindWord = (expected: string): string => KINDS[expected] ?? expected

/** A value as people would point at it, shortened. */
function foundWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function hintFor(found: unknown, kinds: readonly string[]): string | null {
  if (kinds.includes('true or false') && typeof found === 'string' && /^(?:yes|no|on|off|true|false)$/i.test(found)) {
    return `YAML 1.2 knows true and false: write ${/^(?:yes|on|true)$/i.test(found) ? 'true' : 'false'}`
  }
  if (kinds.includes('text') && (typeof found === 'number' || typeof found === 'boolean')) return 'Put it in single quotes'
  return null
}

/** `"min"`, `rules[2]`: the value that an issue is about, by the end of its path. */
function subjectOf(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'it'
  if (typeof last !== 'number') return `"${String(last)}"`
  return `${String(path.findLast((part) => typeof part !== 'number') ?? 'item')}[${last}]`
}

const orList = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

const plainPath = (path: Path): (string | number)[] => path.map((part) => (typeof part === 'number' ? part : String(part)))

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, step)) return undefined
    return (inner as { [key: PropertyKey]: unknown })[step]
  }, value)
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
