import { describe, expect, it } from 'vitest'
import type { StageCatalog } from '../../pipeline/catalog.ts'
import type { Fault } from '../../pipeline/fault.ts'
import { parsePipeline, type ParseOptions } from '../../pipeline/parse-pipeline.ts'
import { fakeCatalog } from './fake-catalog.ts'
import { wrongPipelines } from './wrong-pipelines.ts'

async function faultsOf(text: string, options: Partial<ParseOptions> = {}): Promise<readonly Fault[]> {
  const result = await parsePipeline(text, { file: 'p.yaml', catalog: fakeCatalog(), env: {}, ...options })
  return result.ok ? [] : result.faults
}

const inOneLine = ({ line, column, code, message }: Fault): string => `${line}:${column} ${code} ${message}`

describe('parsePipeline', () => {
  it.each(wrongPipelines)('finds $name', async ({ text, fault, hint }) => {
    const faults = await faultsOf(text)
    const found = faults.find((candidate) => inOneLine(candidate).startsWith(fault))
    expect(found, faults.map(inOneLine).join('\n')).toBeDefined()
    if (hint !== undefined) expect(found?.hint).toBe(hint)
    expect(faults.every(({ file, code }) => file === 'p.yaml' && /^[a-z][a-z0-9_]*$/.test(code))).toBe(true)
  })

  it('finds all that is wrong with a file at once, in its order', async () => {
    const faults = await faultsOf(
      `pipeline:
  nam: p
  config: {log_level: info}
  params: {n: {type: integer, default: abc}}
  stages:
    - name: clean
      module: take_input_csv
      retires: 3
      config: {input_file: '\${params.file}', colums: {}, null_tokens: [NA, ~, -]}
    - {name: keep, module: src.keep, needs: [cleen], timeout: 90, config: {n: '\${params.n}', m: [^<>]*$}}
    - {name: keep}
  schedules: [{id: s, cron: */5 * * * *}]
`,
      { set: { foo: '1' } },
    )
    expect(faults.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([
      '2:3 missing_key',
      '2:3 unknown_key',
      '3:23 bad_value',
      '4:3 unknown_param',
      '4:40 bad_param',
      '8:7 unknown_key',
      '9:28 unknown_reference',
      '9:46 unknown_key',
      '9:76 null_value',
      '9:79 yaml_quotes',
      '10:46 unknown_stage',
      '10:63 wrong_type',
      '10:97 yaml_quotes',
      '11:7 no_module',
      '11:14 duplicate_stage',
      '12:29 yaml_quotes',
    ])
  })

  it('says of --set what is unknown, and what is of another type', async () => {
    const text =
      'pipeline:\n  name: p\n  params: {min_views: {type: integer, default: 1}}\n  stages: [{name: a, module: src.a}]\n'
    expect((await faultsOf(text, { set: { min_view: '1' } })).map(inOneLine)).toEqual([
      '3:3 unknown_param --set min_view: there is no such parameter',
    ])
    expect((await faultsOf(text, { set: { min_views: 'x' } })).map(inOneLine)).toEqual([
      '3:12 bad_param --set min_views: the value must be a whole number',
    ])
    const none = await faultsOf('pipeline: {name: p, stages: [{name: a, module: src.a}]}', { set: { x: '1' } })
    expect(none).toMatchObject([{ code: 'unknown_param', hint: 'The file declares no parameters', line: 1, column: 11 }])
  })

  it('says nothing of a value whose reference is a fault already', async () => {
    const text =
      "pipeline:\n  name: p\n  stages:\n    - {name: a, module: take_input_csv, config: {input_file: x, columns: {a: {min: '${params.m}'}}}}\n"
    expect((await faultsOf(text)).map(({ code }) => code)).toEqual(['unknown_reference'])
  })

  it('says of a value that the YAML breaks only that', async () => {
    const text = 'pipeline:\n  name: p\n  stages:\n    - {name: a, module: take_input_csv,\n    - {name: b, module: src.b}\n'
    expect((await faultsOf(text)).map(inOneLine)).toEqual(['4:7 yaml_quotes a mapping that begins with { is not closed with }'])
  })

  it('shows faults of another file in their place, and keeps warnings apart', async () => {
    const catalog: StageCatalog = {
      resolve: (module) => ({ found: true, kind: 'builtin', module }),
      check: (requests) =>
        Promise.resolve(
          requests.map(({ config }) => ({
            config,
            files: [],
            issues: [
              {
                path: ['rules_file'],
                code: 'bad_regex',
                message: 'look-around cannot run',
                hint: null,
                place: { file: 'rules.yaml', line: 3, column: 9 },
              },
              { path: ['header'], code: 'odd', message: 'an odd header', hint: null, severity: 'warning' as const },
            ],
          })),
        ),
    }
    const text =
      'pipeline:\n  name: p\n  stages:\n    - {name: a, module: m, config: {header: x, input_file: y, rules_file: rules.yaml}}\n'
    expect((await faultsOf(text, { catalog })).map((fault) => `${fault.file}:${inOneLine(fault)} ${fault.severity}`)).toEqual([
      'p.yaml:4:45 odd an odd header in stage "a" warning',
      'rules.yaml:3:9 bad_regex look-around cannot run in stage "a" error',
    ])
  })

  it('passes on what a catalog throws', async () => {
    const catalog: StageCatalog = { ...fakeCatalog(), check: () => Promise.reject(new Error('no child')) }
    await expect(faultsOf('pipeline: {name: p, stages: [{name: a, module: src.a}]}', { catalog })).rejects.toThrow('no child')
  })
})
