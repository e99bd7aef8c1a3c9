import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { packageRoot } from '../../activities/package-root.ts'
import { createProjectCatalog } from '../../activities/planning/project-catalog.ts'
import { builtinStages } from '../../activities/stages/registry.ts'
import { pipelineJsonSchema } from '../../pipeline/json-schema.ts'
import { parsePipeline } from '../../pipeline/parse-pipeline.ts'

const folder = join(packageRoot, 'config')
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'))
const validate = new Ajv({ strict: false, allErrors: true }).compile(pipelineJsonSchema(builtinStages))
const catalog = createProjectCatalog(packageRoot, { code: true })

describe('the pipelines of the repo', () => {
  it('are there', () => {
    expect(files).toEqual(expect.arrayContaining(['main.yaml', 'claims.yaml', 'reviews.yaml']))
  })

  it.each(files)('are valid, for the parser and for the schema of editors: %s', async (name) => {
    const text = await readFile(join(folder, name), 'utf8')
    expect(await parsePipeline(text, { file: name, catalog, env: {} })).toMatchObject({ ok: true, warnings: [] })
    validate(parse(text))
    expect(validate.errors ?? []).toEqual([])
  })

  const wrong: readonly [what: string, from: string, to: string][] = [
    ['an unknown key of a column', 'required: true', 'requird: true'],
    ['an unknown key of the intake', 'columns:', 'colums:'],
    ['an unknown action', 'not_equals: banned}', 'not_equals: banned, action: drop}'],
    ['a budget without a unit', 'fail: 5%', 'fail: 5'],
    ['an unknown key of a stage', 'enabled: true', 'enable: true'],
    ['a type that is none', 'type: integer', 'type: int'],
    ['a rule without an id', 'id: no-promotion, ', ''],
  ]
  it.each(wrong)('are refused by both with %s', async (_what, from, to) => {
    const text = (await readFile(join(folder, 'main.yaml'), 'utf8')).replace(from, to)
    expect(text).toContain(to)
    expect((await parsePipeline(text, { file: 'main.yaml', catalog, env: {} })).ok).toBe(false)
    expect(validate(parse(text))).toBe(false)
  })
})
