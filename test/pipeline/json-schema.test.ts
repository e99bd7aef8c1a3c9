import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { pipelineJsonSchema } from '../../pipeline/json-schema.ts'
import type { JsonObject, JsonValue } from '../../pipeline/json.ts'
import { parsePipeline } from '../../pipeline/parse-pipeline.ts'
import { fakeCatalog, fakeStages } from './fake-catalog.ts'
import { wrongPipelines } from './wrong-pipelines.ts'

const schema = pipelineJsonSchema(fakeStages)
const validate = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true }).compile(schema)
const isValid = (text: string): boolean => validate(parse(text, { merge: true }) as JsonValue)
const isParsed = async (text: string): Promise<boolean> =>
  (await parsePipeline(text, { file: 'p.yaml', catalog: fakeCatalog(), env: {} })).ok

const folder = new URL('pipelines/', import.meta.url)

describe('pipelineJsonSchema', () => {
  it.each(readdirSync(folder))('accepts %s, as parsePipeline does', async (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    expect(isValid(text), JSON.stringify(validate.errors)).toBe(true)
    expect(await isParsed(text)).toBe(true)
  })

  it.each(wrongPipelines.filter((wrong) => wrong.beyondSchema !== true))(
    'refuses $name, as parsePipeline does',
    async ({ text }) => {
      expect(isValid(text)).toBe(false)
      expect(await isParsed(text)).toBe(false)
    },
  )

  it.each([
    [
      'free keys',
      'x-a: 1\npipeline: {x-b: 1, name: p, stages: [{x-c: 1, name: a, module: take_input_csv, config: {x-d: 1, input_file: x, columns: {c: {x-e: 1}}}}]}',
    ],
    [
      'references where other values stand',
      "pipeline: {name: p, params: {n: {type: integer, default: 3}, t: {type: text, default: 1m}, c: {type: text, default: integer}}, execution: {max_parallel: '${params.n}', parallel: true}, stages: [{name: a, module: take_input_csv, timeout: '${params.t}', retry: {maximum_attempts: '${params.n}'}, config: {input_file: x, columns: {c: {type: '${params.c}', min: '${params.n}'}}}}]}",
    ],
    ['modules of one’s own with any config', 'pipeline: {name: p, stages: [{name: a, module: src.x, config: {colums: 1}}]}'],
    ['commands', 'pipeline: {name: p, stages: [{name: a, command: [sleep, 5]}, {name: b, command: ls, needs: a}]}'],
    [
      'a built-in that needs no config',
      'pipeline: {name: p, stages: [{name: a, module: src.a}, {name: b, module: rule_based_filtering}]}',
    ],
  ])('accepts %s, as parsePipeline does', async (_, text) => {
    expect(isValid(text), JSON.stringify(validate.errors)).toBe(true)
    expect(await isParsed(text)).toBe(true)
  })

  it('has a description at every key of its own', () => {
    const missing: string[] = []
    const walk = (node: JsonValue, path: string): void => {
      if (typeof node !== 'object' || node === null) return
      for (const [key, value] of Object.entries(node)) {
        if (key === 'properties' && !path.includes('definitions') && !path.includes('/if') && !path.includes('/then')) {
          for (const [name, property] of Object.entries(value as JsonObject)) {
            if (typeof (property as JsonObject)['description'] !== 'string') missing.push(`${path}/${name}`)
          }
        }
        walk(value, `${path}/${key}`)
      }
    }
    walk(schema, '')
    expect(missing).toEqual([])
  })

  it('tells editors of the config of a built-in by its names, with descriptions', () => {
    const text = JSON.stringify(schema)
    expect(text).toContain('"enum":["take_input_csv","src.01_take_input_csv"]')
    expect(text).toContain('"description":"The CSV file."')
    expect(text).toContain('"description":"Reads a CSV file."')
  })

  it('is plain JSON without loose ends', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
    const definitions = Object.keys(schema['definitions'] as JsonObject)
    const references = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map((found) => found[1])
    expect(references.filter((name) => !definitions.includes(name ?? ''))).toEqual([])
    expect(schema['$schema']).toBe('http://json-schema.org/draft-07/schema#')
  })

  it('reads well without any built-in stage', () => {
    expect(() => new Ajv({ strict: false }).compile(pipelineJsonSchema([]))).not.toThrow()
  })
})
