import type { z } from 'zod'
import { sqlText } from '../duckdb.ts'
import type { CompileEnv } from './compile-env.ts'
import { isListReference, type ListReference } from './list-reference-schema.ts'
import type { averageLengthSchema, countSchema, Measured, MeasureOf, repeatsSchema, shareSchema, Unit } from './measure-schema.ts'
import { escapeRegex } from './regex-faults.ts'
import { lengthSql, type Look, OPERATORS, type Outcome, partsOf, portions, WORD_PATTERN } from './text-checks.ts'

const EMOJI = String.raw`[\x{1F000}-\x{1F1E5}\x{1F200}-\x{1F3FA}\x{1F400}-\x{1FAFF}\x{2600}-\x{27BF}\x{2B05}-\x{2B07}\x{2B1B}\x{2B1C}\x{2B50}\x{2B55}\x{231A}\x{231B}\x{23E9}-\x{23FA}]`
/** With what follows it: a variation selector, a skin tone, joined parts; a flag is a pair of letters. */
const WHOLE_EMOJI = `(?:[\\x{1F1E6}-\\x{1F1FF}]{2}|${EMOJI}[\\x{FE0F}\\x{1F3FB}-\\x{1F3FF}]*(?:\\x{200D}${EMOJI}[\\x{FE0F}\\x{1F3FB}-\\x{1F3FF}]*)*)`

const PATTERNS: Readonly<Record<Unit, string>> = {
  words: WORD_PATTERN,
  letters: String.raw`\pL`,
  digits: String.raw`\p{Nd}`,
  symbols: String.raw`[^\pL\pM\pN\s]`,
  emoji: WHOLE_EMOJI,
  links: String.raw`(?i)(?:https?://|www\.)\S+`,
  emails: String.raw`(?i)[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}`,
  phones: String.raw`\+?\(?\d{1,4}\)?(?:[-. /]?\(?\d{2,4}\)?){2,4}`,
  hashtags: `#${WORD_PATTERN}`,
  mentions: String.raw`@[\pL\pN_][\pL\pM\pN_.]*`,
  lines: String.raw`[^\r\n]+`,
}

/** `count`: how many there are. */
export function countOutcome({ of, ...limits }: z.infer<typeof countSchema>, look: Look, env: CompileEnv): Outcome {
  return measured(countSql(of, look, env), limits, wordsFor(of))
}

/** `share`: their characters among all of the text. */
export function shareOutcome({ of, ...limits }: z.infer<typeof shareSchema>, look: Look, env: CompileEnv): Outcome {
  return measured(shareSql(of, look, env), limits, `of its characters in ${wordsFor(of)}`)
}

/** `average_length`: a text without any of them says nothing. */
export function averageLengthOutcome(
  { of, ...limits }: z.infer<typeof averageLengthSchema>,
  look: Look,
  env: CompileEnv,
): Outcome {
  return measured(averageSql(of, look, env), limits, `characters in ${wordsFor(of)} on average`)
}

/** `repeats`: the most frequent one, as times or as a share of all of them; 0 where there are none. */
export function repeatsOutcome(spec: z.infer<typeof repeatsSchema>, look: Look, env: CompileEnv): Outcome {
  const { of, in_each: _inEach, longer_than: _longerThan, ...limits } = spec
  const parts = Object.entries(limits).filter(([, limit]) => limit !== undefined)
  const outcomes = parts.map(([name, limit]) =>
    measured(
      repeatsSql({ ...spec, asShare: typeof limit === 'string' }, look, env),
      { [name]: limit },
      `repeats of ${wordsFor(of)}`,
    ),
  )
  return {
    ok: `(CASE WHEN ${look.text} IS NOT NULL THEN ${outcomes.map(({ ok }) => ok).join(' AND ')} END)`,
    fails: outcomes.map(({ fails }) => fails).join(' and '),
    holds: outcomes.map(({ holds }) => holds).join(' and '),
  }
}

/** A measure as a number per row; NULL where the text is empty. */
export function measuredSql(
  spec: Measured,
  look: Look,
  env: CompileEnv,
): { readonly sql: string; readonly type: 'integer' | 'decimal' } {
  const { length, count, share, repeats, average_length: average } = spec
  if (length !== undefined) return { sql: lengthSql(length.in ?? 'characters', look), type: 'integer' }
  if (count !== undefined) return { sql: countSql(count.of, look, env), type: 'integer' }
  if (share !== undefined) return { sql: shareSql(share.of, look, env), type: 'decimal' }
  if (average !== undefined) return { sql: averageSql(average.of, look, env), type: 'decimal' }
  if (repeats === undefined) throw new Error('there is no measure')
  const asShare = repeats.in === 'share'
  const sql = repeatsSql({ ...repeats, asShare }, look, env)
  return { sql: `(CASE WHEN ${look.text} IS NOT NULL THEN ${sql} END)`, type: asShare ? 'decimal' : 'integer' }
}

