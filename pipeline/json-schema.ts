import { z, type ZodType } from 'zod'
import type { JsonObject, JsonValue } from './json.ts'
import { fileSpec } from './pipeline-file.ts'

/** A built-in stage, as far as editors are told of it. */
export interface DescribedStage {
  readonly name: string
  readonly aliases: readonly string[]
  readonly summary: string
  readonly schema: ZodType
}

/**
 * The JSON Schema (draft-07, what YAML editors read best) of a pipeline file, made of the definitions that `parsePipeline`
 * checks with. The config of each built-in stage hangs on its module by `if`/`then`: of one big `oneOf` editors suggest only
 * the first branch.
 */
export function pipelineJsonSchema(stages: readonly DescribedStage[]): JsonObject {
  const file = schemaOf(fileSpec, '')
  const definitions: { [name: string]: JsonValue } = { reference: REFERENCE, ...(file['definitions'] as JsonObject) }
  const branches: JsonValue[] = []
  for (const stage of stages) {
    const { definitions: own, ...config } = schemaOf(stage.schema, `${stage.name}.`)
    Object.assign(definitions, own, { [stage.name]: { description: stage.summary, ...config } })
    branches.push({
      if: { properties: { module: { enum: [stage.name, ...stage.aliases] } }, required: ['module'] },
      // Without its config a stage lacks what the config requires.
      // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema; nobody awaits it.
      then: { properties: { config: { $ref: `#/definitions/${stage.name}` } }, ...needsConfig(config['required']) },
    })
  }
  const schema = { ...file, title: 'onclock pipeline', definitions }
  return withStageRules(
    schema,
    stages.map((stage) => stage.name),
    branches,
  )
}

const REFERENCE: JsonObject = {
  description: 'A parameter or an environment variable, put in place before the run.',
  type: 'string',
  pattern: String.raw`\$\{(params|env)\.[^{}]+\}`,
}

const FREE_KEYS: JsonObject = { '^x-': { description: 'Free: not read.' } }

type Schema = { [key: string]: JsonValue }

/** The JSON Schema of what people write, with its own definitions renamed so that several schemas fit in one file. */
function schemaOf(schema: ZodType, prefix: string): Schema {
  const { $schema, ...json } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
  }) as unknown as Schema
  const definitions = Object.entries((json['definitions'] ?? {}) as JsonObject)
  const renamed = prefix === '' ? definitions : definitions.map(([name, value]) => [`${prefix}${name}`, value] as const)
  const whole = { ...json, ...(renamed.length > 0 ? { definitions: Object.fromEntries(renamed) } : {}) }
  const open = opened(whole, prefix) as Schema
  return prefix === '' ? { $schema: $schema ?? '', ...open } : open
}

/**
 * Free keys in every mapping whose keys are fixed, a reference wherever another value than text is wanted, and `$ref`s that
 * follow their renamed definitions.
 */
function opened(value: JsonValue, prefix: string): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => opened(item, prefix))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as JsonObject).map(([key, item]) => [key, openedKey(key, item, prefix)] as const)
  const node: Schema = Object.fromEntries(entries)
  if (typeof node['$ref'] === 'string') node['$ref'] = renamedRef(node['$ref'], prefix)
  if (node['type'] === 'object' && node['additionalProperties'] === false) node['patternProperties'] = FREE_KEYS
  return wantsReference(node) ? orReference(node) : node
}

/** Below `properties` keys are names, not words of the schema. */
function openedKey(key: string, item: JsonValue, prefix: string): JsonValue {
  if (key === 'enum' || key === 'const' || key === 'default' || key === 'examples' || key === 'required') return item
  const isNames = key === 'properties' || key === 'definitions'
  if (!isNames) return opened(item, prefix)
  return Object.fromEntries(Object.entries(item as JsonObject).map(([name, schema]) => [name, opened(schema, prefix)]))
}

function renamedRef(ref: string, prefix: string): string {
  if (prefix === '') return ref
  if (ref === '#') return `#/definitions/${prefix.slice(0, -1)}`
  return ref.replace('#/definitions/', `#/definitions/${prefix}`)
}

/** Numbers, switches and words of a list may all come from a parameter; text may hold one as it is, unless it has a form. */
function wantsReference(node: Schema): boolean {
  if (node['enum'] !== undefined || node['const'] !== undefined) return true
  const type = node['type']
  return (
    type === 'number' ||
    type === 'integer' ||
    type === 'boolean' ||
    (type === 'string' && (node['pattern'] !== undefined || node['format'] !== undefined))
  )
}

function orReference({ description, default: preset, ...node }: Schema): Schema {
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [node, { $ref: '#/definitions/reference' }],
  }
}

function needsConfig(required: JsonValue | undefined): Schema {
  return Array.isArray(required) && required.length > 0 ? { required: ['config'] } : {}
}

/** What the stage schema cannot say by itself: one of module and command, and the configs of built-in modules. */
function withStageRules(schema: Schema, names: readonly string[], branches: readonly JsonValue[]): JsonObject {
  const at = (node: JsonValue | undefined, ...path: string[]): Schema =>
    path.reduce<JsonValue | undefined>((inner, key) => (inner as Schema)[key], node) as Schema
  const pipeline = at(schema, 'properties', 'pipeline', 'properties')
  const stage = at(pipeline, 'stages', 'items')
  const module = at(stage, 'properties', 'module')
  stage['properties'] = {
    ...(stage['properties'] as JsonObject),
    module: names.length === 0 ? module : { ...module, anyOf: [{ enum: [...names] }, {}] },
  }
  stage['oneOf'] = [{ required: ['module'] }, { required: ['command'], not: { required: ['function'] } }]
  if (branches.length > 0) stage['allOf'] = branches
  const schedule = at(pipeline, 'schedules', 'items')
  schedule['oneOf'] = [{ required: ['cron'] }, { required: ['every'] }]
  return schema
}
