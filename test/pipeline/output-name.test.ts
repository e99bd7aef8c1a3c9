import { describe, expect, it } from 'vitest'
import { globMeansOutput, outputNameOf } from '../../pipeline/output-name.ts'

describe('outputNameOf', () => {
  it.each([
    ['data/stage1_output.csv', { folder: 'data/', stem: 'stage1_output', extension: '.csv' }],
    ['out', { folder: '', stem: 'out', extension: '' }],
    ['.hidden', { folder: '', stem: '.hidden', extension: '' }],
    ['a/b.tar.gz', { folder: 'a/', stem: 'b.tar', extension: '.gz' }],
    ['a/', { folder: 'a/', stem: '', extension: '' }],
  ])('takes %s apart', (file, parts) => {
    expect(outputNameOf(file)).toEqual(parts)
  })
})

describe('globMeansOutput', () => {
  const output = outputNameOf('data/stage2_output.csv')

  it.each([
    ['data/output/execution_*/stage2_output_*.csv', true],
    ['data/output/**/stage2_output_*.csv', true],
    ['**/stage2_output_*.csv', true],
    ['data/stage2_output_*.csv', true],
    ['stage2_output_????????_??????.csv', true],
    ['stage2_output*', true],
    ['data/stage2_output.csv', false],
    ['data/*.csv', false],
    ['inbox/stage2_output_*.csv', false],
    ['data/stage2_output_*.json', false],
    ['data/stage1_output_*.csv', false],
  ])('says of %s: %s', (glob, means) => {
    expect(globMeansOutput(glob, output, 'data/output')).toBe(means)
  })

  it('never takes an output without a name', () => {
    expect(globMeansOutput('*', outputNameOf('a/'), 'data/output')).toBe(false)
  })
})
