/** Why RE2 cannot run a pattern, with what to do instead; null when nothing is known to be wrong. */
export interface RegexFault {
  readonly message: string
  readonly hint: string
}

const UNSUPPORTED: readonly { readonly form: RegExp; readonly what: string; readonly hint: string }[] = [
  {
    form: /^\(\?<?!/,
    what: 'a negative look-around',
    hint: 'Regexes are RE2. Say what must not occur with `not_matches` beside `matches`.',
  },
  { form: /^\(\?<?=/, what: 'a look-around', hint: 'Regexes are RE2. Match the text around it too, or use two checks.' },
  {
    form: /^\(\?>/,
    what: 'an atomic group',
    hint: 'Regexes are RE2, which never backtracks: a plain group (?:…) does the same.',
  },
  { form: /^\(\?\(/, what: 'a condition', hint: 'Regexes are RE2. Use two patterns.' },
  { form: /^\(\?(?:R|\d|&)/, what: 'recursion', hint: 'Regexes are RE2, which knows no recursion.' },
  {
    form: /^\\(?:[1-9]|k[<{'])/,
    what: 'a back reference',
    hint: 'Regexes are RE2. For repeated words and letters there is `repeats`.',
  },
  {
    form: /^[*+?}]\+/,
    what: 'a possessive quantifier',
    hint: 'Regexes are RE2, which never backtracks: leave the second "+" out.',
  },
  { form: /^\\[GKRXhH]/, what: 'an escape', hint: 'Regexes are RE2: see its syntax page for the escapes it knows.' },
]

/** Looks for what other engines know and RE2 does not, outside character classes. Exactness is DuckDB's own word. */
export function regexFault(pattern: string): RegexFault | null {
  let inClass = false
  for (let at = 0; at < pattern.length; at += 1) {
    const rest = pattern.slice(at)
    if (!inClass) {
      const found = UNSUPPORTED.find(({ form }) => form.test(rest))
      if (found !== undefined) return { message: `${found.what} at character ${at + 1}, which cannot be run`, hint: found.hint }
    }
    if (rest[0] === '\\') at += 1
    else if (rest[0] === '[' && !inClass) {
      inClass = true
      // A bracket that comes first in its class is a character of it.
      at += /^\[\^?\]?/.exec(rest)?.[0].length ?? 1
      at -= 1
    } else if (rest[0] === ']') inClass = false
  }
  return null
}

/** All patterns as one, for a single pass; null where their named groups may clash. */
export function alternation(patterns: readonly string[]): string | null {
  if (patterns.length === 1) return patterns[0] ?? null
  if (patterns.some((pattern) => /\(\?P?</.test(pattern))) return null
  return patterns.map((pattern) => `(?:${pattern})`).join('|')
}

/** A text as a pattern that matches it. */
export const escapeRegex = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
