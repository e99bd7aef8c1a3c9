import { type Document, type ErrorCode, isCollection, isScalar, parseDocument, visit } from 'yaml'

/** One thing that the YAML parser stumbled over; `offset` is into the text that was parsed. */
export interface YamlProblem {
  readonly code: ErrorCode | 'UNRESOLVED_ALIAS'
  readonly offset: number
  readonly message: string
}

export interface ParsedYaml {
  readonly document: Document.Parsed
  /** In the order of the text. */
  readonly problems: readonly YamlProblem[]
}

/** Parses YAML 1.2 and names everything that is wrong with it, aliases that lead nowhere included. */
export function parseYaml(text: string): ParsedYaml {
  const document = parseDocument(text, { prettyErrors: false, keepSourceTokens: false, strict: true })
  const problems: YamlProblem[] = [...document.errors, ...document.warnings].map((error) => ({
    code: error.code,
    offset: error.pos[0],
    message: error.message,
  }))
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return
      problems.push({ code: 'UNRESOLVED_ALIAS', offset: alias.range?.[0] ?? 0, message: `unresolved alias ${alias.source}` })
    },
  })
  return { document, problems: problems.sort((a, b) => a.offset - b.offset) }
}

/**
 * Where the innermost list, mapping or quoted text begins that is still open at `offset`: an unclosed one is noticed only
 * lines later. Null when nothing is open there.
 */
export function openingBefore(document: Document.Parsed, offset: number): number | null {
  let opening: number | null = null
  visit(document, {
    Node(_, node) {
      const range = node.range
      if (!range || range[0] >= offset || range[2] < offset - 1) return
      const open = isCollection(node) ? node.flow === true : isScalar(node) && String(node.type).startsWith('QUOTE')
      if (open && (opening === null || range[0] > opening)) opening = range[0]
    },
  })
  return opening
}
