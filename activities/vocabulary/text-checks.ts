import { OnclockError } from '../../pipeline/errors.ts'
import { sqlText } from '../duckdb.ts'
import { cleanSql } from './clean-sql.ts'
import type { CleanStep } from './clean-schema.ts'
import { cleanText } from './clean-text.ts'
import type { Edge, Entries, Length, Patterns, Words } from './column-checks-schema.ts'
import { LIMITS } from './column-checks-schema.ts'
import type { CompileEnv } from './compile-env.ts'
import { alternation, escapeRegex } from './regex-faults.ts'
import { written } from './word-lists.ts'

/** How a check looks at a value: the text after `as:`, NULL where that is empty. */
export interface Look {
  readonly text: string
  readonly as: readonly CleanStep[]
  readonly match: 'word' | 'substring'
}

/** SQL (TRUE, FALSE, or NULL for an empty value) with the words for a value that does not pass, and for one that does. */
export interface Outcome {
  readonly ok: string
  /** Said when the check does not hold. */
  readonly fails: string
  /** Said when the turned-round check does not hold. */
  readonly holds: string
}

/** Letters, marks, digits and `_` of any script; RE2's own `\b` knows ASCII only and finds "ber" in "über" as a word. */
const NOT_WORD = String.raw`[^\pL\pM\pN_]`
/** A mark belongs to the character before it, and where that is no letter, as in the heart ❤️, it is no part of a word. */
const BEFORE_WORD = String.raw`(?:^|${NOT_WORD})\pM*`
const AFTER_WORD = `(?:$|${NOT_WORD})`
/** A word as a regex. */
export const WORD_PATTERN = String.raw`[\pL\pN_][\pL\pM\pN_]*`

/** Entries as the checks compare whole values: looked at through the same steps as the value. */
export function resolveEntries(entries: Entries, as: readonly CleanStep[], env: CompileEnv): readonly string[] {
  const texts =
    typeof entries === 'object' && ('list' in entries || 'file' in entries) ? env.lists.entries(entries) : written(entries)
  return [...new Set(texts.map((text) => cleanText(as, text)))]
}

/** Entries that are looked for inside of a value: blanks at their ends are meant (`" bar "`). */
export function partsOf(entries: Entries, look: Look, env: CompileEnv): readonly string[] {
  const steps = look.as.filter((step) => step !== 'trim')
  const parts = resolveEntries(entries, steps, env).filter((entry) => entry !== '')
  if (parts.length > 0) return parts
  throw new OnclockError('CONFIG_INVALID', `nothing is left of the words to look for after as: [${steps.join(', ')}]`)
}

/** `matches`. */
export function matchesOutcome(patterns: Patterns, look: Look): Outcome {
  const named = typeof patterns === 'object' && !Array.isArray(patterns)
  const list = typeof patterns === 'string' ? [patterns] : Object.values(patterns as Record<string, string>)
  const one = alternation(list)
  const ok = one === null ? list.map((pattern) => regexMatch(look.text, pattern)).join(' OR ') : regexMatch(look.text, one)
  const names = named ? Object.keys(patterns).join(', ') : list.length === 1 ? 'the pattern' : `one of ${list.length} patterns`
  return { ok: `(${ok})`, fails: `does not match ${names}`, holds: `matches ${names}` }
}

/** Which one of several patterns it was, in the order written: for the rows that were left out. */
export function patternParts(patterns: Patterns, look: Look): readonly { readonly name: string; readonly ok: string }[] {
  if (typeof patterns !== 'object' || Array.isArray(patterns)) return []
  return Object.entries(patterns).map(([name, pattern]) => ({ name, ok: regexMatch(look.text, pattern) }))
}

