import { describe, expect, it } from 'vitest'
import { readYaml } from '../../pipeline/read-yaml.ts'
import { isCanonicalNumber, YamlTree } from '../../pipeline/yaml-tree.ts'

function treeOf(text: string): YamlTree {
  const { document, places } = readYaml(text, 'p.yaml')
  if (document === null) throw new Error('not YAML')
  return new YamlTree(document, places)
}

describe('json', () => {
  it.each([
    ['7', 7, 7],
    ['007', 7, '007'],
    ['1.10', 1.1, '1.10'],
    ['1.5', 1.5, 1.5],
    ['1e3', 1000, '1e3'],
    ['7506832682593094928', 7_506_832_682_593_095_000, '7506832682593094928'],
    ['9007199254740991', 9_007_199_254_740_991, 9_007_199_254_740_991],
    ['0x1F', 31, '0x1F'],
    ['+5', 5, '+5'],
    ['-5', -5, -5],
    ['.inf', '.inf', '.inf'],
    ['.nan', '.nan', '.nan'],
    ['true', true, true],
    ['yes', 'yes', 'yes'],
    ['~', null, null],
    ["'7'", '7', '7'],
    ['2026-11-24', '2026-11-24', '2026-11-24'],
  ])('takes %s for %j and, where the text counts, for %j', (text, number, source) => {
    const tree = treeOf(`a: ${text}`)
    expect(tree.json(['a'], 'number')).toBe(number)
    expect(tree.json(['a'], 'source')).toBe(source)
  })

  it('takes keys by their text', () => {
    expect(treeOf('2024: a\n007: b\ntrue: c\n__proto__: d').json([], 'number')).toEqual(
      Object.fromEntries([
        ['2024', 'a'],
        ['007', 'b'],
        ['true', 'c'],
        ['__proto__', 'd'],
      ]),
    )
  })

  it('follows aliases and merges, a key of its own first', () => {
    const tree = treeOf('x-a: &a {b: 1, c: 2}\nx-d: &d {e: 5}\nf: {<<: *a, c: 3}\ng: {<<: [*a, *d], b: 9}\nh: *a\n"<<": text')
    expect(tree.json(['f'], 'number')).toEqual({ c: 3, b: 1 })
    expect(tree.json(['g'], 'number')).toEqual({ b: 9, c: 2, e: 5 })
    expect(tree.json(['h', 'c'], 'number')).toBe(2)
    expect(tree.json(['<<'], 'number')).toBe('text')
    expect(tree.placeOf(['f', 'b'])).toEqual({ line: 1, column: 13 })
  })

  it('leaves out what is free, and gives undefined for what is not there', () => {
    const tree = treeOf('a: 1\nx-b: 2\nc: {x-d: 3, e: [5]}')
    expect(tree.json([], 'number', (path) => String(path.at(-1)).startsWith('x-'))).toEqual({ a: 1, c: { e: [5] } })
    for (const path of [['z'], ['a', 'b'], ['c', 'e', 7], ['c', 0]]) expect(tree.json(path, 'number')).toBeUndefined()
  })

  it.each([
    ['circles', 'a: &a\n  b: *a'],
    ['merges in circles', 'a: &a\n  <<: *a'],
    [
      'growth without end',
      `a0: &a0 [1, 1]\n${Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`).join('\n')}`,
    ],
  ])('refuses aliases that make %s', (_, text) => {
    expect(() => treeOf(text).json([], 'number')).toThrow(RangeError)
  })
})

describe('placeOf', () => {
  const tree = treeOf('a:\n  - b: 1\n    c:\n  - {d: x}\ne: *x\n')

  it.each([
    [['a', 0, 'b'], 2, 8],
    [['a', 0, 'c'], 3, 5],
    [['a', 1, 'd'], 4, 9],
    [['a', 1, 'missing'], 4, 5],
    [['a', 0, 'missing', 'deep'], 2, 5],
    [['nothing', 'here'], 1, 1],
    [['e'], 5, 4],
    [[], 1, 1],
  ])('finds %j', (path, line, column) => {
    expect(tree.placeOf(path)).toEqual({ line, column })
  })

  it('finds keys', () => {
    expect(tree.placeOfKey(['a', 0, 'c'])).toEqual({ line: 3, column: 5 })
    expect(tree.placeOfKey(['a', 0])).toEqual({ line: 2, column: 5 })
  })
})

describe('sourceOf', () => {
  it('gives the text of a scalar only', () => {
    const tree = treeOf('a: 007\nb: [1]\nc:')
    expect(tree.sourceOf(['a'])).toBe('007')
    expect(tree.sourceOf(['b'])).toBeUndefined()
    expect(tree.sourceOf(['c'])).toBe('')
    expect(tree.sourceOf(['z'])).toBeUndefined()
  })
})

describe('strangeKeys', () => {
  it('finds keys that are no text', () => {
    expect(treeOf('a: {[b, c]: d}\n? {e: f}\n: g\nh: [{? [i] : j}]').strangeKeys()).toEqual([
      { line: 1, column: 5 },
      { line: 2, column: 3 },
      { line: 4, column: 8 },
    ])
  })
})

describe('isCanonicalNumber', () => {
  it('holds for what prints as it is written', () => {
    for (const text of ['0', '-1', '0.5', '1e+21']) expect([text, isCanonicalNumber(text)]).toEqual([text, text !== '1e+21'])
    for (const text of ['', '00', '1.0', '.5', 'Infinity', 'NaN', '9007199254740993'])
      expect([text, isCanonicalNumber(text)]).toEqual([text, false])
  })
})
