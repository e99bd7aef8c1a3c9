import { describe, expect, it } from 'vitest'
import { linkStages, type LinkableStage } from '../../pipeline/stage-links.ts'

const stage = (name: string, more: Partial<LinkableStage> = {}): LinkableStage => ({
  name,
  kind: 'python',
  enabled: true,
  needs: undefined,
  input: undefined,
  config: {},
  ...more,
})

const options = { parallel: false, outputDir: 'data/output' }
const parallel = { ...options, parallel: true }
const output = (stage: string, dataset = 'output') => ({ stage, dataset })

describe('linkStages', () => {
  it('makes a stage need the one before it', () => {
    const { links, faults } = linkStages([stage('a'), stage('b'), stage('c')], options)
    expect(links.map(({ needs }) => needs)).toEqual([[], ['a'], ['b']])
    expect(faults).toEqual([])
  })

  it('makes stages need nothing with parallel: true', () => {
    expect(linkStages([stage('a'), stage('b')], parallel).links.map(({ needs }) => needs)).toEqual([[], []])
  })

  it('takes needs as written, none included', () => {
    const { links } = linkStages([stage('a'), stage('b', { needs: [] }), stage('c', { needs: ['a', 'b'] })], options)
    expect(links.map(({ needs }) => needs)).toEqual([[], [], ['a', 'b']])
  })

  it('takes an input for the only need', () => {
    const { links } = linkStages([stage('a'), stage('b'), stage('c', { input: 'a' })], options)
    expect(links[2]).toEqual({ needs: ['a'], inputs: { input: output('a') } })
  })

  it('lets a built-in that names no input work on the one stage it comes after', () => {
    const builtin = (name: string, more: Partial<LinkableStage> = {}) => stage(name, { kind: 'builtin', ...more })
    const stages = [builtin('a'), builtin('b'), builtin('c', { config: { input_file: 'data/x.csv' } }), stage('d')]
    expect(linkStages(stages, options).links.map(({ inputs }) => inputs)).toEqual([{}, { input: output('a') }, {}, {}])
    const two = linkStages([builtin('a'), builtin('b'), builtin('c', { needs: ['a', 'b'] })], options)
    expect(two.links[2]?.inputs).toEqual({})
  })

  it('adds inputs to needs that are written', () => {
    const { links } = linkStages([stage('a'), stage('b'), stage('c', { needs: ['b'], input: 'a' })], parallel)
    expect(links[2]?.needs).toEqual(['b', 'a'])
  })

  it('reads datasets and several inputs by name', () => {
    const { links } = linkStages(
      [stage('a'), stage('b.c'), stage('d', { input: { x: 'a.rejected', y: 'b.c', z: 'b.c.filtered' } })],
      options,
    )
    expect(links[2]).toEqual({
      needs: ['a', 'b.c'],
      inputs: { x: output('a', 'rejected'), y: output('b.c'), z: output('b.c', 'filtered') },
    })
  })

  it('takes an input_file that is another stage’s output_file for that stage’s dataset', () => {
    const { links } = linkStages(
      [
        stage('a', { config: { output_file: 'data/x.csv' } }),
        stage('b', { config: { input_file: 'data/x.csv', output_file: 'y.csv' } }),
      ],
      parallel,
    )
    expect(links[1]).toEqual({ needs: ['a'], inputs: { input: output('a') } })
  })

  it('takes any key of a config whose value is an output_file or a glob of its name for an input', () => {
    const { links } = linkStages(
      [
        stage('one', { config: { output_file: 'data/stage1_output.csv' } }),
        stage('two', { config: { input_file: 'data/stage1_output.csv', output_file: 'data/stage2_output.csv' } }),
        stage('three', {
          config: {
            input_file: 'labels.csv',
            stage2_output: 'data/output/execution_*/stage2_output_*.csv',
            first: 'data/stage1_output.csv',
          },
        }),
      ],
      parallel,
    )
    expect(links[2]).toEqual({ needs: ['two', 'one'], inputs: { stage2_output: output('two'), first: output('one') } })
  })

  it('takes a glob for a path where it means no stage before, and a stage’s own output_file for a path', () => {
    const { links } = linkStages(
      [
        stage('a', { config: { input_file: 'data/x_*.csv', also: 'data/*.csv', count: 3 } }),
        stage('b', { config: { output_file: 'data/x.csv', input_file: 'data/x.csv' } }),
      ],
      parallel,
    )
    expect(links.map(({ inputs }) => inputs)).toEqual([{}, {}])
  })

  it.each<[string, LinkableStage[], { code: string; message: string; hint: string | null; path: unknown[] }]>([
    [
      'a need that is no stage',
      [stage('clean'), stage('b', { needs: ['clean', 'cleen'] })],
      {
        code: 'unknown_stage',
        message: 'stage "b" needs "cleen", which is no stage',
        hint: 'Did you mean "clean"?',
        path: ['needs', 1],
      },
    ],
    [
      'a need far from all',
      [stage('clean'), stage('b', { needs: ['zzz'] })],
      {
        code: 'unknown_stage',
        message: 'stage "b" needs "zzz", which is no stage',
        hint: 'Stages are clean',
        path: ['needs', 0],
      },
    ],
    [
      'a need with no stage to choose from',
      [stage('b', { needs: ['zzz'] })],
      { code: 'unknown_stage', message: 'stage "b" needs "zzz", which is no stage', hint: null, path: ['needs', 0] },
    ],
    [
      'an input that is no stage',
      [stage('clean'), stage('b', { input: 'claen.rejected' })],
      {
        code: 'unknown_stage',
        message: 'input "claen.rejected" of stage "b" is no stage',
        hint: 'Did you mean "clean"?',
        path: ['input'],
      },
    ],
    [
      'a named input that is no stage',
      [stage('clean'), stage('b', { input: { rows: 'clean.' } })],
      {
        code: 'unknown_stage',
        message: 'input "clean." of stage "b" is no stage',
        hint: 'Did you mean "clean"?',
        path: ['input', 'rows'],
      },
    ],
    [
      'a dataset that a built-in stage has not',
      [stage('clean', { kind: 'builtin', config: { input_file: 'x.csv' } }), stage('b', { input: 'clean.reject' })],
      {
        code: 'unknown_dataset',
        message: 'stage "clean" has no dataset "reject"',
        hint: 'Did you mean "rejected"?',
        path: ['input'],
      },
    ],
    [
      'a dataset far from all',
      [stage('clean', { kind: 'builtin', config: { input_file: 'x.csv' } }), stage('b', { input: 'clean.zzz' })],
      {
        code: 'unknown_dataset',
        message: 'stage "clean" has no dataset "zzz"',
        hint: 'There are output, rejected, filtered, duplicates',
        path: ['input'],
      },
    ],
    [
      'a built-in stage with nothing to read',
      [stage('clean', { kind: 'builtin' })],
      {
        code: 'no_input',
        message: 'stage "clean" has nothing to read',
        hint: 'Name it: `input: STAGE` beside its module, or `input_file` in its config',
        path: ['module'],
      },
    ],
    [
      'both input and input_file',
      [stage('a'), stage('b', { input: 'a', config: { input_file: 'other.csv' } })],
      {
        code: 'two_inputs',
        message: 'stage "b" has both input and input_file',
        hint: 'Keep one; name further files by other keys',
        path: ['config', 'input_file'],
      },
    ],
    [
      'a stage that needs itself',
      [stage('a', { needs: ['a'] })],
      { code: 'cycle', message: 'stage "a" needs itself', hint: 'Take one of these needs or inputs out', path: ['needs', 0] },
    ],
    [
      'stages that need each other',
      [stage('a', { needs: ['c'] }), stage('b', { input: 'a' }), stage('c', { input: { rows: 'b.rejected' } })],
      {
        code: 'cycle',
        message: 'stages need each other: a → c → b → a',
        hint: 'Take one of these needs or inputs out',
        path: ['needs', 0],
      },
    ],
    [
      'a cycle by files',
      [
        stage('a', { config: { input_file: 'y', output_file: 'x' } }),
        stage('b', { config: { input_file: 'x', output_file: 'y' } }),
      ],
      {
        code: 'cycle',
        message: 'stages need each other: a → b → a',
        hint: 'Take one of these needs or inputs out',
        path: ['config', 'input_file'],
      },
    ],
    [
      'a need that comes later while stages run in file order',
      [stage('a', { input: { rows: 'b.rejected' } }), stage('b', { needs: [] })],
      {
        code: 'needs_later',
        message: 'stage "a" needs "b", which comes later in the file',
        hint: 'Move it down, or set execution.parallel: true',
        path: ['input', 'rows'],
      },
    ],
    [
      'a file that comes later',
      [stage('a', { config: { labels: 'x' } }), stage('b', { needs: [], config: { output_file: 'x' } })],
      {
        code: 'needs_later',
        message: 'stage "a" needs "b", which comes later in the file',
        hint: 'Move it down, or set execution.parallel: true',
        path: ['name'],
      },
    ],
  ])('reports %s', (_, stages, fault) => {
    expect(linkStages(stages, options).faults).toMatchObject([fault])
  })

  it('lets needs point forward with parallel: true', () => {
    expect(linkStages([stage('a', { needs: ['b'] }), stage('b')], parallel).faults).toEqual([])
  })

  it('takes an input that is also the input_file for one', () => {
    const { faults } = linkStages(
      [stage('a', { config: { output_file: 'x' } }), stage('b', { input: 'a', config: { input_file: 'x' } })],
      options,
    )
    expect(faults).toEqual([])
  })

  it('reports each of two cycles once', () => {
    const stages = [
      stage('a', { needs: ['b'] }),
      stage('b', { needs: ['a'] }),
      stage('c', { needs: ['d'] }),
      stage('d', { needs: ['c', 'a'] }),
    ]
    expect(linkStages(stages, parallel).faults.map(({ message }) => message)).toEqual([
      'stages need each other: a → b → a',
      'stages need each other: c → d → c',
    ])
  })
})
