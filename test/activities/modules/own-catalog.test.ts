import { describe, expect, test } from 'vitest'
import { describeOwnModule, loadOwnSchemas } from '../../../activities/modules/own-catalog.ts'
import type { ConfigRequest } from '../../../pipeline/catalog.ts'
import type { JsonObject } from '../../../pipeline/json.ts'
import { processesWith } from '../../support/process-table.ts'
import { fixtureProject, temporaryProject } from '../../support/stage-project.ts'

function request(module: string, config: JsonObject = {}, more: Partial<ConfigRequest> = {}): ConfigRequest {
  return { kind: 'typescript', module, function: 'run', config, ...more }
}

describe('loadOwnSchemas', () => {
  test('fills in defaults and keeps the keys of the engine', async () => {
    const config = { weights: { likes: 1 }, output_file: 'data/x.csv' }
    expect(await loadOwnSchemas(fixtureProject, [request('ts/score.ts', config)])).toEqual([
      { config: { ...config, digits: 1 }, issues: [], files: [] },
    ])
  })

  test('gives every fault with its path, and a suggestion for an unknown key', async () => {
    const [check] = await loadOwnSchemas(fixtureProject, [request('ts/score.ts', { weights: { likes: 'many' }, digit: 1 })])
    expect(check?.issues).toEqual([
      { path: ['digit'], code: 'unknown_key', message: 'unknown key "digit"', hint: 'Did you mean "digits"?' },
      {
        path: ['weights', 'likes'],
        code: 'invalid_type',
        message: 'invalid input: expected number, received string',
        hint: null,
      },
    ])
    expect(check?.config).toEqual({ weights: { likes: 'many' }, digit: 1 })
  })

  test('leaves a config as it was written when its schema turns values into others', async () => {
    const requests = [request('ts/shapes.ts', { day: '2026-01-02' }, { function: 'transformed' })]
    expect(await loadOwnSchemas(fixtureProject, requests)).toEqual([{ config: { day: '2026-01-02' }, issues: [], files: [] }])
  })

  test("lets a strict schema know nothing of the engine's own keys, and still finds an unknown one", async () => {
    const project = temporaryProject({
      'package.json': '{"type": "module"}',
      'strict.ts': `import { defineStage, z } from 'onclock'
        export default defineStage({ rows: 'free', config: z.strictObject({ a: z.number() }), async run() {} })`,
    })
    const engine = { output_file: 'data/x.csv', 'x-note': 'free' }
    const checks = await loadOwnSchemas(project, [
      request('strict.ts', { a: 1, ...engine }),
      request('strict.ts', { a: 1, b: 2 }),
    ])
    expect(checks.map((check) => check.issues.map((issue) => issue.message))).toEqual([[], ['unknown key "b"']])
  })

  test('passes what has no schema: the original form, Python, commands', async () => {
    const config = { anything: [1] }
    const requests = [
      request('ts/original.ts', config),
      request('src.not_looked_for', config, { kind: 'python' }),
      request('command', config, { kind: 'command' }),
    ]
    expect(await loadOwnSchemas(fixtureProject, requests)).toEqual(requests.map(() => ({ config, issues: [], files: [] })))
  })

  test('says of each module why it cannot be loaded, and checks the others all the same', async () => {
    const runs = 'export const run = (): boolean => true\n'
    const project = temporaryProject({
      'package.json': '{"type": "module"}',
      'throws.ts': `throw new Error('no licence')\n${runs}`,
      'syntax.ts': 'export const run = (: boolean => true',
      'waits.ts': `await new Promise(() => setInterval(() => undefined, 1_000))\n${runs}`,
      'loops.ts': `for (;;);\n${runs}`,
      'exits.ts': `process.exit(0)\n${runs}`,
      'fills.ts': `const kept: number[][] = []\nfor (;;) kept.push(Array.from({ length: 10_000 }, (_, at) => at * 1.5))\n${runs}`,
      'none.ts': 'export const other = 1',
      'prints.ts': `console.log('{"kind":"checked"}')\n${runs}`,
      'good.ts': `import { defineStage, z } from 'onclock'\nexport default defineStage({ rows: 'free', config: z.object({ a: z.number().default(1) }), async run() {} })`,
    })
    const names = ['throws', 'syntax', 'waits', 'loops', 'exits', 'fills', 'none', 'gone', 'prints', 'good']
    const checks = await loadOwnSchemas(project, [...names.map((name) => request(`${name}.ts`)), request('waits.ts')], {
      importMs: 1_500,
      memoryMb: 64,
    })
    expect(checks.map((check) => check.issues[0]?.message ?? check.config)).toEqual([
      'throws.ts cannot be loaded: no licence',
      expect.stringContaining('syntax.ts cannot be loaded: '),
      'waits.ts was still being imported after 1.5 s',
      'loops.ts was still being imported after 1.5 s',
      'exits.ts ended the process while it was imported (exit code 0)',
      'fills.ts used more memory than it may while it was imported',
      'none.ts exports no function "run"',
      'there is no file gone.ts in the project',
      {},
      { a: 1 },
      'waits.ts was still being imported after 1.5 s',
    ])
    expect(checks.every((check) => check.issues.every((issue) => issue.path.length === 0))).toBe(true)
    expect(processesWith('catalog-child.js')).toEqual([])
  })
})

describe('describeOwnModule', () => {
  test('says what a defined stage is and gives the JSON Schema of its config', async () => {
    expect(await describeOwnModule(fixtureProject, 'ts/score.ts')).toMatchObject({
      form: 'defined',
      summary: 'Weighs likes and comments.',
      rows: 'one-to-one',
      schema: { type: 'object', required: ['weights'], properties: { digits: { default: 1, type: 'integer' } } },
    })
    expect(await describeOwnModule(fixtureProject, 'ts/shapes.ts', { function: 'join' })).toMatchObject({
      rows: 'free',
      inputs: ['videos', 'moods'],
      outputs: ['unknown'],
      schema: null,
    })
  })

  test('says that a function keeps no account', async () => {
    expect(await describeOwnModule(fixtureProject, 'ts/original.ts')).toMatchObject({
      form: 'function',
      rows: null,
      schema: null,
    })
  })

  test('throws what a pipeline would be told', async () => {
    await expect(describeOwnModule(fixtureProject, 'ts/bad.ts', { function: 'gone' })).rejects.toMatchObject({
      code: 'STAGE_MODULE_INVALID',
      message: 'ts/bad.ts exports no function "gone"',
      hint: expect.any(String),
    })
  })
})
