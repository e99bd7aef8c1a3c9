import { anchor, code, fragment, table } from './markdown.js'

/** A text that may be written as a number or a switch. */
const TEXTS = /^text(?:, number| or number)(?:,| or)?(?: `true` `false`)?$/
const LIMITS = ['min', 'max', 'above', 'below', 'equals']

/**
 * Tables for the keys of a JSON Schema: one for those at the top, and a section for each mapping below. Where a mapping has
 * all the keys of `shared`, they are left to the page that has them, and the table ends with a link.
 */
export function keyTables(schema, { shared = null, topTitle = null } = {}) {
  return new Tables(schema, shared).lines(topTitle)
}

class Tables {
  #root
  #shared
  #sections = []
  #values = new Map()

  constructor(schema, shared) {
    this.#root = schema
    this.#shared = shared
  }

  lines(topTitle) {
    this.#section(topTitle, this.#mapping(this.#root))
    const lines = []
    // Sections are found while those before them are written.
    for (let index = 0; index < this.#sections.length; index += 1) {
      const { title, mapping } = this.#sections[index]
      if (title !== null) lines.push('', `## ${title.includes(' ') ? title : code(title)}`, '')
      lines.push(...this.#table(title ?? '', mapping))
    }
    return [...lines, ...this.#valueLines()]
  }

  /** The section of a mapping: one for each set of keys with the same meaning, wherever it stands. */
  #section(title, mapping) {
    const signature = JSON.stringify([mapping.title ?? null, mapping.properties])
    const known = this.#sections.find((section) => section.signature === signature)
    if (known !== undefined) return known.title
    this.#sections.push({ title, mapping, signature })
    return title
  }

  #table(path, mapping) {
    let keys = Object.entries(mapping.properties).filter(([, value]) => !this.#isRefused(value))
    const hasShared = this.#shared !== null && this.#shared.keys.every((key) => key in mapping.properties)
    if (hasShared) keys = keys.filter(([key]) => !this.#shared.keys.includes(key))
    const hasLimits = LIMITS.every((limit) => keys.some(([key]) => key === limit)) && keys.length <= LIMITS.length + 3
    const rows = keys
      .filter(([key]) => !hasLimits || !LIMITS.includes(key))
      .map(([key, value]) => this.#row(path, key, value, mapping.required))
    if (hasLimits) {
      const type = this.#typeOf(mapping.properties.min, path)
      rows.push([
        LIMITS.map(code).join(' '),
        type,
        '**one of them**',
        '`min` and `max` include the bound; `above` and `below` do not; `equals` is exactly that',
      ])
    }
    if (hasShared) rows.push([this.#shared.words, '', '', this.#shared.link])
    return table(['key', 'value', 'default', ''], rows)
  }

  #row(path, key, value, required) {
    const node = this.#open(value)
    const { text, preset } = splitDefault(value.description ?? node.description ?? '')
    const shown = required.includes(key) ? '**needed**' : (preset ?? presetOf(node))
    return [code(key), this.#typeOf(value, path === '' ? key : `${path}.${key}`), shown, text]
  }

  /** What a value is, in words. */
  #typeOf(value, path) {
    const node = this.#open(value)
    if (node.title !== undefined && node.examples !== undefined) return this.#titled(node)
    if (node.enum !== undefined) return node.enum.map((word) => code(String(word))).join(' ')
    if (node.const !== undefined) return code(String(node.const))
    const choices = node.anyOf ?? node.oneOf
    if (choices !== undefined) return this.#choices(choices, path)
    if (Array.isArray(node.type)) return node.type.map(plainType).join(', ')
    if (node.type === 'array') return `list of ${plural(this.#typeOf(node.items ?? {}, `${path}[]`).replace(TEXTS, 'text'))}`
    if (node.type === 'object') return this.#objectType(node, path)
    return plainType(node.type)
  }

  /** A kind of value with a name: what it looks like is told once, at the end of the page. */
  #titled(node) {
    this.#values.set(node.title, node.examples)
    const inner = this.#mapping(node)
    if (inner !== null) this.#section(`${node.title}, as a mapping`, inner)
    return `[${node.title}](#values)`
  }

  #choices(choices, path) {
    const simple = choices.filter((choice) => this.#mapping(choice) === null)
    const words = [...new Set(simple.map((choice) => this.#typeOf(choice, path)))]
    const inner = this.#mapping({ anyOf: choices })
    if (inner === null) return words.join(' or ')
    return [...words, this.#link(this.#section(path, inner))].join(' or ')
  }

  #objectType(node, path) {
    const inner = this.#mapping(node)
    if (inner !== null) return this.#link(this.#section(node.title ?? path, inner))
    const named = node.additionalProperties
    if (typeof named !== 'object' || Object.keys(named).length === 0) return 'mapping'
    return `mapping of names to ${plural(this.#typeOf(named, `${path}.NAME`).replace(TEXTS, 'text'))}`
  }

  #link(title) {
    return `[mapping](#${anchor(title)})`
  }

  /** The keys of a mapping; of several forms of one, all of theirs. Null: it has no fixed keys. */
  #mapping(value) {
    const node = this.#open(value)
    const forms = (node.anyOf ?? node.oneOf ?? [node]).map((form) => this.#open(form))
    const nested = forms.flatMap((form) => (form.anyOf === undefined ? [form] : form.anyOf.map((inner) => this.#open(inner))))
    const mappings = nested.filter((form) => form.properties !== undefined)
    if (mappings.length === 0) return null
    const properties = Object.assign({}, ...mappings.map((form) => form.properties))
    const required = Object.keys(properties).filter((key) => mappings.every((form) => form.required?.includes(key)))
    const title = node.examples === undefined ? node.title : undefined
    return { properties, required, ...(title === undefined ? {} : { title }) }
  }

  #isRefused(value) {
    const node = this.#open(value)
    return node.deprecated === true || node.not !== undefined
  }

  /** The node a reference points at, with the words that stand beside the reference. */
  #open(node) {
    if (node?.$ref === undefined) return node ?? {}
    const { $ref, ...beside } = node
    const path = $ref.replace(/^#\/?/, '').split('/').filter(Boolean)
    const target = path.reduce((at, key) => at?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], this.#root)
    return { ...this.#open(target), ...beside }
  }

  #valueLines() {
    if (this.#values.size === 0) return []
    const rows = [...this.#values].map(([title, examples]) => [title, examples.map((example) => code(flow(example))).join(' · ')])
    return ['', '## Values', '', 'How they are written, by example:', '', ...table(['value', 'such as'], rows)]
  }
}

/** `Wait before the second attempt. Default: 1s.` as its two parts. */
function splitDefault(description) {
  const found = /^(.*?)[.;,(]?\s*default: (.*?)\)?\.?$/is.exec(description)
  if (found === null) return { text: fragment(description), preset: null }
  const preset = found[2]
  return { text: fragment(found[1]), preset: /^\S+$/.test(preset) ? code(preset) : preset }
}

function presetOf({ default: preset }) {
  if (preset === undefined || JSON.stringify(preset) === '{}' || JSON.stringify(preset) === '[]') return ''
  return code(typeof preset === 'string' ? preset : JSON.stringify(preset))
}

function plainType(type) {
  return { string: 'text', integer: 'whole number', boolean: '`true` `false`' }[type] ?? type ?? 'anything'
}

const plural = (words) => words.replace(/^(text|number|mapping|whole number)$/, '$1s').replace('[mapping]', '[mappings]')

/** A value in one line of YAML. */
function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => `${key}: ${flow(item)}`)
    return `{${entries.join(', ')}}`
  }
  return typeof value === 'string' && /^[[\]{}#&*!|>'"%@^]|: /.test(value) ? `'${value}'` : String(value)
}
