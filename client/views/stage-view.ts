import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import type { View } from '../command.ts'
import type { DescribedStage } from '../commands/stage-show.ts'
import type { Page } from './page.ts'
import { wrap } from './text-width.ts'

const MOST_CHOICES = 12

/** A stage for people: what it does, and the keys of its config with their meaning and default. */
export function stageView(stage: DescribedStage): View {
  return (page) => {
    const { colours } = page
    const also = stage.aliases.length === 0 ? '' : colours.dim(`  also ${stage.aliases.join(', ')}`)
    const head = [
      `${colours.bold(stage.module)}${also}`,
      ...(stage.summary === null ? [] : wrap(stage.summary, Math.min(page.width, 100))),
    ]
    const facts = [
      ...(stage.rows === null ? [] : [`rows: ${promise(stage.rows)}`]),
      ...(stage.inputs.length === 0 ? [] : [`inputs: ${stage.inputs.join(', ')}`]),
      ...(stage.outputs.length === 0 ? [] : [`outputs besides output: ${stage.outputs.join(', ')}`]),
    ]
    const config = stage.config === null ? [colours.dim('Any config is given to it as it is.')] : configLines(stage.config, page)
    return [head, facts, config]
      .filter((block) => block.length > 0)
      .map((block) => block.join('\n'))
      .join('\n\n')
  }
}

function promise(rows: string): string {
  if (rows === 'one-to-one') return 'one out for every one in'
  return rows === 'filter' ? 'every one comes out or is accounted for as left out' : 'no balance is kept'
}

function configLines(schema: JsonObject, page: Page): string[] {
  const properties = (schema['properties'] ?? {}) as { readonly [key: string]: JsonObject }
  const required = new Set((schema['required'] ?? []) as readonly string[])
  // Keys that a schema names only to refuse them with a word of its own.
  const keys = Object.entries(properties).filter(([, property]) => property['not'] === undefined)
  if (keys.length === 0) return [page.colours.dim('It has no config.')]
  const widest = Math.max(...keys.map(([key]) => key.length))
  return [
    page.colours.dim('config'),
    ...keys.flatMap(([key, property]) => {
      const facts = [typeOf(property, schema), required.has(key) ? 'required' : defaultOf(property)].filter((fact) => fact !== '')
      const description = property['description']
      const text = [
        ...(typeof description === 'string' ? [description] : []),
        ...(facts.length === 0 ? [] : [`(${facts.join('; ')})`]),
      ]
      const [first = '', ...rest] = wrap(text.join(' '), Math.max(30, Math.min(page.width, 120) - widest - 4))
      return [`  ${page.colours.cyan(key.padEnd(widest))}  ${first}`, ...rest.map((line) => `${' '.repeat(widest + 4)}${line}`)]
    }),
  ]
}

function typeOf(property: JsonObject, root: JsonObject): string {
  const title = property['title']
  if (typeof title === 'string') return title
  const reference = property['$ref']
  if (typeof reference === 'string') {
    const name = reference.split('/').at(-1) ?? ''
    const definitions = (root['$defs'] ?? root['definitions'] ?? {}) as { readonly [name: string]: JsonObject }
    const definition = definitions[name]
    return definition === undefined ? '' : typeOf(definition, root)
  }
  const choices = property['enum']
  if (Array.isArray(choices)) return choices.length > MOST_CHOICES ? '' : choices.map(String).join(' | ')
  const forms = property['anyOf'] ?? property['oneOf']
  if (Array.isArray(forms))
    return [...new Set(forms.map((form) => typeOf(form as JsonObject, root)))].filter((form) => form !== '').join(' or ')
  const only = property['const']
  if (only !== undefined) return typeof only === 'string' ? only : JSON.stringify(only)
  return typeWord(property)
}

function typeWord(property: JsonObject): string {
  switch (property['type']) {
    case 'string':
      return 'text'
    case 'boolean':
      return 'true | false'
    case 'array':
      return 'a list'
    case 'object':
      return 'a mapping'
    default:
      return typeof property['type'] === 'string' ? property['type'] : ''
  }
}

function defaultOf(property: JsonObject): string {
  const value: JsonValue | undefined = property['default']
  if (value === undefined || JSON.stringify(value) === '{}' || JSON.stringify(value) === '[]') return ''
  return `default ${typeof value === 'string' ? value : JSON.stringify(value)}`
}
