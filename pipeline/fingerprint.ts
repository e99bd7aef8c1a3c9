import { createHash } from 'node:crypto'
import { canonicalJson, type JsonObject, type JsonValue } from './json.ts'

/** The hash of what a stage means: equal meaning gives an equal fingerprint, whatever the order of keys. */
export function fingerprintOf(meaning: JsonObject): string {
  return createHash('sha256').update(canonicalJson(meaning)).digest('hex')
}

const MOST_WORDS = 3
const LONGEST_VALUE = 40

/**
 * What differs between two meanings of a stage, in words such as `config changed: rules[1].min 1000000 → 1000`; a few of
 * them, and how many more there are. Empty when the meanings are equal.
 */
export function describeDifference(before: JsonObject, after: JsonObject): string[] {
  const words = [
    ...partChanges(before, after),
    ...commandChange(before, after),
    ...configChanges(before['config'], after['config']),
    ...fileChanges(before, after),
    ...inputChanges(before['inputs'], after['inputs']),
    ...inputChanges(before['matched'], after['matched']),
  ]
  if (words.length === 0 && canonicalJson(before) !== canonicalJson(after)) return otherChanges(before, after)
  return words.length <= MOST_WORDS ? words : [...words.slice(0, MOST_WORDS), `and ${words.length - MOST_WORDS} more`]
}

function partChanges(before: JsonObject, after: JsonObject): string[] {
  const words: string[] = []
  if (!same(before['module'], after['module']))
    words.push(`module changed: ${shown(before['module'])} → ${shown(after['module'])}`)
  else if (!same(before['module_hash'], after['module_hash'])) words.push(codeChange(before['module_hash'], after['module_hash']))
  if (!same(before['function'], after['function'])) {
    words.push(`function changed: ${shown(before['function'])} → ${shown(after['function'])}`)
  }
  if (!same(before['engine'], after['engine']))
    words.push(`onclock changed: ${shown(before['engine'])} → ${shown(after['engine'])}`)
  return words
}

/** The code of a built-in is told by its version, that of any other stage by its bytes and those of what it imports. */
function codeChange(before: JsonValue | undefined, after: JsonValue | undefined): string {
  const versions = [before, after].map(
    (hash) => /^builtin (?<version>.+)$/.exec(typeof hash === 'string' ? hash : '')?.groups?.['version'],
  )
  const [was, is] = versions
  return was === undefined || is === undefined ? 'module changed' : `built-in version ${was} → ${is}`
}

function commandChange(before: JsonObject, after: JsonObject): string[] {
  return same(before['command'], after['command']) ? [] : ['command changed']
}

function configChanges(before: JsonValue | undefined, after: JsonValue | undefined): string[] {
  return leafChanges(before, after, '').map(({ path, was, is }) => {
    if (was === undefined) return `config changed: ${path} added`
    return is === undefined ? `config changed: ${path} removed` : `config changed: ${path} ${shown(was)} → ${shown(is)}`
  })
}

interface LeafChange {
  /** `rules[1].min` */
  readonly path: string
  readonly was: JsonValue | undefined
  readonly is: JsonValue | undefined
}

/** The innermost places that differ; a whole list or mapping only where one side has none. */
function leafChanges(was: JsonValue | undefined, is: JsonValue | undefined, path: string): LeafChange[] {
  if (same(was, is)) return []
  if (Array.isArray(was) && Array.isArray(is)) return listChanges(was, is, path)
  if (isObject(was) && isObject(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])]
    return keys.flatMap((key) => leafChanges(was[key], is[key], path === '' ? key : `${path}.${key}`))
  }
  return [{ path: path === '' ? 'all of it' : path, was, is }]
}

/** Entries put in or taken out in the middle shift the rest: what is equal at both ends is not said to have changed. */
function listChanges(was: readonly JsonValue[], is: readonly JsonValue[], path: string): LeafChange[] {
  const shorter = Math.min(was.length, is.length)
  let head = 0
  while (head < shorter && same(was[head], is[head])) head++
  let tail = 0
  while (tail < shorter - head && same(was.at(-1 - tail), is.at(-1 - tail))) tail++
  const [oldItems, newItems] = [was.slice(head, was.length - tail), is.slice(head, is.length - tail)]
  const longer = oldItems.length > newItems.length ? oldItems : newItems
  return longer.flatMap((_, index) => leafChanges(oldItems[index], newItems[index], `${path}[${head + index}]`))
}

function fileChanges(before: JsonObject, after: JsonObject): string[] {
  return keyChanges(before['files'], after['files']).map(
    ({ key, kind }) => `${fileWord((kind === 'removed' ? before : after)['config'], key)} ${key} ${kind}`,
  )
}

/** What a config uses a file for, by the key it stands under. */
function fileWord(config: JsonValue | undefined, path: string): string {
  const key = keyOf(config, path)
  if (key === 'rules_file') return 'rules file'
  // What a rules file names itself is not in the config: its lists.
  const inRulesFile = key === null && isObject(config) && config['rules_file'] !== undefined
  return key === 'file' || inRulesFile ? 'list file' : 'file'
}

/** The key under which a path stands; `file.csv#column` names a file too. */
function keyOf(value: JsonValue | undefined, path: string, key = ''): string | null {
  if (typeof value === 'string') return value === path || value.startsWith(`${path}#`) ? key : null
  const entries = Array.isArray(value)
    ? (value as readonly JsonValue[]).map((item) => [key, item] as const)
    : Object.entries(isObject(value) ? value : {})
  for (const [name, item] of entries) {
    const found = keyOf(item, path, name)
    if (found !== null) return found
  }
  return null
}

function inputChanges(before: JsonValue | undefined, after: JsonValue | undefined): string[] {
  return keyChanges(before, after).map(({ key, kind }) =>
    kind === 'changed' ? `input sha256 differs (${key})` : `input ${kind} (${key})`,
  )
}

interface KeyChange {
  readonly key: string
  readonly kind: 'changed' | 'added' | 'removed'
}

function keyChanges(before: JsonValue | undefined, after: JsonValue | undefined): KeyChange[] {
  const [was, is] = [isObject(before) ? before : {}, isObject(after) ? after : {}]
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key): KeyChange[] => {
    if (same(was[key], is[key])) return []
    if (was[key] === undefined) return [{ key, kind: 'added' }]
    return [{ key, kind: is[key] === undefined ? 'removed' : 'changed' }]
  })
}

function otherChanges(before: JsonObject, after: JsonObject): string[] {
  return keyChanges(before, after)
    .map(({ key, kind }) => `${key} ${kind}`)
    .slice(0, MOST_WORDS)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const same = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
  a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b)

/** A value in few characters; text without quotes, as people write it. */
function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text
}
