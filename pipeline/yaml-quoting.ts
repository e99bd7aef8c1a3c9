/** A line with one value put in single quotes, and the value's place in it (from 0) as it was written. */
export interface QuotedLine {
  readonly line: string
  readonly start: number
  readonly end: number
  /** The value with its quotes. */
  readonly quoted: string
}

/**
 * Ways to put one value of a line in single quotes so that what stumbled at `column` (from 0) becomes text: values that
 * begin nearest before the column first, the shortest first. Whoever tries them keeps the first that parses.
 */
export function* quotedLines(line: string, column: number): Generator<QuotedLine> {
  const starts = valueStarts(line).filter((start) => start <= column)
  for (const start of starts.reverse()) {
    for (const end of valueEnds(line, start)) {
      const value = line.slice(start, end)
      if (!/[^\w ./]/.test(value)) continue
      const quoted = inSingleQuotes(value)
      if (quoted !== value) yield { line: line.slice(0, start) + quoted + line.slice(end), start, end, quoted }
    }
  }
}

/** The value as YAML text in single quotes. What stood in quotes before keeps its meaning. */
function inSingleQuotes(value: string): string {
  const double = /^"(?<inner>.*)"$/.exec(value)?.groups?.['inner']
  if (double !== undefined) return `'${double.replaceAll(/\\(["\\/])/g, '$1').replaceAll("'", "''")}'`
  const single = /^'(?<inner>.*)'$/.exec(value)?.groups?.['inner'] ?? unclosed(value)
  return `'${(single ?? value).replaceAll("'", "''")}'`
}

/** What follows a quote that opens and is never closed; undefined for other values. */
function unclosed(value: string): string | undefined {
  const [first, rest] = [value.slice(0, 1), value.slice(1)]
  return /["']/.test(first) && !rest.includes(first) ? rest : undefined
}

/** Every place where a value may begin: after `key: `, after `- `, and after `[`, `{` or `, ` of a flow collection. */
function valueStarts(line: string): number[] {
  const starts = new Set<number>()
  for (const found of line.matchAll(/(?:^\s*(?:- +)+)|:\s+|[[{]\s*|,\s*/g)) starts.add(found.index + found[0].length)
  for (const found of line.matchAll(/[[{]/g)) starts.add(found.index)
  return [...starts].sort((a, b) => a - b).filter((start) => start < line.length)
}

/** Every place where a value that begins at `start` may end: at a comma or a closing bracket, before a comment, at the end. */
function valueEnds(line: string, start: number): number[] {
  const first = line[start]
  if (first === '"' || first === "'") {
    const closing = closingQuote(line, start)
    if (closing !== null) return [closing + 1, ...bareEnds(line, start)]
  }
  return bareEnds(line, start)
}

function bareEnds(line: string, start: number): number[] {
  const end = line.trimEnd().length
  const comment = /\s+#/.exec(line.slice(start))
  const inner = inFlow(line, start)
    ? [...line.slice(start).matchAll(/\s*(?:,(?=\s|$)|[\]}])/g)].map((found) => start + found.index)
    : []
  const outer = comment === null ? [end] : [start + comment.index, end]
  return [...new Set([...inner, ...outer])].sort((a, b) => a - b)
}

/** Whether a bracket stands open before the place; near enough for one line. */
function inFlow(line: string, place: number): boolean {
  return /[[{]/.test(line.slice(0, place))
}

function closingQuote(line: string, start: number): number | null {
  const quote = line[start]
  for (let index = start + 1; index < line.length; index++) {
    if (quote === '"' && line[index] === '\\') index++
    else if (line[index] === quote) return index
  }
  return null
}
