import type { Document } from 'yaml'
import type { Fault } from './fault.ts'
import { TextPlaces } from './text-places.ts'
import { openingBefore, parseYaml, type ParsedYaml, type YamlProblem } from './yaml-problems.ts'
import { quotedLines } from './yaml-quoting.ts'
import { isOpen, whatIsWrong, whyQuoted } from './yaml-words.ts'

/** A YAML text, read as far as it can be. */
export interface ReadYaml {
  /** Of the text with values put in quotes where they lacked them; null when too much is wrong to look at what it says. */
  readonly document: Document.Parsed | null
  readonly places: TextPlaces
  readonly faults: readonly Fault[]
}

/** More than this many faults of syntax are the mark of another kind of file. */
const MOST_FAULTS = 20
/** Trying quotes parses the text again: too slow for a text of this many characters. */
const MOST_CHARACTERS = 300_000

/**
 * Reads YAML 1.2. A value that lacks its quotes is the commonest slip: it is reported with the line as it should be, and
 * reading goes on as if it were so, so that all faults of a file come at once.
 */
export function readYaml(text: string, file: string): ReadYaml {
  const places = new TextPlaces(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'))
  const faults: Fault[] = []
  let parsed = parseYaml(places.text)
  let sound = true
  while (faults.length < MOST_FAULTS) {
    const problem = parsed.problems.find(isSyntax)
    if (problem === undefined) break
    const mend = mendingOf(parsed, places, problem)
    faults.push({ ...mend.fault, file, severity: 'error' })
    if (mend.replacement === null) {
      sound = false
      break
    }
    places.replaceLine(mend.replacement.line, mend.replacement.text)
    parsed = mend.replacement.parsed
    sound &&= mend.replacement.sound
  }
  for (const problem of parsed.problems.filter((problem) => !isSyntax(problem))) {
    faults.push({ ...otherFault(parsed, places, problem), file, severity: 'error' })
  }
  return { document: sound && !parsed.problems.some(isSyntax) ? parsed.document : null, places, faults }
}

const isSyntax = (problem: YamlProblem): boolean => problem.code !== 'DUPLICATE_KEY' && problem.code !== 'MULTIPLE_DOCS'

interface Mending {
  readonly fault: Omit<Fault, 'file' | 'severity'>
  /** The text with the line mended or, with `sound` false, blanked only to find what is wrong further down. */
  readonly replacement: { line: number; text: string; parsed: ParsedYaml; sound: boolean } | null
}

function mendingOf(parsed: ParsedYaml, places: TextPlaces, problem: YamlProblem): Mending {
  const opening = openingBefore(parsed.document, problem.offset)
  const offsets = opening === null ? [problem.offset] : [problem.offset, ...commentAfter(places, opening), opening]
  for (const offset of places.text.length > MOST_CHARACTERS ? [] : offsets) {
    const mend = mendedLine(places, offset, problem)
    if (mend !== null) return mend
  }
  return unmended(places, problem, opening)
}

/** A comment on the line that opens it may have swallowed the value and the closing bracket. */
function commentAfter(places: TextPlaces, opening: number): number[] {
  const { line, column } = places.inText(opening)
  const comment = /\s#/.exec(places.lineOf(line).slice(column - 1))
  return comment === null ? [] : [opening + comment.index + 1]
}

/** What no quotes can mend. The line is left out, only to find what is wrong further down. */
function unmended(places: TextPlaces, problem: YamlProblem, opening: number | null): Mending {
  const unclosed = opening !== null && whatIsWrong(problem).includes('not closed')
  const found = places.at(unclosed ? opening : problem.offset)
  const tooDeep = problem.code === 'BLOCK_AS_IMPLICIT_KEY' && /^\s+\S/.test(places.lineOf(found.line + 1))
  const line = tooDeep ? found.line + 1 : found.line
  const source = places.lineOf(line)
  const atIndent = tooDeep || problem.code === 'BAD_INDENT' ? source.length - source.trimStart().length + 1 : found.column
  const message = tooDeep ? 'this line is indented below a key that has a value already' : whatIsWrong(problem)
  const hint = hintOf(source, unclosed, tooDeep || problem.code === 'BAD_INDENT')
  const fault = { line, column: unclosed ? found.column : atIndent, code: 'yaml_syntax', message, hint }
  return { fault, replacement: replacementOf(places, { line, text: '', sound: false }, problem) }
}

function hintOf(source: string, unclosed: boolean, indent: boolean): string | null {
  if (unclosed) return 'Close it, or put the text in single quotes'
  if (indent) return 'Give it the indentation of the lines it belongs with'
  if (/: +[>|]/.test(source)) return 'Put the value in single quotes if it is meant as text'
  return /^\s*[\w-]+\s*$/.test(source) ? `A key ends with a colon: ${source.trim()}:` : null
}

/** The ways a line can be mended, best first: tabs, a missing space after a colon, quotes. */
function mendedLine(places: TextPlaces, offset: number, problem: YamlProblem): Mending | null {
  const place = places.at(offset)
  const { line } = place
  const source = places.lineOf(line)
  const tabs = /^ *\t[ \t]*/.exec(source)?.[0]
  if (tabs !== undefined) {
    const replacement = replacementOf(
      places,
      { line, text: tabs.replaceAll('\t', '  ') + source.slice(tabs.length), sound: true },
      problem,
    )
    const fault = {
      line,
      column: tabs.indexOf('\t') + 1,
      code: 'yaml_tab',
      message: 'a tab cannot indent in YAML',
      hint: 'Indent with spaces',
    }
    if (replacement !== null) return { fault, replacement }
    return { fault, replacement: replacementOf(places, { line, text: '', sound: false }, problem) }
  }
  const colon = /^(?<before>\s*(?:- +)*[\w-]+:)(?<after>[^\s:/].*)$/.exec(source)?.groups
  if (colon !== undefined) {
    const text = `${colon['before']} ${colon['after']}`
    const replacement = replacementOf(places, { line, text, sound: true }, problem)
    const column = (colon['before'] ?? '').length + 1
    const fault = {
      line,
      column,
      code: 'yaml_syntax',
      message: 'a space is missing after the colon',
      hint: `Write ${text.trim()}`,
    }
    if (replacement !== null) return { fault, replacement }
  }
  return quotedMend(places, offset, problem)
}

function quotedMend(places: TextPlaces, offset: number, problem: YamlProblem): Mending | null {
  const { line, column } = places.inText(offset)
  const source = places.lineOf(line)
  let tries = 0
  for (const candidate of quotedLines(source, column - 1)) {
    if (++tries > 60) return null
    const replacement = replacementOf(
      places,
      { line, text: candidate.line, sound: true, upTo: candidate.start + candidate.quoted.length },
      problem,
    )
    if (replacement === null) continue
    const value = source.slice(candidate.start, candidate.end)
    const mended = candidate.line.length > 110 ? candidate.quoted : candidate.line.trim()
    const hint = isOpen(value) ? `Close it, or put it in single quotes: ${mended}` : `Put it in single quotes: ${mended}`
    const place = places.written(line, candidate.start + 1)
    return { fault: { ...place, code: 'yaml_quotes', message: whyQuoted(value, problem), hint }, replacement }
  }
  return null
}

interface Replacing {
  readonly line: number
  readonly text: string
  readonly sound: boolean
  /** Where on the line the mended value ends; the whole line when it is not said. */
  readonly upTo?: number
}

/** Slips that stand for themselves: behind a mended value they are the next fault, not a sign that it was mended wrongly. */
const BY_ITSELF: ReadonlySet<string> = new Set(['UNRESOLVED_ALIAS', 'BAD_SCALAR_START', 'BAD_DQ_ESCAPE', 'TAG_RESOLVE_FAILED'])

/** The text with another line in place, when that leaves nothing wrong up to the end of what was mended. */
function replacementOf(places: TextPlaces, replacing: Replacing, problem: YamlProblem): Mending['replacement'] {
  const { line, text, sound, upTo = text.length } = replacing
  const parsed = parseYaml(places.withLine(line, text))
  const start = places.endOf(line) - places.lineOf(line).length
  const problems = parsed.problems.filter(isSyntax)
  const slip = problems.find(({ code }) => BY_ITSELF.has(code))
  if (slip !== undefined && slip.offset < start + upTo) return null
  const wreck = problems.find(({ code }) => !BY_ITSELF.has(code))
  if (wreck === undefined) return { line, text, parsed, sound }
  // A bracket or quote that this line leaves open stumbles only further down.
  const first = Math.min(wreck.offset, openingBefore(parsed.document, wreck.offset) ?? wreck.offset)
  return first <= start + text.length || wreck.offset < problem.offset ? null : { line, text, parsed, sound }
}

function otherFault(parsed: ParsedYaml, places: TextPlaces, problem: YamlProblem): Omit<Fault, 'file' | 'severity'> {
  const place = places.at(problem.offset)
  if (problem.code === 'DUPLICATE_KEY') {
    const key = /^(?:"[^"]*"|'[^']*'|[^:,\s]+)/.exec(places.text.slice(problem.offset))?.[0] ?? ''
    return {
      ...place,
      code: 'duplicate_key',
      message: `key "${key.replaceAll(/["']/g, '')}" is written twice`,
      hint: 'Keep one of them',
    }
  }
  const second = parsed.document.range[2]
  return {
    ...places.at(Math.max(second, problem.offset)),
    code: 'several_documents',
    message: 'the file holds several YAML documents',
    hint: 'A file is one pipeline: take out the line ---',
  }
}