/** `contains`, for a word or a part of one. */
export function containsOutcome(words: Words, look: Look, env: CompileEnv): Outcome {
  if (isColumn(words)) {
    const found = occursOf(otherText(words.column, look, env), look)
    return { ok: `(${found})`, fails: `does not contain ${words.column}`, holds: `contains ${words.column}` }
  }
  const { entries, atLeast, exceptIn } = splitWords(words, look, env)
  const found = (entry: string): string =>
    exceptIn === null ? occurs(entry, look) : `(${occurs(entry, look)} AND NOT coalesce(${occurs(entry, exceptIn)}, FALSE))`
  const but = exceptIn === null ? '' : ' that the other column lacks'
  if (atLeast > 1) {
    const count = entries.map((entry) => `CAST(${found(entry)} AS INTEGER)`).join(' + ')
    return {
      ok: `((${count}) >= ${atLeast})`,
      fails: `contains fewer than ${atLeast} of the words${but}`,
      holds: `contains ${atLeast} of the words${but}`,
    }
  }
  const any = occursAny(entries, look)
  // The one pass for all of them comes first: rows with none are most.
  const ok = exceptIn === null ? any : `(CASE WHEN ${any} THEN (${entries.map(found).join(' OR ')}) ELSE ${any} END)`
  return { ok, fails: `contains none of the words${but}`, holds: `contains one of the words${but}` }
}

/** `contains_all`. */
export function containsAllOutcome(words: Entries, look: Look, env: CompileEnv): Outcome {
  const all = partsOf(words, look, env).map((entry) => occurs(entry, look))
  return { ok: `(${all.join(' AND ')})`, fails: 'lacks one of the words', holds: 'contains all of the words' }
}

/** `starts_with` and `ends_with`. */
export function edgeOutcome(edge: 'starts' | 'ends', words: Edge, look: Look, env: CompileEnv): Outcome {
  const test = edge === 'starts' ? 'starts_with' : 'ends_with'
  if (isColumn(words)) {
    const holds = `${edge === 'starts' ? 'begins' : 'ends'} with ${words.column}`
    return {
      ok: `(${test}(${look.text}, ${otherText(words.column, look, env)}))`,
      fails: `does not ${holds.replace('s ', ' ')}`,
      holds,
    }
  }
  const any = partsOf(words, look, env).map((entry) => `${test}(${look.text}, ${sqlText(entry)})`)
  const verb = edge === 'starts' ? 'begin' : 'end'
  return { ok: `(${any.join(' OR ')})`, fails: `does not ${verb} as asked`, holds: `${verb}s as it must not` }
}

const isColumn = (words: Words | Edge): words is { column: string } =>
  typeof words === 'object' && !Array.isArray(words) && 'column' in words

/** The text of another column, looked at as the column itself is. */
function otherText(name: string, look: Look, env: CompileEnv): string {
  const other = env.column(name)
  if (other === undefined) throw new OnclockError('COLUMN_MISSING', `the input has no column "${name}"`)
  return look.as.length === 0 ? other.text : `nullif(${cleanSql(look.as, other.text)}, '')`
}

/** Whether the text of another column occurs, as a whole word where it has letters at its ends. */
function occursOf(other: string, look: Look): string {
  if (look.match === 'substring') return `contains(${look.text}, ${other})`
  const before = `CASE WHEN regexp_matches(${other}, ${sqlText(String.raw`^[\pL\pN_]`)}) THEN ${sqlText(BEFORE_WORD)} ELSE '' END`
  const after = `CASE WHEN regexp_matches(${other}, ${sqlText(String.raw`[\pL\pN_]\pM*$`)}) THEN ${sqlText(AFTER_WORD)} ELSE '' END`
  return `regexp_matches(${look.text}, ${before} || regexp_escape(${other}) || ${after})`
}

/** `length`, in characters (code points) unless said. */
export function lengthOutcome(length: Length, look: Look): Outcome {
  const unit = length.in ?? 'characters'
  return limitsOutcome(lengthSql(unit, look), length, unit)
}

/** The length of a text as a number per row. */
export function lengthSql(unit: NonNullable<Length['in']>, look: Look): string {
  return unit === 'characters' ? `length(${look.text})` : unit === 'bytes' ? `strlen(${look.text})` : wordCount(look.text)
}

type Limits = { readonly [Limit in (typeof LIMITS)[number]]?: number | undefined }

