import type { YamlProblem } from './yaml-problems.ts'

const BEGINNINGS: readonly [RegExp, string][] = [
  [/^\*/, 'a value that begins with * is an alias in YAML'],
  [/^&/, 'a value that begins with & is an anchor in YAML'],
  [/^!/, 'a value that begins with ! is a tag in YAML'],
  [/^[>|]/, 'a value that begins with > or | is a block of lines in YAML'],
  [/^[@`]/, 'a value cannot begin with @ or ` in YAML'],
  [/^#/, 'a # after a space begins a comment in YAML, up to the end of the line'],
  [/^%/, 'a value cannot begin with % in YAML'],
  [/^,/, 'a value cannot begin with a comma in YAML'],
  [/^[\]}]/, 'a value cannot begin with a closing bracket in YAML'],
  [/^\[[^\]]*$/, 'a list that begins with [ is not closed with ]'],
  [/^\{[^}]*$/, 'a mapping that begins with { is not closed with }'],
  [/^\[/, 'a value that begins with [ is a list in YAML, and this one does not end as a list'],
  [/^\{/, 'a value that begins with { is a mapping in YAML, and this one does not end as a mapping'],
  [/^-(?:\s|$)/, 'a - by itself begins an item of a list in YAML'],
  [/^\?(?:\s|$)/, 'a ? by itself begins a key in YAML'],
  [/^"(?:[^"\\]|\\.)*"$/, 'a backslash in double quotes begins an escape, and this one is none'],
  [/^'.*'$/, "a single quote inside single quotes is written twice: ''"],
  [/^"[^"]*$/, 'a text that begins with " is not closed'],
  [/^'[^']*$/, "a text that begins with ' is not closed"],
  [/^["']/, 'text goes on after the closing quote'],
  [/[[\]{}]/, 'brackets inside […] or {…} end or begin a list or mapping in YAML'],
  [/:\s/, 'a colon followed by a space makes a mapping of the value in YAML'],
]

/** Whether a value opens a list, mapping or quoted text that it never closes. */
export function isOpen(value: string): boolean {
  return /^(?:\[[^\]]*|\{[^}]*|"[^"]*|'[^']*)$/.test(value)
}

/** Why a value that had to be put in quotes could not stand without them. */
export function whyQuoted(value: string, problem: YamlProblem): string {
  return BEGINNINGS.find(([pattern]) => pattern.test(value))?.[1] ?? whatIsWrong(problem)
}

const WORDS: { readonly [code: string]: string } = {
  BAD_INDENT: 'the indentation fits nothing above',
  BLOCK_AS_IMPLICIT_KEY: 'a value stands here where only a key can',
  BLOCK_IN_FLOW: 'an indented block cannot stand inside […] or {…}',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'this is no key with a value, and no item of a list',
  MULTILINE_IMPLICIT_KEY: 'a key has to stand on one line',
  MULTIPLE_ANCHORS: 'a value has two anchors',
  MULTIPLE_TAGS: 'a value has two tags',
  TAB_AS_INDENT: 'a tab cannot indent in YAML',
  UNEXPECTED_TOKEN: 'something stands here that cannot stand here',
  UNRESOLVED_ALIAS: 'this alias names no anchor above it',
  TAG_RESOLVE_FAILED: 'this tag is unknown',
}

/** The parser's complaint in words of ours; its own where there are none. */
export function whatIsWrong(problem: YamlProblem): string {
  const closing = /^Missing closing (["'])/.exec(problem.message)?.[1]
  if (closing !== undefined) return `a text that begins with ${closing} is not closed`
  if (problem.message.startsWith('Flow sequence')) return 'a list that begins with [ is not closed with ]'
  if (problem.message.startsWith('Flow map')) return 'a mapping that begins with { is not closed with }'
  return WORDS[problem.code] ?? problem.message.charAt(0).toLowerCase() + problem.message.slice(1)
}
