import { describe, expect, it } from 'vitest'
import { describeDifference, fingerprintOf } from '../../pipeline/fingerprint.ts'
import type { JsonObject } from '../../pipeline/json.ts'

const meaning: JsonObject = {
  module: 'rule_based_filtering',
  module_hash: 'builtin 1',
  function: 'run',
  config: { rules: [{ id: 'a' }, { id: 'b', min: 1_000_000 }], top: 5 },
  files: { 'lists/bots.csv': 'aa' },
  inputs: { input: ['11'], 'data/input.csv': '22' },
  engine: '0.1.0',
}

describe('fingerprintOf', () => {
  it('is the same for the same meaning in another order', () => {
    expect(fingerprintOf({ b: 1, a: { d: 2, c: [3] } })).toBe(fingerprintOf({ a: { c: [3], d: 2 }, b: 1 }))
  })

  it('differs when anything differs', () => {
    const fingerprints = [meaning, { ...meaning, engine: '0.2.0' }, { ...meaning, config: {} }].map((value) =>
      fingerprintOf(value),
    )
    expect(new Set(fingerprints).size).toBe(3)
    expect(fingerprints[0]).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('describeDifference', () => {
  it.each<[string, JsonObject, string[]]>([
    ['nothing', {}, []],
    [
      'a value in a list',
      { config: { rules: [{ id: 'a' }, { id: 'b', min: 1000 }], top: 5 } },
      ['config changed: rules[1].min 1000000 → 1000'],
    ],
    ['a key that is new', { config: { ...(meaning['config'] as JsonObject), keep: true } }, ['config changed: keep added']],
    ['a key that is gone', { config: { rules: [{ id: 'a' }, { id: 'b', min: 1_000_000 }] } }, ['config changed: top removed']],
    [
      'an entry put in front of others',
      { config: { rules: [{ id: 'new' }, { id: 'a' }, { id: 'b', min: 1_000_000 }], top: 5 } },
      ['config changed: rules[0] added'],
    ],
    ['an entry taken out', { config: { rules: [{ id: 'b', min: 1_000_000 }], top: 5 } }, ['config changed: rules[0] removed']],
    [
      'another form of value',
      { config: { rules: 'none', top: 5 } },
      ['config changed: rules [{"id":"a"},{"id":"b","min":1000000}] → none'],
    ],
    ['no config at all', { config: null }, ['config changed: all of it {"rules":[{"id":"a"},{"id":"b","min":10… → null']],
    ['a list file', { files: { 'lists/bots.csv': 'bb' } }, ['file lists/bots.csv changed']],
    ['the code of a built-in', { module_hash: 'builtin 2' }, ['built-in version 1 → 2']],
    ['other list files', { files: { 'lists/brands.csv': 'cc' } }, ['file lists/bots.csv removed', 'file lists/brands.csv added']],
    ['an input', { inputs: { input: ['11'], 'data/input.csv': '33' } }, ['input sha256 differs (data/input.csv)']],
    ['a dataset', { inputs: { input: ['11', '12'], 'data/input.csv': '22' } }, ['input sha256 differs (input)']],
    ['an input that is new', { inputs: { input: ['11'], 'data/input.csv': '22', more: ['1'] } }, ['input added (more)']],
    ['the code', { module_hash: 'cafe' }, ['module changed']],
    ['the module', { module: 'other', module_hash: 'x' }, ['module changed: rule_based_filtering → other']],
    ['the function', { function: 'main' }, ['function changed: run → main']],
    ['a command', { command: 'make all' }, ['command changed']],
    ['the engine', { engine: '0.2.0' }, ['onclock changed: 0.1.0 → 0.2.0']],
    ['a part of another version', { seed: 1 }, ['seed added']],
  ])('puts %s into words', (_, change, words) => {
    expect(describeDifference(meaning, { ...meaning, ...change })).toEqual(words)
  })

  it.each([
    ['a list file', { rules: [{ in: { file: 'a.csv#handle' } }] }, 'list file a.csv changed'],
    ['a list', { lists: { bots: { file: 'a.csv' } } }, 'list file a.csv changed'],
    ['the rules', { rules_file: 'a.csv' }, 'rules file a.csv changed'],
    ['a list of the rules file', { rules_file: 'rules.yaml' }, 'list file a.csv changed'],
    ['a file', { input_file: 'a.csv' }, 'file a.csv changed'],
  ])('says of a file that the config uses it for %s', (_, config, words) => {
    expect(describeDifference({ config, files: { 'a.csv': 'aa' } }, { config, files: { 'a.csv': 'bb' } })).toEqual([words])
  })

  it('names a part that one side lacks', () => {
    const { engine: _engine, ...without } = meaning
    expect(describeDifference(without, meaning)).toEqual(['onclock changed: nothing → 0.1.0'])
    expect(describeDifference({ ...meaning, seed: 1 }, meaning)).toEqual(['seed removed'])
  })

  it('names a few changes and counts the rest', () => {
    const config = { a: 1, b: 2, c: 3, d: 4, e: 5 }
    const words = describeDifference({ config }, { config: { a: 2, b: 3, c: 4, d: 5, e: 6 } })
    expect(words).toEqual(['config changed: a 1 → 2', 'config changed: b 2 → 3', 'config changed: c 3 → 4', 'and 2 more'])
  })

  it('shortens long values', () => {
    const [words = ''] = describeDifference({ config: { text: 'a'.repeat(500) } }, { config: { text: 'b'.repeat(500) } })
    expect(words.length).toBeLessThan(120)
  })
})
