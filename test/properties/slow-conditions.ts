import type { CaseCondition } from './rule-cases.ts'

/** A slow reading of the rule language, row by row, to hold the SQL against. It shares no code with it. */

/** TRUE, FALSE, or null where a check says nothing. */
export type Truth = boolean | null

export interface CaseRow {
  readonly cells: Readonly<Record<string, string | null>>
  /** Columns that were checked for numbers. */
  readonly typed: boolean
}

const NUMERIC = new Set(['n', 'm'])
const isTyped = (row: CaseRow, column: string): boolean => row.typed && NUMERIC.has(column)

/** What a condition takes from the one around it. */
type Around = Pick<CaseCondition, 'column' | 'columns' | 'as' | 'match' | 'nulls'>

export function holds(condition: CaseCondition, row: CaseRow, around: Around = {}): Truth {
  const own = condition.column !== undefined || condition.columns !== undefined
  const here: Around = {
    ...around,
    ...pick(condition, ['as', 'match', 'nulls']),
    ...(own ? { ...NO_COLUMNS, ...pick(condition, ['column', 'columns']) } : {}),
  }
  if (condition.when !== undefined && holds(condition.when, row, without(here, 'nulls')) !== true) return null
  const named = [...(here.column === undefined ? [] : [here.column]), ...(here.columns ?? [])]
  const checks = Object.entries(condition).filter(([name]) => !FRAME.has(name))
  return and([
    ...checks.flatMap(([name, operand]) => named.map((column) => checkHolds(name, operand, { row, column, look: here }))),
    ...(condition.all ?? []).map((child) => holds(child, row, here)),
    ...(condition.any === undefined ? [] : [or(condition.any.map((child) => holds(child, row, here)))]),
    ...(condition.not === undefined ? [] : [not(holds(condition.not, row, here))]),
  ])
}

const FRAME = new Set(['id', 'action', 'column', 'columns', 'as', 'match', 'nulls', 'when', 'all', 'any', 'not', 'unique'])
const NO_COLUMNS = { column: undefined, columns: undefined } as unknown as Around
const pick = (from: CaseCondition, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)))
const without = (from: Around, name: string): Around => Object.fromEntries(Object.entries(from).filter(([key]) => key !== name))

const and = (parts: readonly Truth[]): Truth => (parts.includes(false) ? false : parts.includes(null) ? null : true)
const or = (parts: readonly Truth[]): Truth => (parts.includes(true) ? true : parts.includes(null) ? null : false)
const not = (part: Truth): Truth => (part === null ? null : !part)

interface Subject {
  readonly row: CaseRow
  readonly column: string
  readonly look: Around
}

function checkHolds(name: string, operand: unknown, subject: Subject): Truth {
  const text = lookedAt(subject.row.cells[subject.column] ?? null, subject.look.as)
  if (name === 'required') return text !== null
  const positive = name.replace(/^not_/, '')
  const outcome =
    text === null && !LIMITS.has(positive) ? null : positiveHolds(positive, operand, { ...subject, text: text ?? '' })
  const result = name === positive ? outcome : not(outcome)
  return subject.look.nulls === 'fail' ? result === true : result
}

interface TextSubject extends Subject {
  readonly text: string
}

const LIMITS = new Set(['min', 'max', 'above', 'below'])

function positiveHolds(name: string, operand: unknown, subject: TextSubject): Truth {
  const { text, look } = subject
  switch (name) {
    case 'equals':
      return among([operand], subject)
    case 'in':
      return among(operand as readonly unknown[], subject)
    case 'matches':
      return new RegExp(operand as string, 'u').test(text)
    case 'contains':
      return contains(operand as readonly string[] | ContainsOptions, subject)
    case 'contains_all':
      return entries(operand as readonly string[], look).every((word) => occurs(word, text, look))
    case 'starts_with':
      return entries(operand as readonly string[], look).some((word) => text.startsWith(word))
    case 'ends_with':
      return entries(operand as readonly string[], look).some((word) => text.endsWith(word))
    default:
      return LIMITS.has(name) ? limited(name, operand, subject) : measured(name, operand as MeasureOptions, text)
  }
}

function lookedAt(cell: string | null, as: CaseCondition['as'] = []): string | null {
  const text = cell === null ? null : as.reduce((inner, step) => clean(step, inner), cell)
  return text === '' ? null : text
}

function clean(step: string, text: string): string {
  if (step === 'lower') return text.toLowerCase()
  if (step === 'upper') return text.toUpperCase()
  if (step === 'trim') return text.replaceAll(/^\p{White_Space}+|\p{White_Space}+$/gu, '')
  return text.replaceAll(/\p{White_Space}+/gu, ' ')
}

