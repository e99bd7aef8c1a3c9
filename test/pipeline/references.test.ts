import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../pipeline/json.ts'
import { resolveReferences } from '../../pipeline/references.ts'

const references = {
  params: { min: 1000, file: 'a.csv', on: true, list: [1, 2] },
  env: { HOOK: 'https://x', EMPTY: '', GONE: undefined },
  unresolved: new Set(['faulty']),
}

describe('resolveReferences', () => {
  it.each<[JsonValue, JsonValue]>([
    ['${params.min}', 1000],
    ['${params.on}', true],
    ['at least ${params.min} of ${params.file}', 'at least 1000 of a.csv'],
    ['${params.list} items', '[1,2] items'],
    ['${env.HOOK}', 'https://x'],
    ['${env.EMPTY}', ''],
    ['$${params.min}', '${params.min}'],
    ['${HOME}/x', '${HOME}/x'],
    ['^a{2}$', '^a{2}$'],
    ['$', '$'],
    [{ a: ['${params.min}', { b: '${params.file}' }] }, { a: [1000, { b: 'a.csv' }] }],
    [7, 7],
    [null, null],
  ])('turns %j into %j', (value, resolved) => {
    expect(resolveReferences(value, references)).toEqual({ value: resolved, faults: [], unresolved: [] })
  })

  it.each([
    ['${params.mni}', '${params.mni} names no parameter', 'Did you mean "min"?'],
    ['x ${params.zzz}', '${params.zzz} names no parameter', 'Parameters are min, file, on, list, faulty'],
    ['${env.HOK}', 'the environment variable HOK is not set', 'Did you mean "HOOK"?'],
    ['${env.GONE}', 'the environment variable GONE is not set', 'Set it: GONE=… onclock run'],
    ['${param.min}', '${param.min} is not known', 'Did you mean "${params.min}"?'],
    ['${file.path}', '${file.path} is not known', 'There are ${params.NAME} and ${env.NAME}; $${…} is taken as it is written'],
  ])('leaves %s as it is, with a fault', (value, message, hint) => {
    expect(resolveReferences({ a: [value] }, references)).toEqual({
      value: { a: [value] },
      faults: [{ path: ['a', 0], message, hint }],
      unresolved: [['a', 0]],
    })
  })

  it('says nothing twice about a parameter that is faulty itself', () => {
    expect(resolveReferences('${params.faulty}', references)).toEqual({
      value: '${params.faulty}',
      faults: [],
      unresolved: [[]],
    })
  })

  it('tells to declare parameters where there are none', () => {
    const { faults } = resolveReferences('${params.x}', { params: {}, env: {}, unresolved: new Set() })
    expect(faults[0]?.hint).toBe('Declare it under params')
  })
})
