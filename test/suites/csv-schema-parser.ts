import { NotOffered } from './suite-cases.ts'

/** A rule of a column in the CSV Schema language of the UK's National Archives. */
export type Expression =
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Argument[]; readonly of: string | null }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: readonly Expression[] }

interface Branch {
  readonly when: Expression
  readonly must: readonly Expression[]
}

/** `"text"`, `$column`, a bare word such as a date or `*`, or a call. */
export type Argument =
  | { readonly kind: 'text' | 'column' | 'word'; readonly value: string }
  | { readonly kind: 'call'; readonly call: Expression }

export interface SchemaColumn {
  readonly name: string
  readonly rules: readonly Expression[]
  /** `optional`, `ignoreCase`, `warning`, … */
  readonly directives: readonly string[]
}

export interface CsvSchema {
  readonly directives: ReadonlyMap<string, string>
  readonly columns: readonly SchemaColumn[]
}

/** Throws NotOffered where it is more than this parser knows. */
export function parseCsvSchema(text: string): CsvSchema {
  const lines = text
    .replaceAll(/\/\*.*?\*\//gs, '')
    .split(/\r?\n/)
    .map((line) => line.replace(/(?:^|\s)\/\/.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('version '))
  const directives = new Map<string, string>()
  for (const line of lines.filter((one) => one.startsWith('@')))
    for (const { groups } of line.matchAll(/@(?<name>\w+)(?:\s+(?<value>'[^']*'|"[^"]*"|[^@\s]+))?/g))
      directives.set(groups?.['name'] ?? '', groups?.['value'] ?? '')
  const columns: string[] = []
  for (const line of lines.filter((one) => !one.startsWith('@'))) {
    // A rule may go on in the next line.
    if (/^(?:"[^"]+"|[\w .-]+):/.test(line)) columns.push(line)
    else columns.push(`${columns.pop() ?? ''} ${line}`)
  }
  return { directives, columns: columns.map(columnOf) }
}

function columnOf(line: string): SchemaColumn {
  const { name = '', rest = '' } = /^(?<name>"[^"]+"|[\w .-]+):(?<rest>.*)$/.exec(line)?.groups ?? {}
  const directives = [...rest.matchAll(/@(\w+)/g)].map(([, directive = '']) => directive)
  const parser = new Parser(rest.replaceAll(/@\w+(?:\([^)]*\))?/g, ''))
  return { name: name.replaceAll('"', ''), rules: parser.all(), directives }
}

const TOKEN =
  /\s*(?:(?<text>"(?:[^"\\]|\\.)*")|\$(?<column>"[^"]+"|[\w-]+)|(?<mark>[(),/])|(?<word>[^\s(),/"$]+(?:\/[^\s(),/"$]+)*))/y

interface Token {
  readonly kind: 'text' | 'column' | 'mark' | 'word'
  readonly value: string
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(text: string) {
    const tokens: Token[] = []
    TOKEN.lastIndex = 0
    for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
      const [kind, value] = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined) ?? ['mark', '']
      tokens.push({ kind: kind as Token['kind'], value: value ?? '' })
    }
    this.#tokens = tokens
  }

  /** Rules side by side: all must hold. */
  all(): readonly Expression[] {
    const rules: Expression[] = []
    while (this.#at < this.#tokens.length && !this.#is(')') && !this.#is(',')) {
      if (this.#word('and')) continue
      rules.push(this.#either())
    }
    return rules
  }

  #either(): Expression {
    const parts = [this.#one()]
    while (this.#word('or')) parts.push(this.#one())
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'or', parts }
  }

  #one(): Expression {
    if (this.#mark('(')) {
      const parts = this.all()
      this.#mark(')')
      return parts.length === 1 ? (parts[0] as Expression) : { kind: 'and', parts }
    }
    const token = this.#next()
    if (token?.kind === 'column') {
      if (!this.#mark('/')) throw new NotOffered(`the column ${token.value} as a rule`)
      const call = this.#one()
      return call.kind === 'call' ? { ...call, of: token.value.replaceAll('"', '') } : call
    }
    if (token?.kind !== 'word') throw new NotOffered(`"${token?.value ?? ''}" in a rule`)
    if (token.value === 'if' || token.value === 'switch') return this.#branches(token.value)
    return { kind: 'call', name: token.value, args: this.#mark('(') ? this.#arguments() : [], of: null }
  }

  #arguments(): readonly Argument[] {
    const args: Argument[] = []
    while (!this.#mark(')')) {
      if (this.#mark(',')) continue
      const token = this.#next()
      if (token === undefined) break
      if (token.kind === 'word' && this.#is('(')) {
        this.#at -= 1
        args.push({ kind: 'call', call: this.#one() })
      } else {
        const value =
          token.kind === 'text' ? token.value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : token.value.replaceAll('"', '')
        args.push({ kind: token.kind === 'mark' ? 'word' : token.kind, value })
      }
    }
    return args
  }

  /** `if(when, then, otherwise)`; `switch((when, then), …, otherwise)`. */
  #branches(name: 'if' | 'switch'): Expression {
    this.#mark('(')
    const branches: Branch[] = []
    let otherwise: readonly Expression[] = []
    if (name === 'if') {
      branches.push(this.#branch())
      if (this.#mark(',')) otherwise = this.all()
    } else {
      while (this.#mark('(')) {
        branches.push(this.#branch())
        this.#mark(')')
        this.#mark(',')
      }
      if (!this.#is(')')) otherwise = this.all()
    }
    this.#mark(')')
    return { kind: 'if', branches, otherwise }
  }

  #branch(): Branch {
    const when = this.all()
    this.#mark(',')
    return { when: when.length === 1 ? (when[0] as Expression) : { kind: 'and', parts: when }, must: this.all() }
  }

  #next(): Token | undefined {
    this.#at += 1
    return this.#tokens[this.#at - 1]
  }

  #is(mark: string): boolean {
    const token = this.#tokens[this.#at]
    return token?.kind === 'mark' && token.value === mark
  }

  #mark(mark: string): boolean {
    if (!this.#is(mark)) return false
    this.#at += 1
    return true
  }

  #word(word: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'word' || token.value !== word) return false
    this.#at += 1
    return true
  }
}
