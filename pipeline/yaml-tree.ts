import { type Alias, type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml'
import type { JsonValue } from './json.ts'
import type { Place, TextPlaces } from './text-places.ts'

export type Path = readonly (string | number)[]

/** How numbers come out: as numbers, or as their source text where that is not the number's one canonical form. */
export type NumberForm = 'number' | 'source'

/** Aliases may make a small text huge: more nodes than this are none that a person wrote. */
const MOST_NODES = 200_000

/** A parsed YAML document as JSON values, with the place of each. Aliases and `<<` are followed. */
export class YamlTree {
  private readonly document: Document.Parsed
  private readonly places: TextPlaces
  private readonly targets = new Map<Alias, Node | null>()

  constructor(document: Document.Parsed, places: TextPlaces) {
    this.document = document
    this.places = places
  }

  /**
   * The value at a path; undefined when there is none. Keys for which `isFree` holds are left out.
   * Throws a RangeError when aliases go in circles or repeat beyond reason.
   */
  json(path: Path, form: NumberForm, isFree: (path: Path) => boolean = () => false): JsonValue | undefined {
    const node = this.nodeAt(path)
    if (node === undefined) return undefined
    let count = 0
    const convert = (node: Node | null, path: Path): JsonValue => {
      if (++count > MOST_NODES || path.length > 100) throw new RangeError('aliases repeat without end')
      const value = this.resolved(node)
      if (isScalar(value)) return scalarOf(value, form)
      if (isSeq(value)) return value.items.map((item, index) => convert(item as Node | null, [...path, index]))
      if (!isMap(value)) return null
      const entries = this.entries(value).filter(([key]) => !isFree([...path, key]))
      return Object.fromEntries(entries.map(([key, item]) => [key, convert(item.value, [...path, key])]))
    }
    return convert(node, path)
  }

  /** Where the value at the path stands or, where there is none, the nearest that is above it. */
  placeOf(path: Path): Place {
    const pair = this.pairAt(path)
    const value = pair?.value
    const isEmpty = pair !== undefined && (value === null || (isScalar(value) && value.value === null && !value.source))
    const node = isEmpty ? pair.key : this.nodeAt(path)
    if (node?.range) return this.places.at(node.range[0])
    return path.length === 0 ? { line: 1, column: 1 } : this.placeOf(path.slice(0, -1))
  }

  /** Where the key at the end of the path stands. */
  placeOfKey(path: Path): Place {
    const key = this.pairAt(path)?.key
    return key?.range ? this.places.at(key.range[0]) : this.placeOf(path)
  }

  /** The source text of a scalar as written; undefined for anything else. */
  sourceOf(path: Path): string | undefined {
    const node = this.nodeAt(path)
    const value = node === undefined ? undefined : this.resolved(node)
    return isScalar(value) ? (value.source ?? '') : undefined
  }

  /** What follows the place of an empty value on its line, as in `header: #`; null when nothing does. */
  commentAfter(path: Path): string | null {
    const { line } = this.placeOfKey(path)
    return /:\s+(?<comment>#.*)$/.exec(this.places.lineOf(line))?.groups?.['comment'] ?? null
  }

  /** The line of a place as it is read. */
  lineAt(line: number): string {
    return this.places.lineOf(line)
  }

  /** Paths of keys that are no text: `[a, b]: c`. */
  strangeKeys(): Place[] {
    const found: Place[] = []
    const walk = (node: unknown, depth: number): void => {
      if (depth > 100) return
      if (isSeq(node)) node.items.forEach((item) => walk(item, depth + 1))
      if (!isMap(node)) return
      for (const pair of node.items) {
        const key = pair.key as Node | null
        if (!isScalar(key) && !isAlias(key)) found.push(this.places.at(key?.range?.[0] ?? node.range?.[0] ?? 0))
        walk(pair.value, depth + 1)
      }
    }
    walk(this.document.contents, 0)
    return found
  }

  private nodeAt(path: Path): Node | null | undefined {
    if (path.length === 0) return this.document.contents
    const last = path.at(-1)
    if (typeof last === 'string') return this.pairAt(path)?.value
    const list = this.containerAt(path)
    return isSeq(list) ? (list.items[last as number] as Node | null | undefined) : undefined
  }

  private pairAt(path: Path): Entry | undefined {
    const key = path.at(-1)
    const map = path.length === 0 ? undefined : this.containerAt(path)
    return isMap(map) ? this.entries(map).find(([name]) => name === key)?.[1] : undefined
  }

  private containerAt(path: Path): Node | null {
    const node = this.nodeAt(path.slice(0, -1))
    return node === undefined ? null : this.resolved(node)
  }

  private resolved(node: Node | null): Node | null {
    let current = node
    for (let steps = 0; isAlias(current); steps++) {
      if (steps > 100) throw new RangeError('aliases repeat without end')
      current = this.targetOf(current)
    }
    return current
  }

  /** Remembered: the library searches the whole document each time. */
  private targetOf(alias: Alias): Node | null {
    const known = this.targets.get(alias)
    if (known !== undefined) return known
    const target = (alias.resolve(this.document) as Node | undefined) ?? null
    this.targets.set(alias, target)
    return target
  }

  /** Keys and values, those merged by `<<` after the map's own and never in their place. */
  private entries(map: { items: unknown[] }, depth = 0): [string, Entry][] {
    if (depth > 100) throw new RangeError('aliases repeat without end')
    const entries = new Map<string, Entry>()
    const merged: [string, Entry][] = []
    for (const pair of map.items.filter((item) => isPair(item)) as Pair<Node, Node | null>[]) {
      const key = this.resolved(pair.key)
      if (!isScalar(key)) continue
      const name = key.source ?? String(key.value)
      if (name === '<<' && key.type === 'PLAIN') merged.push(...this.mergedEntries(pair.value, depth))
      else entries.set(name, { key, value: pair.value })
    }
    for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry)
    return [...entries]
  }

  private mergedEntries(node: Node | null, depth: number): [string, Entry][] {
    const value = this.resolved(node)
    if (isMap(value)) return this.entries(value, depth + 1)
    return isSeq(value) ? value.items.flatMap((item) => this.mergedEntries(item as Node | null, depth + 1)) : []
  }
}

interface Entry {
  readonly key: Node
  readonly value: Node | null
}

function scalarOf(scalar: Scalar, form: NumberForm): JsonValue {
  const { value, source } = scalar
  if (typeof value === 'number') {
    if (form === 'number' && Number.isFinite(value)) return value
    return source === undefined || isCanonicalNumber(source) ? value : source
  }
  if (value === null || typeof value === 'boolean') return value
  return typeof value === 'string' ? value : (source ?? '')
}

/** Whether the text is what the number itself prints as, so that nothing is lost by taking it as a number. */
export function isCanonicalNumber(text: string): boolean {
  const value = Number(text)
  return String(value) === text && Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
}