/** A number per row held against `min max above below equals`. */
function limitsOutcome(number: string, limits: Limits, unit: string): Outcome {
  const given = LIMITS.filter((limit) => limits[limit] !== undefined)
  const ok = given.map((limit) => `(${number}) ${OPERATORS[limit]} ${limits[limit]}`).join(' AND ')
  const words = given.map((limit) => `${LIMIT_WORDS[limit]} ${limits[limit]}`).join(' and ')
  return { ok: `(${ok})`, fails: `does not have ${words} ${unit}`, holds: `has ${words} ${unit}` }
}

export const OPERATORS = { min: '>=', max: '<=', above: '>', below: '<', equals: '=' } as const
const LIMIT_WORDS = { min: 'at least', max: 'at most', above: 'more than', below: 'fewer than', equals: 'exactly' } as const

const regexMatch = (text: string, pattern: string): string => `regexp_matches(${text}, ${sqlText(pattern)})`
const wordCount = (text: string): string => `len(regexp_extract_all(${text}, ${sqlText(WORD_PATTERN)}))`

interface SplitWords {
  readonly entries: readonly string[]
  readonly atLeast: number
  /** How the other column is looked at: as the column itself. */
  readonly exceptIn: Look | null
}

function splitWords(words: Exclude<Words, { column: string }>, look: Look, env: CompileEnv): SplitWords {
  if (typeof words !== 'object' || Array.isArray(words)) return { entries: partsOf(words, look, env), atLeast: 1, exceptIn: null }
  const entries = partsOf(
    'words' in words ? words.words : 'list' in words ? { list: words.list } : { file: words.file },
    look,
    env,
  )
  if (words.except_in === undefined) return { entries, atLeast: words.at_least ?? 1, exceptIn: null }
  const other = env.column(words.except_in)
  if (other === undefined) throw new OnclockError('COLUMN_MISSING', `the input has no column "${words.except_in}"`)
  return { entries, atLeast: words.at_least ?? 1, exceptIn: { ...look, text: cleanSql(look.as, other.text) } }
}

/** Whether one of several occurs: in one pass, which costs less than three passes for one each. */
function occursAny(entries: readonly string[], look: Look): string {
  const one = look.match === 'word' ? wordPattern : (words: readonly string[]) => words.map(escapeRegex).join('|')
  if (look.match === 'substring' && entries.length < 3) return `(${entries.map((entry) => occurs(entry, look)).join(' OR ')})`
  return `(${portions(entries)
    .map((portion) => regexMatch(look.text, one(portion)))
    .join(' OR ')})`
}

/** A pattern of more characters than this outgrows the memory that RE2 gives itself, and takes hundreds of times as long. */
const MOST_PATTERN = 6000

/** The entries in groups that are small enough to be one pattern each. */
export function portions(entries: readonly string[]): readonly (readonly string[])[] {
  const all: string[][] = []
  let size = Infinity
  for (const entry of entries) {
    if (size + entry.length > MOST_PATTERN) {
      all.push([])
      size = 0
    }
    all.at(-1)?.push(entry)
    size += entry.length + 1
  }
  return all
}

/** Whether one entry occurs. */
export function occurs(entry: string, look: Look): string {
  return look.match === 'substring' ? `contains(${look.text}, ${sqlText(entry)})` : regexMatch(look.text, wordPattern([entry]))
}

/** Whole words: no letter, digit or `_` may go on at an end that is one itself (`#ad`, `c++` and emoji end where they end). */
function wordPattern(entries: readonly string[]): string {
  const groups = new Map<string, { before: string; after: string; words: string[] }>()
  for (const entry of entries) {
    const before = STARTS_WORD.test(entry) ? BEFORE_WORD : ''
    const after = ENDS_WORD.test(entry) ? AFTER_WORD : ''
    const group = groups.get(before + after) ?? { before, after, words: [] }
    group.words.push(escapeRegex(entry))
    groups.set(before + after, group)
  }
  return [...groups.values()].map(({ before, after, words }) => `${before}(?:${words.join('|')})${after}`).join('|')
}

const STARTS_WORD = /^[\p{L}\p{N}_]/u
const ENDS_WORD = /[\p{L}\p{N}_]\p{M}*$/u