const countSql = (of: MeasureOf, look: Look, env: CompileEnv): string => `len(${unitsIn(of, look, env)(look.text)})`

function shareSql(of: MeasureOf, look: Look, env: CompileEnv): string {
  if (isListReference(of)) return `(${charactersOf(unitsIn(of, look, env)(look.text))} / length(${look.text}))`
  const rest = `length(regexp_replace(${look.text}, ${sqlText(runsOf(patternOf(of)))}, '', 'g'))`
  return `(1 - ${rest} / length(${look.text}))`
}

function averageSql(of: MeasureOf, look: Look, env: CompileEnv): string {
  const units = unitsIn(of, look, env)(look.text)
  return `(${charactersOf(units)} / nullif(len(${units}), 0))`
}

type Repeats = Pick<z.infer<typeof repeatsSchema>, 'of' | 'in_each' | 'longer_than'> & { readonly asShare: boolean }

function repeatsSql({ of, in_each: inEach, longer_than: longerThan = 0, asShare }: Repeats, look: Look, env: CompileEnv): string {
  const size = (inEach === 'word' || of === 'words') && longerThan > 0 ? longerThan : 0
  const words = matchesIn(look.text, `[\\pL\\pN_][\\pL\\pM\\pN_]{${size},}`)
  const units = unitsIn(of, look, env)
  const most =
    inEach === undefined
      ? mostFrequent(of === 'words' ? words : units(look.text), asShare)
      : `list_max(list_transform(${words}, lambda __word: ${mostFrequent(units('__word'), asShare)}))`
  return `coalesce(${most}, 0)`
}

type Limits = Readonly<Record<string, number | string | undefined>>

function measured(number: string, limits: Limits, of: string): Outcome {
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined)
  const ok = given.map(([name, limit]) => `${number} ${OPERATORS[name as keyof typeof OPERATORS]} ${limitSql(limit ?? 0)}`)
  const words = given.map(([name, limit]) => `${LIMIT_WORDS[name as keyof typeof LIMIT_WORDS]} ${limit}`).join(' and ')
  return { ok: `(${ok.join(' AND ')})`, fails: `does not have ${words} ${of}`, holds: `has ${words} ${of}` }
}

const LIMIT_WORDS = { min: 'at least', max: 'at most', above: 'more than', below: 'less than', equals: 'exactly' } as const
const limitSql = (limit: number | string): string => String(typeof limit === 'number' ? limit : Number.parseFloat(limit) / 100)

function mostFrequent(units: string, share: boolean): string {
  const times = `list_max(map_values(list_histogram(${units})))`
  return share ? `(${times} / len(${units}))` : times
}

type NotListed = Exclude<MeasureOf, ListReference>

const patternOf = (of: NotListed): string => (typeof of === 'string' ? PATTERNS[of] : of.matches)
const wordsFor = (of: MeasureOf): string => (typeof of === 'string' ? of : isListReference(of) ? 'words of the list' : 'matches')
const matchesIn = (text: string, pattern: string): string => `regexp_extract_all(${text}, ${sqlText(pattern)})`

/** SQL of a text to an SQL list of what is found in it. */
function unitsIn(of: MeasureOf, look: Look, env: CompileEnv): (text: string) => string {
  if (!isListReference(of)) return (text) => matchesIn(text, patternOf(of))
  return listedIn(partsOf(of, look, env), look.match)
}

/**
 * Entries of a list, the longest first where several begin at one place. RE2 has no look-around to find whole words by, and a
 * separator that belongs to one match is lost to the next: so words get a mark at both ends, in the text as in the entries.
 */
function listedIn(entries: readonly string[], match: Look['match']): (text: string) => string {
  const longest = entries.toSorted((a, b) => b.length - a.length)
  const marked = match === 'word' ? longest.map((entry) => entry.replaceAll(WORD, `${MARK}$&${MARK}`)) : longest
  const patterns = portions(marked.map(escapeRegex)).map((portion) => portion.join('|'))
  return (text) => {
    const read = match === 'word' ? `regexp_replace(${text}, ${sqlText(`(${PATTERNS.words})`)}, '${MARK}\\1${MARK}', 'g')` : text
    const found = patterns.map((pattern) => matchesIn(read, pattern))
    return found.length === 1 ? (found[0] ?? '[]') : `list_concat(${found.join(', ')})`
  }
}

const WORD = /[\p{L}\p{N}_][\p{L}\p{M}\p{N}_]*/gu
const MARK = '\u0001'

/** Marks are no characters of a text. */
const charactersOf = (units: string): string => `length(replace(array_to_string(${units}, ''), '${MARK}', ''))`

/** A class of characters is taken out in runs, which costs a third. */
const runsOf = (pattern: string): string => (/^\[(?:\\.|[^\]\\])+\]$|^\\p(?:L|\{\w+\})$/.test(pattern) ? `${pattern}+` : pattern)
