import type { z } from 'zod'
import { sqlText } from '../duckdb.ts'
import type { averageLengthSchema, countSchema, MeasureOf, repeatsSchema, shareSchema, Unit } from './measure-schema.ts'
import { type Look, OPERATORS, type Outcome } from './text-checks.ts'

const EMOJI = String.raw`[\x{1F000}-\x{1F1E5}\x{1F200}-\x{1F3FA}\x{1F400}-\x{1FAFF}\x{2600}-\x{27BF}\x{2B05}-\x{2B07}\x{2B1B}\x{2B1C}\x{2B50}\x{2B55}\x{231A}\x{231B}\x{23E9}-\x{23FA}]`
/** With what follows it: a variation selector, a skin tone, joined parts; a flag is a pair of letters. */
const WHOLE_EMOJI = `(?:[\\x{1F1E6}-\\x{1F1FF}]{2}|${EMOJI}[\\x{FE0F}\\x{1F3FB}-\\x{1F3FF}]*(?:\\x{200D}${EMOJI}[\\x{FE0F}\\x{1F3FB}-\\x{1F3FF}]*)*)`

const PATTERNS: Readonly<Record<Unit, string>> = {
  words: String.raw`[\pL\pM\pN_]+`,
  letters: String.raw`\pL`,
  digits: String.raw`\p{Nd}`,
  symbols: String.raw`[^\pL\pM\pN\s]`,
  emoji: WHOLE_EMOJI,
  links: String.raw`(?i)(?:https?://|www\.)\S+`,
  emails: String.raw`(?i)[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}`,
  phones: String.raw`\+?\(?\d{1,4}\)?(?:[-. /]?\(?\d{2,4}\)?){2,4}`,
  hashtags: String.raw`#[\pL\pM\pN_]+`,
  mentions: String.raw`@[\pL\pM\pN_][\pL\pM\pN_.]*`,
  lines: String.raw`[^\r\n]+`,
}

/** `count`: how many there are. */
export function countOutcome({ of, ...limits }: z.infer<typeof countSchema>, look: Look): Outcome {
  return measured(`len(${unitsSql(look.text, of)})`, limits, wordsFor(of))
}

/** `share`: their characters among all of the text. */
export function shareOutcome({ of, ...limits }: z.infer<typeof shareSchema>, look: Look): Outcome {
  const rest = `length(regexp_replace(${look.text}, ${sqlText(runsOf(patternOf(of)))}, '', 'g'))`
  return measured(`(1 - ${rest} / length(${look.text}))`, limits, `of its characters in ${wordsFor(of)}`)
}

/** `average_length`: a text without any of them says nothing. */
export function averageLengthOutcome({ of, ...limits }: z.infer<typeof averageLengthSchema>, look: Look): Outcome {
  const units = unitsSql(look.text, of)
  return measured(
    `(length(array_to_string(${units}, '')) / nullif(len(${units}), 0))`,
    limits,
    `characters in ${wordsFor(of)} on average`,
  )
}

/** `repeats`: the most frequent one, as times or as a share of all of them; 0 where there are none. */
export function repeatsOutcome(spec: z.infer<typeof repeatsSchema>, look: Look): Outcome {
  const { of, in_each: inEach, longer_than: longerThan = 0, ...limits } = spec
  const size = (inEach === 'word' || of === 'words') && longerThan > 0 ? longerThan : 0
  const words = unitsSql(look.text, { matches: `[\\pL\\pM\\pN_]{${size + 1},}` })
  const most = (share: boolean): string => {
    if (inEach === undefined) return mostFrequent(of === 'words' ? words : unitsSql(look.text, of), share)
    return `list_max(list_transform(${words}, lambda __word: ${mostFrequent(unitsSql('__word', of), share)}))`
  }
  const parts = Object.entries(limits).filter(([, limit]) => limit !== undefined)
  const outcomes = parts.map(([name, limit]) =>
    measured(`coalesce(${most(typeof limit === 'string')}, 0)`, { [name]: limit }, `repeats of ${wordsFor(of)}`),
  )
  return {
    ok: `(CASE WHEN ${look.text} IS NOT NULL THEN ${outcomes.map(({ ok }) => ok).join(' AND ')} END)`,
    fails: outcomes.map(({ fails }) => fails).join(' and '),
    holds: outcomes.map(({ holds }) => holds).join(' and '),
  }
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

const patternOf = (of: MeasureOf): string => (typeof of === 'string' ? PATTERNS[of] : of.matches)
const wordsFor = (of: MeasureOf): string => (typeof of === 'string' ? of : 'matches')
const unitsSql = (text: string, of: MeasureOf): string => `regexp_extract_all(${text}, ${sqlText(patternOf(of))})`

/** A class of characters is taken out in runs, which costs a third. */
const runsOf = (pattern: string): string => (/^\[(?:\\.|[^\]\\])+\]$|^\\p(?:L|\{\w+\})$/.test(pattern) ? `${pattern}+` : pattern)
