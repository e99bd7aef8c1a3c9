import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parsePipeline, type ParseOptions } from '../../pipeline/parse-pipeline.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import { fakeCatalog } from './fake-catalog.ts'

const folder = new URL('pipelines/', import.meta.url)
const fileText = (name: string): string => readFileSync(new URL(name, folder), 'utf8')

async function parsed(text: string, options: Partial<ParseOptions> = {}) {
  const result = await parsePipeline(text, { file: 'p.yaml', catalog: fakeCatalog(), env: {}, ...options })
  if (!result.ok) throw new Error(JSON.stringify(result.faults, null, 1))
  return result
}

const pipelineOf = async (text: string, options: Partial<ParseOptions> = {}): Promise<Pipeline> =>
  (await parsed(text, options)).pipeline

/** A pipeline of one Python stage and what is said of it. */
const withStage = (stage: string, head = ''): string =>
  `pipeline:\n  name: p\n${head}  stages:\n    - {name: a, module: src.a${stage}}\n`

describe('parsePipeline', () => {
  it('fills in every default', async () => {
    expect(await pipelineOf('pipeline: {name: p, stages: [{name: a, module: src.a}]}')).toEqual({
      name: 'p',
      description: null,
      config: { logLevel: 'INFO', dataDir: 'data', outputDir: 'data/output', timezone: 'UTC', python: null },
      params: {},
      execution: { parallel: false, maxParallel: 1, stopOnError: true, timeoutMs: null },
      stages: [
        {
          name: 'a',
          number: 1,
          kind: 'python',
          module: 'src.a',
          function: 'run',
          command: null,
          enabled: true,
          needs: [],
          inputs: {},
          config: {},
          onFailure: 'fail',
          retry: {
            maximumAttempts: 3,
            initialIntervalMs: 1000,
            backoffCoefficient: 2,
            maximumIntervalMs: 60_000,
            nonRetryable: [],
          },
          timeoutMs: 3_600_000,
          heartbeatTimeoutMs: 30_000,
        },
      ],
      schedules: [],
    })
  })

  it.each(readdirSync(folder))('reads %s without a fault', async (name) => {
    expect(await parsed(fileText(name))).toMatchObject({ ok: true, warnings: [] })
  })

  it('reads the original’s file as it is meant', async () => {
    const { pipeline, configFiles } = await parsed(fileText('original.yaml'))
    expect(pipeline.description).toBe('Flexible data processing pipeline')
    expect(
      pipeline.stages.map(({ kind, module, needs, inputs, retry }) => ({
        kind,
        module,
        needs,
        inputs,
        attempts: retry.maximumAttempts,
      })),
    ).toEqual([
      { kind: 'builtin', module: 'take_input_csv', needs: [], inputs: {}, attempts: 1 },
      {
        kind: 'builtin',
        module: 'rule_based_filtering',
        needs: ['01_take_input_csv'],
        inputs: { input: { stage: '01_take_input_csv', dataset: 'output' } },
        attempts: 1,
      },
      {
        kind: 'python',
        module: 'src.03_evaluation',
        needs: ['02_rule_based_filtering'],
        inputs: { stage2_output: { stage: '02_rule_based_filtering', dataset: 'output' } },
        attempts: 1,
      },
    ])
    expect(configFiles).toEqual({
      '01_take_input_csv': [],
      '02_rule_based_filtering': ['config/rules.yaml'],
      '03_evaluation': [],
    })
  })

  it('reads the nightly pipeline as it is meant', async () => {
    const pipeline = await pipelineOf(fileText('tiktok-nightly.yaml'), { set: { min_views: '5' } })
    expect(pipeline.params).toEqual({ videos: 'inbox/videos_*.csv', min_views: 5 })
    expect(pipeline.execution).toEqual({ parallel: true, maxParallel: 4, stopOnError: true, timeoutMs: 10_800_000 })
    expect(pipeline.stages.map(({ name, needs }) => [name, ...needs])).toEqual([
      ['clean'],
      ['keep', 'clean'],
      ['score', 'keep'],
      ['sentiment', 'keep'],
      ['publish', 'score', 'sentiment'],
    ])
    expect(pipeline.stages[1]?.config).toMatchObject({ rules: [{ id: 'seen-enough', column: 'views', min: 5 }] })
    expect(pipeline.stages[3]).toMatchObject({
      onFailure: 'warn',
      timeoutMs: 3_600_000,
      retry: { maximumAttempts: 5, initialIntervalMs: 10_000, maximumIntervalMs: 300_000 },
    })
    expect(pipeline.stages[4]?.inputs).toEqual({
      videos: { stage: 'score', dataset: 'output' },
      moods: { stage: 'sentiment', dataset: 'output' },
    })
    expect(pipeline.schedules).toEqual([
      {
        id: 'nightly',
        cron: '0 2 * * *',
        everyMs: null,
        timezone: 'Europe/Berlin',
        overlap: 'skip',
        catchupWindowMs: 21_600_000,
        jitterMs: 300_000,
        start: null,
        end: null,
        pauseOnFailure: true,
        set: {},
      },
    ])
  })

  it('takes numbers of a built-in stage by their source text where the text counts', async () => {
    const catalog = fakeCatalog()
    await parsed(
      `pipeline:
  name: p
  stages:
    - name: a
      module: take_input_csv
      config:
        input_file: x.csv
        columns:
          id: {in: [7506832682593094928, 007, 1.10, 1e3, 42, 1.5, true]}
`,
      { catalog },
    )
    expect(catalog.checked[0]?.[0]?.config).toEqual({
      input_file: 'x.csv',
      columns: { id: { in: ['7506832682593094928', '007', '1.10', '1e3', 42, 1.5, true] } },
    })
  })

  it('gives stages of one’s own JavaScript numbers, and warns of those that have too many digits', async () => {
    const { pipeline, warnings } = await parsed(withStage(', config: {a: [007, 1.10], id: 7506832682593094928}'))
    expect(pipeline.stages[0]?.config).toEqual({ a: [7, 1.1], id: 7_506_832_682_593_095_000 })
    expect(warnings).toMatchObject([
      {
        code: 'long_number',
        severity: 'warning',
        line: 4,
        column: 61,
        hint: "Put it in single quotes to keep every digit: '7506832682593094928'",
      },
    ])
  })

  it('keeps the type of a parameter that is the whole value, and writes it into other text', async () => {
    const head =
      '  params:\n    n: {type: integer}\n    on: {type: boolean, default: true}\n    id: {type: id, default: 007}\n    f: {type: decimal, default: 1.50}\n'
    const text = withStage(
      ", config: {n: '${params.n}', t: 'n=${params.n} ${env.X}', on: '${params.on}', id: '${params.id}', f: '${params.f}'}, timeout: '${params.n}m'",
      head,
    )
    const { params, stages } = await pipelineOf(text, { set: { n: '90' }, env: { X: 'x' } })
    expect(params).toEqual({ n: 90, on: true, id: '007', f: 1.5 })
    expect(stages[0]?.config).toEqual({ n: 90, t: 'n=90 x', on: true, id: '007', f: 1.5 })
    expect(stages[0]?.timeoutMs).toBe(5_400_000)
  })

  it('takes typed values of parameters from a file as well as text', async () => {
    const head = '  params: {n: {type: integer, default: 1}, id: {type: id, default: x}, b: {type: boolean, default: false}}\n'
    expect((await pipelineOf(withStage('', head), { set: { n: 3, id: 42, b: true } })).params).toEqual({
      n: 3,
      id: '42',
      b: true,
    })
  })

  it('runs commands, with arguments by their source text', async () => {
    const { stages } = await pipelineOf(
      'pipeline:\n  name: p\n  stages:\n    - {name: a, command: [sleep, 007, true]}\n    - {name: b, command: "echo ${HOME}", config: {x: 1}}\n',
    )
    expect(stages.map(({ kind, module, command, needs }) => ({ kind, module, command, needs }))).toEqual([
      { kind: 'command', module: 'command', command: ['sleep', '007', 'true'], needs: [] },
      { kind: 'command', module: 'command', command: 'echo ${HOME}', needs: ['a'] },
    ])
  })

  it('counts disabled stages in the numbers of stages', async () => {
    const { stages } = await pipelineOf(
      'pipeline: {name: p, stages: [{name: a, module: src.a, enabled: false}, {name: b, module: src.b}]}',
    )
    expect(stages.map(({ number, enabled, needs }) => ({ number, enabled, needs }))).toEqual([
      { number: 1, enabled: false, needs: [] },
      { number: 2, enabled: true, needs: ['a'] },
    ])
  })

  it('leaves keys free that begin with x-, but keeps those that are data', async () => {
    const catalog = fakeCatalog()
    const { stages } = await pipelineOf(
      `x-note: free
x-base: &base {module: src.a, retry: {maximum_attempts: 7}}
pipeline:
  x-owner: me
  name: p
  config: {x-a: 1}
  execution: {x-a: 1}
  defaults: {x-a: 1, retry: {x-a: 1, maximum_attempts: 2}}
  params: {n: {type: integer, default: 1, x-a: 1}}
  stages:
    - {name: own, <<: *base, x-a: 1, config: {x-kept: 1}}
    - name: a
      module: take_input_csv
      config:
        x-note: free
        input_file: x.csv
        columns: {x-ray: {type: id, x-why: free}}
  schedules: [{id: s, every: 1h, x-a: 1}]
`,
      { catalog },
    )
    expect(stages[0]).toMatchObject({ module: 'src.a', config: { 'x-kept': 1 }, retry: { maximumAttempts: 7 } })
    expect(stages[1]?.config).toEqual({ input_file: 'x.csv', columns: { 'x-ray': { type: 'id' } } })
    expect(catalog.checked.map((requests) => requests.length)).toEqual([2, 1])
  })

  it('says what stop_on_error: false means for a failure', async () => {
    const stages = '{name: a, module: src.a}, {name: b, module: src.b, on_failure: fail}'
    const pipeline = await pipelineOf(`pipeline: {name: p, execution: {stop_on_error: false}, stages: [${stages}]}`)
    expect(pipeline.stages.map(({ onFailure }) => onFailure)).toEqual(['continue', 'fail'])
  })

  it('gives schedules their defaults and typed values', async () => {
    const text = `pipeline:
  name: p
  config: {timezone: Asia/Tokyo}
  params: {n: {type: integer, default: 1}, id: {type: id}}
  stages: [{name: a, module: src.a}]
  schedules:
    - {id: s, every: 1h30m, set: {n: 5, id: 7506832682593094928}}
    - {id: t, cron: '@daily', jitter: 0s, set: {id: 1}}
`
    const { schedules } = await pipelineOf(text, { set: { id: '1' } })
    expect(schedules).toMatchObject([
      {
        id: 's',
        cron: null,
        everyMs: 5_400_000,
        timezone: 'Asia/Tokyo',
        overlap: 'skip',
        catchupWindowMs: 3_600_000,
        jitterMs: 0,
        pauseOnFailure: false,
        set: { n: 5, id: '7506832682593094928' },
      },
      { id: 't', cron: '@daily', everyMs: null, set: { id: '1' } },
    ])
  })

  it('puts the run directories below the data folder', async () => {
    expect((await pipelineOf(withStage('', '  config: {data_dir: d/}\n'))).config).toMatchObject({
      dataDir: 'd/',
      outputDir: 'd/output',
    })
    expect(
      (await pipelineOf(withStage('', '  config: {data_dir: d, output_dir: o, python: .venv/bin/python}\n'))).config,
    ).toMatchObject({
      outputDir: 'o',
      python: '.venv/bin/python',
    })
  })

  it('warns of a max_parallel that counts for nothing', async () => {
    const { pipeline, warnings } = await parsed(withStage('', '  execution: {max_parallel: 3}\n'))
    expect(pipeline.execution.maxParallel).toBe(1)
    expect(warnings).toMatchObject([{ code: 'no_effect', line: 3, column: 15, severity: 'warning' }])
  })
})