/** Numbers of typed columns are compared by value, all else by its text. */
function among(operands: readonly unknown[], { row, column, text, look }: TextSubject): Truth {
  if (isTyped(row, column)) return operands.some((operand) => Number(operand) === numberOf(row, column))
  return operands.some((operand) => (look.as ?? []).reduce((inner, step) => clean(step, inner), String(operand)) === text)
}

function numberOf(row: CaseRow, column: string): number | null {
  const cell = row.cells[column] ?? null
  return cell !== null && /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(cell) ? Number(cell) : null
}

interface OtherColumn {
  readonly column: string
  readonly times?: number
  readonly plus?: number
}

function limited(name: string, operand: unknown, { row, column }: TextSubject): Truth {
  if ((row.cells[column] ?? null) === null) return null
  const value = numberOf(row, column)
  if (value === null) return false
  if (typeof operand === 'number') return within(name, value, operand)
  const { column: other, times = 1, plus = 0 } = operand as OtherColumn
  const right = numberOf(row, other)
  return right === null ? null : within(name, value, right * times + plus)
}

function within(name: string, value: number, bound: number): boolean {
  if (name === 'min') return value >= bound
  if (name === 'max') return value <= bound
  if (name === 'above') return value > bound
  return name === 'below' ? value < bound : value === bound
}

/** What is looked for inside of a text keeps its blanks. */
const entries = (words: readonly string[], look: Around): readonly string[] => [
  ...new Set(
    words.map((word) => (look.as ?? []).filter((step) => step !== 'trim').reduce((inner, step) => clean(step, inner), word)),
  ),
]

const isWord = (character: string | undefined): boolean => character !== undefined && /^[\p{L}\p{M}\p{N}_]$/u.test(character)

function occurs(word: string, text: string, look: Around): boolean {
  if (look.match === 'substring') return text.includes(word)
  const [characters, wanted] = [Array.from(text), Array.from(word)]
  return characters.some((_, at) => {
    if (!wanted.every((character, index) => characters[at + index] === character)) return false
    const goesOn = (inside: string | undefined, outside: string | undefined): boolean => isWord(inside) && isWord(outside)
    return !goesOn(wanted[0], characters[at - 1]) && !goesOn(wanted.at(-1), characters[at + wanted.length])
  })
}

interface ContainsOptions {
  readonly words: readonly string[]
  readonly at_least?: number
  readonly except_in?: string
}

function contains(operand: readonly string[] | ContainsOptions, { text, row, look }: TextSubject): boolean {
  const options = 'words' in operand ? operand : { words: operand }
  const except = options.except_in === undefined ? null : lookedAt(row.cells[options.except_in] ?? null, look.as)
  const found = entries(options.words, look).filter(
    (word) => occurs(word, text, look) && !(except !== null && occurs(word, except, look)),
  )
  return found.length >= (options.at_least ?? 1)
}

interface MeasureOptions {
  readonly in?: 'characters' | 'words' | 'bytes'
  readonly of?: string | { readonly matches: string }
  readonly [limit: string]: unknown
}

const UNITS: Readonly<Record<string, RegExp>> = { words: /[\p{L}\p{M}\p{N}_]+/gu, letters: /\p{L}/gu, digits: /\p{Nd}/gu }

function measured(name: string, options: MeasureOptions, text: string): Truth {
  const { in: unit = 'characters', of = 'words', ...limits } = options
  const [limit, bound] = Object.entries(limits)[0] ?? ['', 0]
  const right = typeof bound === 'string' ? Number.parseFloat(bound) / 100 : Number(bound)
  const left = measure(
    name,
    {
      unit,
      pattern: typeof of === 'string' ? (UNITS[of] ?? /$/g) : new RegExp(of.matches, 'gu'),
      asShare: typeof bound === 'string',
    },
    text,
  )
  return left === null ? null : within(limit, left, right)
}

function measure(
  name: string,
  how: { readonly unit: string; readonly pattern: RegExp; readonly asShare: boolean },
  text: string,
): number | null {
  const size = (part: string): number => Array.from(part).length
  const units = text.match(how.pattern) ?? []
  const inUnits = units.reduce((sum, part) => sum + size(part), 0)
  if (name === 'count') return units.length
  if (name === 'share') return inUnits / size(text)
  if (name === 'average_length') return units.length === 0 ? null : inUnits / units.length
  if (name === 'repeats') {
    const most = Math.max(0, ...units.map((one) => units.filter((other) => other === one).length))
    return how.asShare ? (units.length === 0 ? 0 : most / units.length) : most
  }
  if (how.unit === 'bytes') return Buffer.byteLength(text)
  return how.unit === 'words' ? (text.match(UNITS['words'] ?? /$/g)?.length ?? 0) : size(text)
}
