import type { ConfigIssue } from './catalog.ts'
import type { Fault } from './fault.ts'
import type { Path, YamlTree } from './yaml-tree.ts'
import { NOT_OFFERED_YET } from './pipeline-file.ts'

export interface FaultWords {
  readonly code: string
  readonly message: string
  readonly hint?: string | null
  readonly severity?: 'error' | 'warning'
  /** Point at the key rather than at its value. */
  readonly atKey?: boolean
}

/** Collects the faults of one pipeline file and knows their places. */
export class FaultList {
  readonly faults: Fault[]
  private readonly tree: YamlTree
  private readonly file: string

  constructor(tree: YamlTree, file: string, found: readonly Fault[]) {
    this.tree = tree
    this.file = file
    this.faults = [...found]
  }

  add(path: Path, words: FaultWords): void {
    const place = words.atKey === true ? this.tree.placeOfKey(path) : this.tree.placeOf(path)
    const { code, message, hint = null, severity = 'error' } = words
    this.faults.push({ code, message, hint, file: this.file, ...place, severity })
  }

  /** What a schema found wrong below `base`; `where` names the part of the file: ` in stage "clean"`. */
  addIssues(base: Path, issues: readonly ConfigIssue[], where: string): void {
    for (const issue of issues) this.addIssue(base, issue, where)
  }

  private addIssue(base: Path, issue: ConfigIssue, where: string): void {
    const path = [...base, ...issue.path]
    const severity = issue.severity ?? 'error'
    if (issue.place !== undefined) {
      this.faults.push({ ...issue.place, code: issue.code, message: issue.message + where, hint: issue.hint, severity })
    } else if (isUnknownKey(issue)) {
      this.addUnknownKey(path, issue, where)
    } else if (this.tree.json(path, 'number') === null && issue.code !== 'missing_key') {
      this.add(path, {
        code: 'null_value',
        message: `${subjectOf(path)} has no value${where}`,
        hint: this.hintForNothing(path),
        severity,
      })
    } else {
      const hint = this.withSource(path, issue.hint)
      this.add(path, { ...issue, message: issue.message + where, hint, atKey: issue.code === 'bad_key' })
    }
  }

  private addUnknownKey(path: Path, issue: ConfigIssue, where: string): void {
    const key = String(path.at(-1))
    const future = NOT_OFFERED_YET.has(key)
    const message = future ? `"${key}" is not offered yet${where}` : issue.message + where
    const code = future ? 'not_offered_yet' : 'unknown_key'
    this.add(path, { code, message, hint: future ? 'It is a word of a later version: take it out' : issue.hint, atKey: true })
  }

  /** Why a key has no value: what stands there is a comment, YAML's null, an anchor, or really nothing. */
  private hintForNothing(path: Path): string {
    const key = String(path.at(-1))
    const source = this.tree.sourceOf(path) ?? ''
    const comment = this.tree.commentAfter(path)
    if (source !== '')
      return `${source} means no value in YAML; if the text is meant, put it in single quotes: ${quotedAs(path, source)}`
    if (comment !== null) return `A # begins a comment; if it is meant as text, put it in single quotes: ${key}: '${comment}'`
    const anchor = new RegExp(`${escaped(key)}: +(&\\S*)`).exec(this.tree.lineAt(this.tree.placeOfKey(path).line))?.[1]
    if (anchor !== undefined)
      return `${anchor} is an anchor in YAML; if it is meant as text, put it in single quotes: ${key}: '${anchor}'`
    return 'Give it a value, or take the key out'
  }

  private withSource(path: Path, hint: string | null): string | null {
    const source = this.tree.sourceOf(path)
    return hint === 'Put it in single quotes' && source !== undefined ? `${hint}: ${quotedAs(path, source)}` : hint
  }
}

/** `"min"`, `null_tokens[1]`: by the end of a path. */
const subjectOf = (path: Path): string => {
  const last = path.at(-1)
  return typeof last === 'number' ? `${path.findLast((step) => typeof step === 'string') ?? 'item'}[${last}]` : `"${last}"`
}

const quotedAs = (path: Path, source: string): string => {
  const key = path.at(-1)
  return typeof key === 'string' ? `${key}: '${source}'` : `'${source}'`
}

const isUnknownKey = (issue: ConfigIssue): boolean => issue.code === 'unknown_key'

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
