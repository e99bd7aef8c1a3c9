import { describe, expect, it } from 'vitest'
import { createPage } from '../../../client/views/page.ts'
import { table } from '../../../client/views/table.ts'
import { fit, pad, widthOf, wrap } from '../../../client/views/text-width.ts'
import { pageOf } from './page-of.ts'

const COLUMNS = [
  { title: 'stage', shrinkTo: 6 },
  { title: 'rows', align: 'right' as const },
  { title: 'why', shrinkTo: 0 },
]
const rowsOf = (...rows: string[][]): { text: string }[][] => rows.map((row) => row.map((text) => ({ text })))

describe('table', () => {
  it('makes columns as wide as their content, and ends no line with spaces', () => {
    expect(table(COLUMNS, rowsOf(['clean', '1,000', 'x'], ['a-long-name', '5', '']), pageOf())).toEqual([
      'stage         rows  why',
      'clean        1,000  x',
      'a-long-name      5',
    ])
  })

  it.each([20, 24, 30, 40])('fits into %i columns and cuts with …', (width) => {
    const lines = table(COLUMNS, rowsOf(['a-long-name', '1,000', 'because of something else']), pageOf(width))
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width)
    expect(lines[1]).toContain('1,000')
    expect(lines[1]).toContain('…')
  })

  it('measures wide characters and leaves colours out of account', () => {
    const cells = [[{ text: '动画' }, { text: '7', colour: createPage({ colour: true }).colours.red }, { text: 'x' }]]
    expect(table(COLUMNS, cells, pageOf())[1]).toBe('动画   \u001B[31m   7\u001B[39m  x')
  })
})

describe('text on a terminal', () => {
  it.each([
    ['plain', 5],
    ['动画', 4],
    ['👩‍👩‍👧', 2],
    ['é', 1],
    ['\u001B[31mred\u001B[39m', 3],
  ])('%j takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width)
  })

  it('is cut between characters', () => {
    expect(fit('动画片', 5)).toBe('动画…')
    expect(fit('动画片', 4)).toBe('动…')
    expect(fit('abc', 3)).toBe('abc')
    expect(fit('abc', 0)).toBe('')
  })

  it('is padded on either side', () => {
    expect(pad('动', 4)).toBe('动  ')
    expect(pad('7', 3, 'right')).toBe('  7')
  })

  it('is wrapped between words', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four'])
    expect(wrap('averyveryverylongword x', 5)).toEqual(['averyveryverylongword', 'x'])
  })
})
